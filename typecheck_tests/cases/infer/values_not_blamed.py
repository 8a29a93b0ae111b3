# The body of a step is not blamed for a type that nobody asked for.
import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

T = TypeVar("T")
U = TypeVar("U")


class Shape:
    area = 1.0


class Circle(Shape):
    pass


def same(values: list[T], other: list[T]) -> list[T]:
    return values + other


def mapped(values: list[T], function: Callable[[T], U]) -> list[U]:
    return [function(each) for each in values]


def kept(values: dict[str, T], names: Iterable[str]) -> dict[str, T]:
    return {name: values[name] for name in names}


async def collected(waiting: list[Awaitable[T]]) -> list[T]:
    return [await each for each in waiting]


class Input(TypedDict):
    names: list[str]
    numbers: dict[str, int]


class Bodies(Flow[Input]):
    @flow.step("lists")
    async def lists(self, names, numbers):
        return {
            "same": same(names, ["x"]),
            "mapped": mapped(names, len),
            "lambda": mapped(names, lambda each: each.upper()),
            "kept": kept(numbers, names),
            "collected": await collected([asyncio.sleep(1, "x")]),
            "sorted": sorted(numbers.items(), key=lambda item: item[1]),
            "shapes": sorted([Circle()], key=lambda circle: circle.area),
            "longest": max(names, key=len, default=""),
            "summed": sum([[1], [2]], []),
        }

    @flow.step("read")
    def read(
        self,
        same: list[str],
        mapped: list[int],
        kept: dict[str, int],
        collected: Sequence[str],
        sorted: list[tuple[str, int]],
        shapes: list[Circle],
        longest: str,
        summed: list[int],
    ):
        return mapped_keys(same)

    @flow.step("nothing")
    def nothing(self, same):
        return dict()

    @flow.step("own mistake")
    def own_mistake(self, names, numbers):
        assert_type(names, list[str])
        return {
            "a": len(1),  # E(1): [arg-type] "int" ... "Sized"
            "b": same(names, [1]),  # E(same): [misc] "T" of "same"
            "c": kept(names, names),  # E(names,): [arg-type] "list[str]" ... "dict[str, Never]"
            "d": names.push("x"),  # E(names.push): [attr-defined] "push"
        }


def mapped_keys(names: list[str]) -> TypedDict("Keys", {"first": str}):  # type: ignore[valid-type]
    return {"first": names[0]}
