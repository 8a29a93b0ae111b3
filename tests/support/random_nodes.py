"""The nodes of random flows, as plain data, and what they do when they run.

Every step is deterministic in what it reads, so that any difference in a context shows in everything after it. What
a step does to the outside is counted in a ``World``, which is no part of the context.
"""

from __future__ import annotations

import datetime
import enum
import threading
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from boom import Boom

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
        world.count("failure", node.id)
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
