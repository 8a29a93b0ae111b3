"""Random flows: a description as plain data, drawn from any source of numbers, and the flow class built from it.

Every step is deterministic in what it reads, so that any difference in a context shows in everything after it. What
a step does to the outside is counted in a ``World``, which is no part of the context.
"""

from __future__ import annotations

import asyncio
import atexit
import datetime
import enum
import functools
import threading
import types
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict

from stepkit import Flow, flow

Draw = Callable[[int], int]
"""A number from 0 up to but without the given one; 0 is the simplest choice."""

KEYS = ("a", "b", "c", "d", "e")
ALWAYS = 99
MANNERS = ("sync", "async", "sync", "awaits") * 4 + ("thread",)


@dataclass
class Point:
    x: int
    tags: list[str] = field(default_factory=list)


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Pair(NamedTuple):
    left: int
    right: str


class Boom(Exception):
    """What a step raises that was told to fail."""


VALUE_KINDS: tuple[Callable[[int], Any], ...] = (
    lambda n: n % 1000,
    lambda n: [n % 7, str(n % 5)],
    lambda n: {"k": n % 11, "deep": [{"t": (n % 3,)}]},
    lambda n: f"text {n % 100}",
    lambda n: {n % 5, 7},
    lambda n: (n % 4, [n % 3]),
    lambda n: datetime.datetime(2024, 1, 1 + n % 28, tzinfo=datetime.UTC),
    lambda n: Point(n % 9, [str(n % 2)]),
    lambda n: Color.RED if n % 2 else Color.BLUE,
    lambda n: Pair(n % 5, "r"),
    lambda n: {n % 6: "int key", 100: b"bytes"},
    lambda n: Decimal(n % 1000) / 8,
    lambda n: uuid.UUID(int=n % 2**32),
    lambda n: frozenset([n % 5, "f"]),
    lambda n: None,
    lambda n: n % 2 == 0,
    lambda n: float("nan") if n % 2 else -0.0,
    lambda n: {"flow": n % 3, "stepName": "x", "types": {"is": "tuple"}},  # looks like our own fields
)


@dataclass(frozen=True)
class When:
    """``when=``: run the step if the key's value says so."""

    key: str
    required: bool
    is_async: bool


@dataclass(frozen=True, kw_only=True)
class Node:
    """A step of a random flow."""

    id: int
    name: str
    kind: str
    when: When | bool = True
    on_error: str = "raise"
    merge: str = "override"
    retries: int = 0
    # a function: a step, a transform, a route
    reads: tuple[str, ...] = ()
    reads_if_present: tuple[str, ...] = ()
    whole: bool = False
    manner: str = "sync"  # or "async", "awaits", "thread"
    fails: int = 0  # how many of its first calls fail
    changes: str | None = None  # a key whose value it changes in place
    gives: tuple[tuple[str, int], ...] = ()  # keys and the kinds of their values
    may_give_nothing: bool = False
    annotated: bool = False
    # a container
    flows: tuple[FlowSpec, ...] = ()
    sources: tuple[str, ...] = ()  # for each flow "class", "instance" or "factory"
    unknown_case: bool = False
    members: tuple[Node, ...] = ()
    settled: bool = False

    @property
    def guarded(self) -> bool:
        return self.retries > 0 or self.on_error != "raise"


@dataclass(frozen=True)
class FlowSpec:
    """A random flow."""

    id: int
    nodes: tuple[Node, ...]


class World:
    """What happened outside of the context: how often each function was called, and each effect."""

    def __init__(self, counts: Mapping[tuple[str, int], int] | None = None) -> None:
        self.counts: Counter[tuple[str, int]] = Counter(counts or {})
        self._lock = threading.Lock()

    def count(self, what: str, id: int) -> int:
        with self._lock:
            self.counts[what, id] += 1
            return self.counts[what, id]

    def copy(self) -> World:
        with self._lock:
            return World(self.counts)


def canonical(value: Any) -> str:
    """A text that is equal for equal values of the same types, and for no others."""
    kind = type(value).__name__
    if isinstance(value, Mapping):
        return f"{kind}{{{','.join(sorted(f'{canonical(key)}:{canonical(item)}' for key, item in value.items()))}}}"
    if isinstance(value, set | frozenset):
        return f"{kind}{{{','.join(sorted(map(canonical, value)))}}}"
    if isinstance(value, list | tuple):
        return f"{kind}[{','.join(map(canonical, value))}]"
    if is_dataclass(value):
        return f"{kind}({','.join(canonical(getattr(value, each.name)) for each in fields(value))})"
    return f"{kind}:{value!r}"


def digest(id: int, values: Mapping[str, Any]) -> int:
    return zlib.crc32(f"{id} {canonical(dict(values))}".encode())


def perform(node: Node, world: World, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The body of a step or a transform."""
    number = _enter(node, world, values)
    if node.changes is not None and node.changes in values:
        change_in_place(values[node.changes], number)
    world.count("effect", node.id)
    if node.may_give_nothing and number % 3 == 0:
        return {} if node.kind == "transform" else None
    given = {key: VALUE_KINDS[kind](number + place) for place, (key, kind) in enumerate(node.gives)}
    if node.kind == "transform" and node.whole:
        return {**values, **given} if number % 2 else {**given, **values}
    return given


def choose(node: Node, world: World, values: Mapping[str, Any]) -> str | None:
    """The body of a route."""
    number = _enter(node, world, values)
    if node.unknown_case and number % 4 == 0:
        return "nowhere"
    case = number % (len(node.flows) + 1)
    return None if case == len(node.flows) else f"case {case}"


def _enter(node: Node, world: World, values: Mapping[str, Any]) -> int:
    attempt = world.count("call", node.id)
    if attempt <= node.fails:
        raise Boom(f"node {node.id}, call {attempt}")
    return digest(node.id, values)


def wanted(node: Node, when: When, world: World, values: Mapping[str, Any]) -> bool:
    """The body of a ``when``."""
    world.count("when", node.id)
    return digest(node.id, values) % 3 != 0


def change_in_place(value: Any, number: int) -> None:
    if isinstance(value, list):
        value.append(number % 10)
    elif isinstance(value, dict):
        value["in place"] = number % 10
    elif isinstance(value, set):
        value.add(number % 100)
    elif isinstance(value, Point):
        value.tags.append(str(number % 10))


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
            changes=self.pick(readable) if readable and self.chance(25) else None,
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
            "fails": 0 if calm or not self.chance(15) else self.pick((1, 1, 2, ALWAYS)),
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
