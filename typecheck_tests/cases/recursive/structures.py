# TypedDicts, NamedTuples, dataclasses and generic classes that hold themselves.
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, NamedTuple, NotRequired, Optional, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

T = TypeVar("T")
NodeT = TypeVar("NodeT", bound="Linked")


class Folder(TypedDict):
    name: str
    parent: NotRequired[Folder | None]
    inside: list[Folder]


class Chain(NamedTuple):
    value: int
    next: Optional[Chain] = None


@dataclass
class Linked:
    value: int
    next: Linked | None = None
    by_name: dict[str, list[Linked]] = field(default_factory=dict)


@dataclass
class Tree(Generic[T]):
    value: T
    children: list[Tree[T]] = field(default_factory=list)
    pairs: list[Tree[tuple[T, T]]] = field(default_factory=list)


def deepest(node: NodeT) -> NodeT:
    return node


class StructureIn(TypedDict):
    folder: Folder
    chain: Chain
    linked: Linked
    tree: Tree[int]


class Structures(Flow[StructureIn]):
    @flow.step("read")
    def read(self, folder: Folder, chain: Chain, linked: Linked, tree: Tree[int]):
        return {
            "folders": folder["inside"],
            "chain": chain.next,
            "deepest": deepest(linked),
            "tree": tree.children[0] if tree.children else None,
        }

    @flow.step("given")
    def given(self, folders, chain, deepest, tree):
        made: Folder = {"name": "x", "inside": folders}
        return {"made": made, "made_chain": Chain(1, chain), "values": deepest.value, "leaf": tree and tree.pairs}

    @flow.transform("all")
    def all(self, ctx, /):
        return {"made": ctx["made"], "made_chain": ctx["made_chain"], "linked": ctx["linked"], "leaf": ctx["leaf"]}

    @flow.step("wrong")
    def wrong(self, made: Chain, linked: Folder):  # E(made): [stepkit-key-type] # E(linked): [stepkit-key-type]
        return {}


def saved(event: Structures.Event) -> None:
    assert event.checkpoint
    if event.step_name == "given":
        assert_type(event.context["made"], Folder)
        assert_type(event.context["made_chain"], Chain)
        assert_type(event.context["folders"], list[Folder])


result = Structures().run_sync(
    {"folder": {"name": "", "inside": []}, "chain": Chain(1), "linked": Linked(1), "tree": Tree(1)},
    on_step_complete=saved,
)
assert_type(result["made"], Folder)
assert_type(result["linked"], Linked)
assert_type(result["leaf"], list[Tree[tuple[int, int]]] | Tree[int] | None)
Structures().run_checkpoint_sync("", override_data={"folder": {"name": "", "inside": [{"name": "", "inside": []}]}})
