# Generic classes that hold themselves, bounded type variables, deep unions, PEP 695 with its runtime form.
from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypedDict, TypeVar, Union

from probe import assert_type
from stepkit import Flow, flow
from typing_extensions import TypeAliasType

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
ComparableT = TypeVar("ComparableT", bound="Comparable")
Nest = TypeAliasType("Nest", "T | list[Nest[T]]", type_params=(T,))
Handler = Callable[[int], Awaitable["Handler | None"]]
Deep = Union[int, list[Union[str, list[Union[bytes, list[Union[float, dict[str, Union[int, list["Deep"]]]]]]]]]]


class Comparable:
    def less(self: ComparableT, other: ComparableT) -> bool:
        return True


@dataclass
class Result(Generic[T]):
    value: T
    causes: list[Result[T]] = field(default_factory=list)


@dataclass
class Branch(Generic[K, V]):
    left: Branch[K, V] | None
    key: K
    value: V


@dataclass(order=True)
class Priority(Comparable):
    number: int
    inner: Priority | None = None


@dataclass
class Node:
    children: list[Node] = field(default_factory=list)
    call: list[Callable[[Node], None]] = field(default_factory=list)


class Point(NamedTuple):
    next: Point | None
    near: dict[str, Point] = {}


class In(TypedDict):
    result: Result[int]
    branch: Branch[str, Result[list[int]]]
    priority: Priority
    deep: Deep
    nest: Nest[int]


def best(items: list[ComparableT]) -> ComparableT:
    return items[0]


class Trees(Flow[In]):
    @flow.step("take")
    def take(self, result, branch, priority, deep: Deep, nest: Nest[int]):
        return {"best": best([priority]), "left": branch.left, "causes": result.causes, "deeps": [deep], "nests": [nest]}

    @flow.step("look")
    def look(self, left, causes, deeps):
        return {"value": left.value if left else None, "first": causes[0], "deepest": deeps[0]}

    @flow.step("point")
    def point(self, first: Result[int]):
        point = Point(None)
        return {"point": [point.near], "again": Result(first)}

    @flow.step("wrong")
    def wrong(self, best: Result[int], deepest: str):  # E(best): [stepkit-key-type] # E(deepest): [stepkit-key-type]
        return {}


def saved(event: Trees.Event) -> None:
    if event.step_name == "look":
        print(event.checkpoint)
        assert_type(event.context["nests"], list[Nest[int]])
    if event.step_name == "point":
        print(event.checkpoint)  # E: [stepkit-unsavable] "point" ... does not name its class Point


def run(data: In) -> None:
    result = Trees().run_sync(data, on_step_complete=saved)
    assert_type(result["best"], Priority)
    assert_type(result["value"], Result[list[int]] | None)
    assert_type(result["deepest"], Deep)
    assert_type(result["again"], Result[Result[int]])


class NodeIn(TypedDict):
    node: Node


class Nodes(Flow[NodeIn]):
    @flow.step("give")
    def give(self, node, handler: Handler | None = None):  # E(handler): [stepkit-useless-default]
        return {"children": node.children, "handlers": [handler]}


def save_nodes(event: Nodes.Event) -> None:
    print(event.checkpoint)  # E: [stepkit-unsavable] "node" of type "Node", whose "call" is # E: [stepkit-unsavable] "children" # E: [stepkit-unsavable] "handlers"
