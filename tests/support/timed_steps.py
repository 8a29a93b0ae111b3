"""What a step may do when its time is over, in every kind of step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import stepping
from boom import Boom

from stepkit import Flow, flow
from stepkit.errors import StepTimeoutError

WENT_ON = "its attempt was cancelled and went on; it was given up, and what it still does is dropped"


class Outside:
    """What a step has to do with: a place to hang, and a note of what it did when."""

    def __init__(self) -> None:
        self.hang = stepping.Hang()
        self.notes: list[str] = []


# Twelve behaviours of a step under timeout=1.


async def returns(outside: Outside) -> Any:
    await asyncio.sleep(0.9)
    return {"x": 1}


async def raises(outside: Outside) -> Any:
    await asyncio.sleep(0.9)
    raise Boom


async def raises_a_timeout_error_of_its_own(outside: Outside) -> Any:
    async with asyncio.timeout(0.5):
        await asyncio.sleep(10)


async def hangs(outside: Outside) -> Any:
    await asyncio.get_running_loop().create_future()


async def cleans_up_at_once(outside: Outside) -> Any:
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(0.01)
        outside.notes.append("cleaned up")


async def cleans_up_for_long(outside: Outside) -> Any:
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(0.2)
        outside.notes.append("cleaned up")


async def fails_when_cancelled(outside: Outside) -> Any:
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        raise Boom("while it was cancelled") from None


async def swallows_the_cancellation(outside: Outside) -> Any:
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        pass
    return {"x": "late"}


async def never_ends(outside: Outside) -> Any:
    for _ in range(20):
        try:
            await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            outside.notes.append("cancelled")
    return {"x": "late"}


def returns_at_once(outside: Outside) -> Any:
    return {"x": 1}


def raises_at_once(outside: Outside) -> Any:
    raise TimeoutError("its own")


def blocks_and_returns(outside: Outside) -> Any:
    outside.hang.here()
    outside.notes.append("went on")
    return {"x": "late"}


def blocks_and_raises(outside: Outside) -> Any:
    outside.hang.here()
    outside.notes.append("went on")
    raise Boom("late")


BEHAVIOURS: dict[Callable[[Outside], Any], tuple[object, list[str]]] = {
    returns: ({"x": 1}, []),
    raises: (Boom, []),
    raises_a_timeout_error_of_its_own: (TimeoutError, []),
    hangs: (StepTimeoutError, []),
    cleans_up_at_once: (StepTimeoutError, []),
    cleans_up_for_long: (StepTimeoutError, [WENT_ON]),
    fails_when_cancelled: (StepTimeoutError, []),
    swallows_the_cancellation: (StepTimeoutError, [WENT_ON]),
    never_ends: (StepTimeoutError, [WENT_ON]),
    returns_at_once: ({"x": 1}, []),
    raises_at_once: (TimeoutError, []),
    blocks_and_returns: (StepTimeoutError, []),
    blocks_and_raises: (StepTimeoutError, []),
}
"""Each with what the run gives, a context or the type of an error, and what is reported."""


def as_step(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    if asyncio.iscoroutinefunction(behave):

        class Async(Flow):
            @flow.step("work", timeout=1, **options)
            async def work(self, outside):
                return await behave(outside[0])

        return Async

    class Sync(Flow):
        @flow.step("work", timeout=1, **options)
        def work(self, outside):
            return behave(outside[0])

    return Sync


def as_transform(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    if asyncio.iscoroutinefunction(behave):

        class Async(Flow):
            @flow.transform("work", timeout=1, **options)
            async def work(self, outside):
                return await behave(outside[0])

        return Async

    class Sync(Flow):
        @flow.transform("work", timeout=1, **options)
        def work(self, outside):
            return behave(outside[0])

    return Sync


def inner(behave: Callable[[Outside], Any]) -> type[Flow]:
    """A flow whose second step behaves so, without a timeout of its own."""
    if asyncio.iscoroutinefunction(behave):

        class Async(Flow):
            @flow.step("before")
            def before(self):
                return {}

            @flow.step("work")
            async def work(self, outside):
                return await behave(outside[0])

            @flow.step("after")
            def after(self, outside):
                outside[0].notes.append("AFTER")

        return Async

    class Sync(Flow):
        @flow.step("before")
        def before(self):
            return {}

        @flow.step("work")
        def work(self, outside):
            return behave(outside[0])

        @flow.step("after")
        def after(self, outside):
            outside[0].notes.append("AFTER")

    return Sync


def as_nested_flow(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    class Around(Flow):
        work = flow.subflow("work", inner(behave), timeout=1, **options)

    return Around


def as_branch(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    class Around(Flow):
        @flow.branch("work", cases={"case": inner(behave)}, timeout=1, **options)
        def work(self):
            return "case"

    return Around


def as_route(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    class Gives(Flow):
        @flow.step("give")
        def give(self):
            return {"x": 1}

    if asyncio.iscoroutinefunction(behave):

        class Async(Flow):
            @flow.branch("work", cases={"case": Gives}, timeout=1, **options)
            async def work(self, outside):
                await behave(outside[0])
                return "case"

        return Async

    class Sync(Flow):
        @flow.branch("work", cases={"case": Gives}, timeout=1, **options)
        def work(self, outside):
            behave(outside[0])
            return "case"

    return Sync


def as_group(behave: Callable[[Outside], Any], **options: Any) -> type[Flow]:
    class Around(Flow):
        work = flow.parallel("work", timeout=1, **options)
        member = work.subflow(inner(behave))

        @work.step
        async def beside(self):
            return {"beside": True}

    return Around


SHAPES = [as_step, as_transform, as_nested_flow, as_branch, as_route, as_group]
