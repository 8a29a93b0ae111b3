# Sync and async steps mix; an async step's awaited value is what counts.
import asyncio
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


async def fetch(n: int) -> str:
    await asyncio.sleep(0)
    return str(n)


class Input(TypedDict):
    n: int


class Mixed(Flow[Input]):
    @flow.step("one")
    async def one(self, n):
        return {"one": await fetch(n)}

    @flow.step("two")
    def two(self, one):
        assert_type(one, str)
        return {"two": len(one)}

    @flow.step("three")
    async def three(self, two):
        if two > 1:
            return None
        results = [await fetch(two), await fetch(two)]
        return {"three": results}

    @flow.step("four")
    def four(self, three=None):
        assert_type(three, list[str] | None)
