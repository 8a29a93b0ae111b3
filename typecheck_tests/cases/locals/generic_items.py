# The items of a dict that is built in a variable have the types that they would have in variables of their own.
from collections.abc import Awaitable, Iterable
from typing import Any, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

T = TypeVar("T")


async def wait_for(awaitable: Awaitable[T], seconds: float) -> T:
    return await awaitable


async def load(value: T) -> T:
    return value


def first(values: Iterable[T]) -> T | None:
    return next(iter(values), None)


class Input(TypedDict):
    names: list[str]


class Built(Flow[Input]):
    @flow.step("plain")
    async def plain(self, names):
        out = {"a": first(names), "b": await wait_for(load(names), 5), "c": 1}
        return out

    @flow.step("objects")
    async def objects(self, names, a, b):
        assert_type(a, str | None)
        assert_type(b, list[str])
        out: dict[str, object] = {"d": await wait_for(load(1), 5)}
        out["e"] = first(names)
        out.update(f=await load(names))
        out.update({"g": first([1])})
        out |= {"h": await wait_for(load(b""), 5)}
        out.setdefault("i", first(names))
        return out

    @flow.step("anything")
    async def anything(self, names, d, e, f, g, h, i):
        assert_type(d, int)
        assert_type(e, str | None)
        assert_type(f, list[str])
        assert_type(g, int | None)
        assert_type(h, bytes)
        assert_type(i, str | None)
        out: dict[str, Any]
        out = {"j": first(names), **{"k": await load(1)}}
        if names:
            out["j"] = names[0]
        out = dict(out, l=first(names))
        return out

    @flow.step("read")
    def read(self, j, k, l):
        assert_type(j, str | None)
        assert_type(k, int)
        assert_type(l, str | None)


class Kept(Flow[Input]):
    @flow.step("own-types")
    def own_types(self, names):
        out: dict[str, list[object]] = {"a": ["x"]}
        out["b"] = names[:1] + ["x"] if False else [1]
        other: dict[str, object] = dict(zip(names, names))
        other = {name: name for name in names} or dict(zip(names, names))
        other |= dict(zip(names, names))
        other.update(zip(names, names))
        other["n"], other["m"] = 1, 2
        assert_type(other, dict[str, object])
        return out

    @flow.step("read")
    def read(self, a, b):
        assert_type(a, list[object])
        assert_type(b, list[object])
