# Aliases that stand for themselves, old style and as TypeAliasType, read and given by steps, and read from checkpoints.
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict, TypeVar, Union

from probe import assert_type
from stepkit import Flow, flow
from typing_extensions import TypeAliasType

Json = Union[dict[str, "Json"], list["Json"], str, int, float, bool, None]
Tree = Mapping[str, Union[int, "Tree"]]
New = TypeAliasType("New", "dict[str, New] | list[New] | int")
T = TypeVar("T")
Nested = Sequence[Union[T, "Nested[T]"]]


def parse(text: str) -> Json:
    return {"a": [text]}


def flatten(value: Nested[int]) -> list[int]:
    return []


class AliasIn(TypedDict):
    data: Json
    new: New


class Aliases(Flow[AliasIn]):
    @flow.step("read")
    def read(self, data: Json, new: New):
        return {"again": data, "many": [data], "either": data if new else None, "pair": (data, new)}

    @flow.step("given")
    def given(self, again, many, pair):
        parsed = parse("x")
        tree: Tree = {"a": {"b": 1}}
        nested: Nested[int] = [1, [2]]
        return {"parsed": parsed, "tree": tree, "nested": nested, "first": many[0], "news": [pair[1]]}

    @flow.step("wrong")
    def wrong(self, tree: int, nested: Nested[str], missing):  # E(tree): [stepkit-key-type] # E(nested): [stepkit-key-type] # E(missing): [stepkit-missing-key]
        return {"flat": flatten([1, [2, [3]]])}


class Around(Flow[AliasIn]):
    inner = flow.subflow("inner", Aliases)

    @flow.branch("route", cases={"a": Aliases, "b": Aliases})
    def route(self, data: Json, new: New):
        return "a" if data else "b"

    group = flow.parallel("group")

    @group.step("one")
    def one(self, parsed):
        return {"parsed": parsed, "other": [parsed]}

    @group.step("two")
    def two(self, tree):
        return {"trees": {"t": tree}}


def saved(event: Aliases.Event) -> None:
    assert event.checkpoint
    if event.step_name == "given":
        assert_type(event.context["parsed"], Json)
        assert_type(event.context["nested"], Nested[int])
        assert_type(event.context["news"], list[New])


def saved_around(event: Around.Event) -> None:
    assert event.checkpoint
    if event.step_name == "inner/given":
        assert_type(event.context["many"], list[Json])
    if event.step_name == "route/b/given":
        assert_type(event.context["tree"], Tree)


result = Aliases().run_sync({"data": 1, "new": [1]}, on_step_complete=saved)
assert_type(result["again"], Json)
assert_type(result["pair"], tuple[Json, New])
assert_type(result["either"], Json)
around = Around().run_sync({"data": 1, "new": [1]}, on_step_complete=saved_around)
assert_type(around["other"], list[Json])
assert_type(around["trees"], dict[str, Tree])
Aliases().run_checkpoint_sync("", override_data={"data": [{"a": 1}], "parsed": None, "new": {"a": [1]}})
Aliases().run_checkpoint_sync("", override_data={"new": "x"})  # E("x"): [stepkit-override]
