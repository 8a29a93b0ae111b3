# Classes and decorators that look like ours are left alone.
from collections.abc import Callable
from typing import Any


class Flow:
    def run_sync(self, data: dict[str, int]) -> dict[str, int]:
        return data


class flow:
    @staticmethod
    def step(name: str) -> Callable[[Any], Any]:
        return lambda function: function


class Mine(Flow):
    @flow.step("one")
    def one(self, zum: int) -> int:
        return zum


Mine().run_sync({"a": 1})
