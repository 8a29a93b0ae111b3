# A call that returns a TypedDict gives its keys: of a function, a method, a constructor, an awaited coroutine.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class User(TypedDict):
    name: str


class Age(TypedDict):
    age: int


class City(TypedDict):
    city: str


def load_user() -> User:
    return {"name": "ana"}


async def load_city() -> City:
    return {"city": "Graz"}


class Calls(Flow):
    @flow.step("user")
    def user(self):
        return load_user()

    @flow.step("age")
    def age(self):
        return Age(age=3)

    @flow.step("city")
    async def city(self):
        return await load_city()


class Out(TypedDict):
    name: str
    age: int
    city: str


async def main() -> None:
    assert_type(await Calls().run(), Out)
