# Where there is no mistake nothing is said, and the ignore comment is needed nowhere.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Fine(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}

    @staticmethod
    def static(n: int) -> int:
        return n

    @classmethod
    def make(cls) -> "Fine":
        return cls()

    @property
    def size(self) -> int:
        return 1

    @flow.step("two")
    def two(self, b):
        return {"c": self.static(b) + self.size}


Fine.make().run_sync({"a": 1})
