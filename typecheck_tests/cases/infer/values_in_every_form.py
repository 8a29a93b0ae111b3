# The same value through a display, a call of dict, a spread, a conditional, a transform, a group, a nested flow, a mixin.
from collections.abc import Awaitable, Iterable
from typing import TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

T = TypeVar("T")


async def wait_for(awaitable: Awaitable[T], seconds: float) -> T:
    return await awaitable


async def load(value: T) -> T:
    return value


def first(values: Iterable[T]) -> T | None:
    return next(iter(values), None)


class Page(TypedDict):
    page: str


class Input(TypedDict):
    names: list[str]


async def load_page() -> Page:
    return {"page": ""}


def find(names: list[str]) -> Page | None:
    return None


class Loaded(Flow[Input]):
    @flow.step("awaited")
    async def awaited(self):
        return await wait_for(load_page(), 5)

    @flow.step("or-else")
    def or_else(self, page, names):
        assert_type(page, str)
        return find(names) or {"page": first(names)}

    @flow.step("either")
    async def either(self, page, names):
        assert_type(page, str | None)
        return {"left": await load(names)} if names else dict(left=first(names))

    @flow.step("spread")
    async def spread(self, left, names):
        assert_type(left, list[str] | str | None)
        return {**{"a": first(names)}, **await wait_for(load_page(), 5), "b": await load(1)}

    @flow.step("several")
    def several(self, page, a, b, names):
        assert_type(page, str)
        assert_type(a, str | None)
        assert_type(b, int)
        if not a:
            return {"c": first(names)}
        if a > "x":
            return (made := {"c": first([b]), "d": None})
        return {"c": first([a])} | {"d": first([b])}

    @flow.step("show")
    def show(self, c, d=None):
        assert_type(c, str | int | None)
        assert_type(d, int | None)


class Kept(Flow[Input]):
    @flow.transform("keep")
    async def keep(self, names):
        return {"kept": await wait_for(load(names), 5), "one": first(names)}


class Inside(Flow[Input]):
    kept = flow.subflow("kept", Kept)
    group = flow.parallel("group")

    @group.step()
    async def member(self, kept, one):
        assert_type(kept, list[str])
        assert_type(one, str | None)
        return {"inside": await wait_for(load(one), 5)}

    @flow.step("show")
    def show(self, inside):
        assert_type(inside, str | None)
