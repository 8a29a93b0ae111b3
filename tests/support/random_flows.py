"""Draws random flows from any source of numbers, and builds the flow classes."""

from __future__ import annotations

import asyncio
import atexit
import functools
import types
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypedDict

from random_nodes import (
    ALWAYS,
    KEYS,
    MANNERS,
    VALUE_KINDS,
    Color,
    FlowSpec,
    Node,
    Pair,
    Point,
    When,
    World,
    choose,
    perform,
    wanted,
)

from stepkit import Flow, flow

Draw = Callable[[int], int]
"""A number from 0 up to but without the given one; 0 is the simplest choice."""

# Drawing a description.


class Drawing:
    """Draws the nodes of one random flow."""

    def __init__(self, draw: Draw, depth: int) -> None:
        self.draw = draw
        self.depth = depth
        self.nodes = 0
        self.flows = 0

    def chance(self, percent: int) -> bool:
        return self.draw(100) >= 100 - percent

    def pick(self, choices: tuple[Any, ...]) -> Any:
        return choices[self.draw(len(choices))]

    def flow(self, depth: int, certain: frozenset[str], calm: bool = False) -> tuple[FlowSpec, frozenset[str]]:
        """A flow that starts with the ``certain`` keys, and the keys that are certain after it.

        ``calm`` flows have no step that is told to fail: they are what an ``all`` group runs beside the one that may.
        """
        self.flows += 1
        id = self.flows
        count = 1 + self.draw(7 if depth == self.depth else 4)
        nodes: list[Node] = []
        for place in range(count):
            if self.nodes >= 30:
                break
            node, certain = self.node(f"s{place}", depth, certain, calm)
            nodes.append(node)
        if not nodes:
            node, certain = self.function("s0", "step", certain, calm)
            nodes.append(node)
        return FlowSpec(id, tuple(nodes)), certain

    def node(self, name: str, depth: int, certain: frozenset[str], calm: bool) -> tuple[Node, frozenset[str]]:
        kinds = ("step", "step", "step", "transform", "subflow", "branch", "parallel")
        kind = self.pick(kinds if depth > 0 else kinds[:4])
        if kind in ("step", "transform"):
            return self.function(name, kind, certain, calm)
        self.nodes += 1
        id = self.nodes
        if kind == "parallel":
            return self.group(id, name, depth, certain, calm)
        policies = self.policies(certain, calm)
        count = 1 if kind == "subflow" else 1 + self.draw(3)
        drawn = [self.flow(depth - 1, certain, calm) for _ in range(count)]
        fields: dict[str, Any] = {} if kind == "subflow" else self.reading(certain, calm)
        if kind == "branch":
            fields["unknown_case"] = not calm and self.chance(8)
        node = Node(
            id=id,
            name=name,
            kind=kind,
            flows=tuple(spec for spec, _ in drawn),
            sources=tuple(self.pick(("class", "instance", "factory")) for _ in drawn),
            merge=self.merge(),
            **policies,
            **fields,
        )
        # A nested transform keeps the keys of the flow around it.
        sure = kind == "subflow" and node.when is True and node.on_error == "raise"
        return node, certain | drawn[0][1] if sure else certain

    def group(self, id: int, name: str, depth: int, certain: frozenset[str], calm: bool) -> tuple[Node, frozenset[str]]:
        policies = self.policies(certain, calm)
        settled = self.chance(40)
        count = 1 + self.draw(3)
        may_fail = self.draw(count) if not calm else None  # in an "all" group which of two fails first is chance
        members: list[Node] = []
        given: frozenset[str] = frozenset()
        for place in range(count):
            member_calm = calm or not settled and place != may_fail
            if depth > 0 and self.chance(40):
                self.nodes += 1
                member_id = self.nodes
                spec, after = self.flow(depth - 1, certain, member_calm)
                members.append(
                    Node(
                        id=member_id,
                        name=f"m{place}",
                        kind="subflow",
                        flows=(spec,),
                        sources=(self.pick(("class", "instance", "factory")),),
                        **self.policies(certain, member_calm),
                    )
                )
                sure = after - certain
            else:
                member, after = self.function(f"m{place}", "step", certain, member_calm, merge="override")
                if member.manner == "sync" and self.chance(70):  # the others run in threads, which cost time
                    member = replace(member, manner="async")
                members.append(member)
                sure = after - certain
            if members[-1].when is True and members[-1].on_error == "raise":
                given |= sure
        node = Node(
            id=id,
            name=name,
            kind="parallel",
            members=tuple(members),
            settled=settled,
            merge=self.merge(),
            **policies,
        )
        sure_group = node.when is True and node.on_error == "raise" and not settled
        return node, certain | given if sure_group else certain

    def function(
        self, name: str, kind: str, certain: frozenset[str], calm: bool, merge: str | None = None
    ) -> tuple[Node, frozenset[str]]:
        self.nodes += 1
        id = self.nodes
        policies = self.policies(certain, calm)
        reading = self.reading(certain, calm)
        readable = reading["reads"] + reading["reads_if_present"]
        keys = tuple(dict.fromkeys(self.pick(KEYS) for _ in range(self.draw(4))))
        node = Node(
            id=id,
            name=name,
            kind=kind,
            changes=self.pick(readable) if readable and self.chance(35) else None,
            gives=tuple((key, self.draw(len(VALUE_KINDS))) for key in keys),
            may_give_nothing=self.chance(15),
            annotated=self.chance(25),
            merge=(merge or self.merge(calm)) if kind == "step" else "override",
            **policies,
            **reading,
        )
        sure = (
            frozenset(keys)
            if node.when is True and node.on_error == "raise" and not node.may_give_nothing
            else frozenset()
        )
        if kind == "step":
            return node, certain | sure
        runs = node.when is True and node.on_error == "raise"
        kept = certain if node.whole and not node.may_give_nothing else frozenset()
        after = kept | frozenset(() if node.may_give_nothing else keys)
        return node, after if runs else after & certain

    def reading(self, certain: frozenset[str], calm: bool) -> dict[str, Any]:
        sure = tuple(sorted(certain))
        reads = {self.pick(sure) for _ in range(self.draw(3))} if sure else set()
        if not calm and self.chance(3):
            reads.add(self.pick(KEYS))  # perhaps it is missing
        optional = {self.pick(KEYS) for _ in range(self.draw(2))} - reads
        return {
            "reads": tuple(sorted(reads)),
            "reads_if_present": tuple(sorted(optional)),
            "whole": self.chance(15),
            "manner": self.pick(MANNERS),
            "fails": 0 if calm or not self.chance(18) else self.pick((1, 1, 1, 2, ALWAYS)),
        }

    def policies(self, certain: frozenset[str], calm: bool) -> dict[str, Any]:
        when: When | bool = True
        if self.chance(20):
            if self.chance(10):
                when = False
            else:
                required = bool(certain) and self.chance(50)
                key = self.pick(tuple(sorted(certain))) if required else self.pick(KEYS)
                when = When(key, required, self.chance(20))
        return {
            "when": when,
            "on_error": self.pick(("raise", "raise", "raise", "continue", "continue", "skip-remaining")),
            "retries": self.pick((0, 0, 1, 2)),
        }

    def merge(self, calm: bool = False) -> str:
        choices = ("override", "override", "override", "skip", "warn", "error")
        return str(self.pick(choices[:-1] if calm else choices))


def draw_flow(draw: Draw, depth: int = 4) -> tuple[FlowSpec, dict[str, Any]]:
    """A random flow whose containers are nested up to ``depth`` levels, and an input for it."""
    drawing = Drawing(draw, depth)
    given = {key: VALUE_KINDS[drawing.draw(len(VALUE_KINDS))](drawing.draw(1000)) for key in KEYS[: drawing.draw(4)]}
    return drawing.flow(depth, frozenset(given))[0], given


# Building the flow class.


class Build:
    """The flow class of a description; its steps act on whatever ``world`` is at the moment."""

    def __init__(self, spec: FlowSpec) -> None:
        self.world = World()
        self.flow_class = self._flow(spec)
        self.loops = any(_loops(node) for node in spec.nodes)

    def run(self, world: World, input: Mapping[str, Any], **arguments: Any) -> dict[str, Any]:
        """Run a new instance to the end, without an event loop where none is needed."""
        self.world = world
        if not self.loops:
            return dict(self.flow_class().run_sync(dict(input), **arguments))
        return dict(_loop().run(self.flow_class().run(dict(input), **arguments)))

    def resume(self, world: World, checkpoint: str, **arguments: Any) -> dict[str, Any]:
        """Resume a new instance and run it to the end."""
        self.world = world
        if not self.loops:
            return dict(self.flow_class().run_checkpoint_sync(checkpoint, **arguments))
        return dict(_loop().run(self.flow_class().run_checkpoint(checkpoint, **arguments)))

    def _flow(self, spec: FlowSpec) -> type[Flow[Any, Any]]:
        def fill(namespace: dict[str, Any]) -> None:
            for place, node in enumerate(spec.nodes):
                self._declare(namespace, f"n{place}", node)

        return types.new_class(f"Flow{spec.id}", (Flow,), {"codecs": (Point, Color, Pair)}, fill)

    def _declare(self, namespace: dict[str, Any], attribute: str, node: Node) -> None:
        options: dict[str, Any] = {"on_error": node.on_error, "retries": node.retries, "when": self._when(node)}
        if node.kind == "parallel":
            mode: Any = "settled" if node.settled else "all"
            group = namespace[attribute] = flow.parallel(node.name, mode=mode, merge=node.merge, **options)  # type: ignore[arg-type]
            for place, member in enumerate(node.members):
                options = {"on_error": member.on_error, "retries": member.retries, "when": self._when(member)}
                if member.kind == "subflow":
                    declared: Any = group.subflow(self._sources(member)[0], name=member.name, **options)
                else:
                    declared = group.step(member.name, **options)(self._function(member, perform))
                namespace[f"{attribute}_{place}"] = declared
            return
        if node.kind == "transform":
            namespace[attribute] = flow.transform(node.name, thread=node.manner == "thread", **options)(
                self._function(node, perform)
            )
            return
        options["merge"] = node.merge
        if node.kind == "step":
            step = flow.step(node.name, thread=node.manner == "thread", **options)
            namespace[attribute] = step(self._function(node, perform))
        elif node.kind == "subflow":
            namespace[attribute] = flow.subflow(node.name, self._sources(node)[0], **options)
        else:
            cases = {f"case {place}": source for place, source in enumerate(self._sources(node))}
            branch = flow.branch(node.name, cases=cases, thread=node.manner == "thread", **options)
            namespace[attribute] = branch(self._function(node, choose))

    def _sources(self, node: Node) -> list[Any]:
        sources: list[Any] = []
        for spec, kind in zip(node.flows, node.sources, strict=True):
            made = self._flow(spec)
            sources.append(made if kind == "class" else made() if kind == "instance" else _factory(made))
        return sources

    def _when(self, node: Node) -> Any:
        when = node.when
        if isinstance(when, bool):
            return when
        required, optional = ((when.key,), ()) if when.required else ((), (when.key,))
        make = _maker("self", required, optional, False, "async" if when.is_async else "sync")
        return make(lambda values: wanted(node, when, self.world, values))

    def _function(self, node: Node, body: Callable[[Node, World, Mapping[str, Any]], Any]) -> Any:
        manner = "sync" if node.manner == "thread" else node.manner
        function = _maker("self", node.reads, node.reads_if_present, node.whole, manner)(
            lambda values: body(node, self.world, values)
        )
        function.__name__ = node.name.replace(" ", "_")
        if node.annotated and body is perform and not (node.kind == "transform" and node.whole):
            given: Any = {key: Any for key, _ in node.gives}
            if node.may_give_nothing:
                function.__annotations__ = {"return": TypedDict("Given", given, total=False) | None}  # type: ignore[operator]
            else:
                function.__annotations__ = {"return": TypedDict("Given", given)}  # type: ignore[misc]
        return function


@functools.cache
def _loop() -> asyncio.Runner:
    """An event loop for all runs that need one: a new one for each would cost more than the runs."""
    runner = asyncio.Runner()
    atexit.register(runner.close)
    return runner


def _factory(flow_class: Any) -> Callable[[Any], Any]:
    return lambda self: flow_class()


def _loops(node: Node) -> bool:
    return (
        node.manner != "sync"
        or node.kind == "parallel"
        or any(_loops(each) for spec in node.flows for each in spec.nodes)
    )


ABSENT = object()


@functools.cache
def _maker(first: str, required: tuple[str, ...], optional: tuple[str, ...], whole: bool, manner: str) -> Any:
    """Makes functions with just these parameters out of a body that takes the values by key."""
    parameters = [first, *(["ctx", "/"] if whole else []), *required, *(f"{key}=ABSENT" for key in optional)]
    pairs = ", ".join(f"{key!r}: {key}" for key in (*required, *optional))
    values = f"{{**ctx, {pairs}}}" if whole else f"{{{pairs}}}"
    source = (
        "def make(body):\n"
        f"    {'def' if manner == 'sync' else 'async def'} function({', '.join(parameters)}):\n"
        f"        values = {{key: value for key, value in {values}.items() if value is not ABSENT}}\n"
        + ("        await sleep(0)\n" if manner == "awaits" else "")
        + "        return body(values)\n"
        "    return function\n"
    )
    namespace: dict[str, Any] = {"ABSENT": ABSENT, "sleep": asyncio.sleep}
    exec(source, namespace)
    return namespace["make"]
