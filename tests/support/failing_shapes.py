"""A step that fails or not, in every kind of step and under every error policy."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from boom import Boom

from stepkit import Flow, flow


class Counts(Flow):
    """A flow that notes which of its steps were called; ``fails`` says whether the first raises."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.called: list[str] = []

    def do(self, name: str) -> None:
        self.called.append(name)
        if self.fails and name == "work":
            raise Boom


POLICIES = [
    {"on_error": on_error, "retries": retries, "timeout": timeout}
    for on_error, retries, timeout in itertools.product(["raise", "continue", "skip-remaining"], [0, 2], [None, 50])
]


def as_step(options: Any) -> type[Counts]:
    class Made(Counts):
        @flow.step("work", **options)
        async def work(self):
            self.do("work")
            return {"x": 1}

        @flow.step("next")
        async def next(self):
            self.do("next")

    return Made


def as_sync_step(options: Any) -> type[Counts]:
    class Made(Counts):
        @flow.step("work", **options)
        def work(self):
            self.do("work")
            return {"x": 1}

        @flow.step("next")
        def next(self):
            self.do("next")

    return Made


def as_transform(options: Any) -> type[Counts]:
    class Made(Counts):
        @flow.transform("work", **options)
        def work(self):
            self.do("work")
            return {"x": 1}

        @flow.step("next")
        def next(self):
            self.do("next")

    return Made


class Inner(Flow):
    """Does what the flow around it says."""

    def __init__(self, around: Counts) -> None:
        self.around = around

    @flow.step("inside")
    async def inside(self):
        self.around.do("work")
        return {"x": 1}

    @flow.step("inside-next")
    def inside_next(self):
        self.around.do("inside-next")


def as_nested_flow(options: Any) -> type[Counts]:
    class Made(Counts):
        work = flow.subflow("work", lambda self: Inner(self), **options)

        @flow.step("next")
        def next(self):
            self.do("next")

    return Made


def as_branch(options: Any) -> type[Counts]:
    class Made(Counts):
        @flow.branch("work", cases={"case": lambda self: Inner(self)}, **options)
        def work(self):
            return "case"

        @flow.step("next")
        def next(self):
            self.do("next")

    return Made


def as_group(options: Any, mode: Any = "all") -> type[Counts]:
    class Made(Counts):
        group = flow.parallel("work", mode=mode, **options)
        inner = group.subflow(lambda self: Inner(self))

        @group.step
        async def other(self):
            await asyncio.sleep(0)

        @flow.step("next")
        def next(self):
            self.do("next")

    return Made


def as_settled_group(options: Any) -> type[Counts]:
    return as_group(options, "settled")


SHAPES = [as_step, as_sync_step, as_transform, as_nested_flow, as_branch, as_group, as_settled_group]
