# A function as when: its annotations are compared with the keys' types.
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


def is_big(a: int) -> bool:
    return a > 10


async def is_small(a: int) -> bool:
    return a < 10


def is_named(name: str) -> bool:
    return bool(name)


def is_text(a: str) -> bool:
    return bool(a)


def is_set(b: int = 0) -> bool:
    return b > 0


def needs_b(b: int) -> bool:
    return b > 0


class Input(TypedDict):
    a: int
    b: NotRequired[int]


class When(Flow[Input]):
    @flow.step("one", when=is_big)
    def one(self):
        return {"c": 1}

    @flow.step("two", when=is_small)
    def two(self, c=0):
        return None

    @flow.step("three", when=is_named)  # E: [stepkit-when] "three" ... "name"
    def three(self):
        return None

    @flow.step("four", when=is_text)  # E: [stepkit-when] "four" ... "a" ... "str" ... "int"
    def four(self):
        return None

    @flow.step("five", when=is_set)
    def five(self):
        return None

    @flow.step("six", when=needs_b)  # E: [stepkit-when] "six" ... "b"
    def six(self):
        return None
