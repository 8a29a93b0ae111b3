# What a when= lambda gives is judged once.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


async def ask(a: int) -> bool:
    return a > 1


class When(Flow[Input]):
    @flow.step("one", when=lambda a: a > 1)
    def one(self):
        return {"b": 1}

    @flow.step("two", when=lambda a: ask(a))
    def two(self):
        return {"c": 1}

    @flow.step("three", when=lambda a: a)  # E: [stepkit-when] the condition of step "three" gives "int"; a condition gives a bool
    def three(self):
        return {"d": 1}
