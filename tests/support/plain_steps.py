"""A flow of three plain steps, with callbacks that fail."""

from __future__ import annotations

from typing import Any

from stepkit import Flow, flow


class SaveError(Exception):
    pass


class Steps(Flow):
    def __init__(self, **options: Any) -> None:
        self.ran: list[str] = []

    @flow.step("one")
    def one(self, n: int = 0):
        self.ran.append("one")
        return {"n": n + 1}

    @flow.step("two", on_error="continue", retries=3)
    async def two(self, n: int):
        self.ran.append("two")
        return {"n": n + 1}

    @flow.step("three", on_error="skip-remaining")
    def three(self, n: int):
        self.ran.append("three")
        return {"n": n + 1}


class SyncSteps(Steps):
    @flow.step("two", on_error="continue", retries=3)
    def two(self, n: int):
        self.ran.append("two")
        return {"n": n + 1}
