"""A client that hangs up: Starlette cancels the response by anyio's rules. Over a real socket, in a real event loop."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest
import uvicorn
from boom import Boom
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from stepping import PATIENCE

from stepkit import Flow, flow

pytestmark = pytest.mark.in_one_piece

TURNS = 300
"""More turns of the loop than a response needs to end; one that goes round in circles takes ten thousands."""


class World:
    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.notes: list[str] = []


class Worker(Flow):
    def __init__(self, world: World) -> None:
        self.world = world

    async def cleans_up(self) -> None:
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            with anyio.CancelScope(shield=True):
                await asyncio.sleep(0.1)
                self.world.notes.append("cleaned up")


class Plain(Worker):
    @flow.step("work")
    async def work(self):
        await self.cleans_up()


class Hides(Worker):
    @flow.step("work", retries=1, on_error="continue")
    async def work(self):
        try:
            await self.cleans_up()
        except asyncio.CancelledError:
            raise Boom from None


class Timeout(Worker):
    @flow.step("work", timeout=PATIENCE, on_error="continue")
    async def work(self):
        await self.cleans_up()


class Thread(Worker):
    @flow.step("work", thread=True)
    def work(self):
        assert self.world.may_end.wait(PATIENCE)
        self.world.notes.append("cleaned up")


class Group(Worker):
    group = flow.parallel("group")

    @group.step
    async def finished(self):
        return {"finished": True}

    @group.step
    async def work(self):
        await self.cleans_up()

    @group.step
    def blocks(self):
        assert self.world.may_end.wait(PATIENCE)


class Deep(Worker):
    group = flow.parallel("group", mode="settled", timeout=PATIENCE)
    inside = group.subflow(lambda self: Group(self.world), retries=1)

    @group.step(retries=1, retry_delay=PATIENCE)
    def fails(self):
        raise Boom


class CountingLoop(asyncio.SelectorEventLoop):
    turns = 0

    def _run_once(self) -> None:
        self.turns += 1
        super()._run_once()  # type: ignore[misc]


App = Callable[[Callable[[], AsyncIterator[bytes]]], Any]


def starlette(stream: Callable[[], AsyncIterator[bytes]]) -> Any:
    async def endpoint(request: Request) -> StreamingResponse:
        return StreamingResponse(stream())

    return Starlette(routes=[Route("/", endpoint)])


def fastapi_with_middleware(stream: Callable[[], AsyncIterator[bytes]]) -> Any:
    app = FastAPI()

    @app.get("/")
    async def endpoint() -> StreamingResponse:
        return StreamingResponse(stream())

    @app.middleware("http")
    async def middleware(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    return app


@pytest.mark.parametrize("app", [starlette, fastapi_with_middleware])
@pytest.mark.parametrize("kind", [Plain, Hides, Timeout, Thread, Group, Deep])
def test_a_client_that_hangs_up_ends_the_run(kind: type[Worker], app: App) -> None:
    world = World()

    async def main(loop: CountingLoop) -> None:
        ended: asyncio.Future[BaseException | None] = loop.create_future()

        async def stream() -> AsyncIterator[bytes]:
            yield b"begun"
            try:
                await kind(world).run()
                ended.set_result(None)
            except BaseException as error:
                ended.set_result(error)
                raise

        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = uvicorn.Server(uvicorn.Config(app(stream), lifespan="off", log_level="warning"))
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection(*listening.getsockname())
                writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
                await reader.readuntil(b"begun")
                writer.close()
                before = loop.turns
                loop.call_later(0.2, world.may_end.set)
                error = await ended
                turns = loop.turns - before
                server.should_exit = True
                await serving
        assert isinstance(error, asyncio.CancelledError)
        assert "cancel scope" in str(error)  # anyio knows its own by this
        assert turns < TURNS
        assert world.notes == ["cleaned up"]

    loop = CountingLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main(loop))
