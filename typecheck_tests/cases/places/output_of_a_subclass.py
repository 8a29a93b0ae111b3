# --- base.py
from typing import TypedDict

from stepkit import Flow, flow


class In(TypedDict):
    n: int


class Base(Flow[In]):
    @flow.step("first")
    def first(self, n):
        return {"first": n}
# --- service.py
"""What a flow that derives from another gives is its own, also where its methods are handed on."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Generic, TypeVar

from probe import assert_type
from stepkit import Flow, flow

from .base import Base, In

I = TypeVar("I")
O = TypeVar("O")


class B(Base):
    @flow.step("b")
    def b(self, first):
        return {"b": [first]}


class Without(Base):
    first = None


class Runner(Generic[I, O]):
    def __init__(self, flow: Flow[I, O]) -> None:
        self.flow = flow

    async def go(self, input: I) -> O:
        return await self.flow.run(input)


async def main(pool: Executor) -> None:
    there = await asyncio.to_thread(B().run_sync, {"n": 1})
    assert_type(there["b"], list[int])
    go = B().run
    assert_type((await go({"n": 1}))["b"], list[int])
    assert_type(partial(B().run_sync, {"n": 1})()["b"], list[int])
    assert_type(pool.submit(B().run_sync, {"n": 1}).result()["b"], list[int])
    assert_type((await Runner(B()).go({"n": 1}))["b"], list[int])
    assert_type((await Runner(Base()).go({"n": 1}))["first"], int)
    assert_type(B().run_sync({"n": 1})["b"], list[int])
    assert_type((await Base().run({"n": 1}))["first"], int)
    gone = await asyncio.to_thread(Without().run_sync, {"n": 1})
    gone["first"]  # E: "first" is not a valid TypedDict key


def takes(run: Callable[[In], object]) -> None: ...


takes(B().run_sync)
# --- base.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class In(TypedDict):
    n: int


class Base(Flow[In]):
    @flow.step("first")
    def first(self, n):
        return {"first": n}

    @flow.step("more")
    def more(self, n):
        return {"more": n}
