"""Sync and async functions as steps: awaitables, wrapped functions, threads."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest

from stepkit import Flow, flow
from stepkit.errors import EventLoopError


def test_a_sync_function_may_return_an_awaitable() -> None:
    async def later(value: int) -> dict[str, int]:
        await asyncio.sleep(0)
        return {"b": value + 1}

    class Returns(Flow):
        @flow.step
        def give(self, a: int) -> Awaitable[dict[str, int]]:
            return later(a)

    assert asyncio.run(Returns().run({"a": 1})) == {"a": 1, "b": 2}
    assert asyncio.run(Returns().run({"a": 1}, on_step_complete=lambda event: None)) == {"a": 1, "b": 2}


def test_run_sync_runs_a_sync_step_whose_awaitable_need_not_wait() -> None:
    async def at_once() -> dict[str, int]:
        return {"b": 2}

    class Returns(Flow):
        @flow.step
        def give(self):
            return at_once()

    assert Returns().run_sync({"a": 1}) == {"a": 1, "b": 2}


def test_run_sync_says_what_to_do_about_a_sync_step_whose_awaitable_waits() -> None:
    async def later() -> dict[str, int]:
        await asyncio.sleep(0)
        return {"b": 2}

    class Returns(Flow):
        @flow.step
        def give(self):
            return later()

    with pytest.raises(EventLoopError) as caught:
        Returns().run_sync()
    assert str(caught.value) == (
        "flow Returns: a sync step, condition or callback returned an awaitable that has to wait; "
        "declare it with `async def`, so that run_sync gives it an event loop, or write `await flow.run(...)`"
    )


def plain_wrapper(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def async_wrapper(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return await function(*args, **kwargs)

    return wrapper


def from_thread(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await asyncio.to_thread(function, *args, **kwargs)

    return wrapper


def test_a_functools_wraps_decorator_between_step_and_method_is_looked_through() -> None:
    class Wrapped(Flow):
        @flow.step
        @plain_wrapper
        def sync_in_sync(self, a: int):
            return {"a": a + 1}

        @flow.step
        @plain_wrapper
        async def async_in_sync(self, a: int):
            await asyncio.sleep(0)
            return {"a": a * 10}

        @flow.step
        @async_wrapper
        async def async_in_async(self, a: int, b: int = 3):
            return {"a": a + b}

        @flow.step
        @from_thread
        def sync_in_async(self, a: int):
            return {"a": a * 10}

    assert [step["reads"] for step in Wrapped.describe()] == [["a"]] * 4
    assert Wrapped().run_sync({"a": 0}) == {"a": 130}
    assert asyncio.run(Wrapped().run({"a": 0})) == {"a": 130}


# Threads


request: ContextVar[str] = ContextVar("request")


class Threads(Flow):
    @flow.step
    def inline(self):
        return {"inline": threading.get_ident()}

    @flow.step(thread=True)
    def moved(self):
        return {"moved": threading.get_ident(), "request": request.get("none")}


def test_a_sync_step_runs_inline_unless_it_asks_for_a_thread() -> None:
    async def run() -> tuple[int, dict[str, Any]]:
        request.set("r-1")
        return threading.get_ident(), await Threads().run()

    here, context = asyncio.run(run())
    assert context["inline"] == here
    assert context["moved"] != here
    assert context["request"] == "r-1"


def test_run_sync_moves_a_step_to_a_thread_too() -> None:
    context = Threads().run_sync()
    assert context["inline"] == threading.get_ident()
    assert context["moved"] != threading.get_ident()


def test_a_step_in_a_thread_leaves_the_loop_free() -> None:
    reached = threading.Event()

    class Blocking(Flow):
        @flow.step(thread=True)
        def wait(self):
            return {"reached": reached.wait(timeout=30)}

    async def run() -> dict[str, Any]:
        task = asyncio.create_task(Blocking().run())
        await asyncio.sleep(0)
        reached.set()
        return await task

    assert asyncio.run(run()) == {"reached": True}
