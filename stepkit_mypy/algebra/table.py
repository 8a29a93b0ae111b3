"""A flow's step table as the plugin knows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, field, fields, replace
from typing import Literal

from mypy.nodes import TypeInfo
from mypy.types import Instance, Type, TypedDictType

from ..mypy_api import type_ops
from ..records import dataclass
from .contexts import Context, Key
from .kinds import Kind

TABLE = "__stepkit_types__"
"""The name of the type alias in a flow class whose target is its table."""

NOT_EVERY_RETURN = "not every return gives it"
NOT_EVERY_ARM = "not every arm of the condition that it is declared under gives it"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a step: the key that it reads."""

    name: str
    required: bool
    annotated: bool


@dataclass(frozen=True)
class Facts:
    """What a row says without types."""

    name: str
    attribute: str
    kind: Kind
    definer: str
    named: bool = True
    """Whether the name is known; if not, it is the attribute's here, and any text at run time."""
    aliases: tuple[str, ...] = ()
    conditional: bool = False
    """Whether the class may come without it: it is declared under a condition."""
    varies: bool = False
    """Whether it is one of several, that are declared under the arms of a condition."""
    when: Literal["yes", "no", "maybe"] = "yes"
    on_error: Literal["raise", "continue", "skip-remaining", "fallback", "unknown"] = "raise"
    merge: str = "override"
    fallback: str = ""
    """The name of the method that ``on_error=`` names: with its class, once that is known."""
    fallback_names: Literal["", "return", "more"] = ""
    """What the annotations of the fallback name: the types that it gives, or those that it reads, too."""
    never: bool = False
    """Whether the step's function never returns."""
    may_skip: bool = False
    """Whether an open circuit breaker skips the step."""
    mode: str = "all"
    parameters: tuple[Parameter, ...] = ()
    whole: bool = False
    names_whole: bool = False
    """Whether the parameter for the whole context is annotated."""
    names_return: bool = False
    """Whether the return is annotated."""
    unread: bool = False
    """Whether mypy did not read its body, so that what it returns cannot be seen."""
    may_choose_none: bool = False
    wrong: tuple[str, ...] = ()
    """The keys that the step is wrong about: what it reads is missing, may be, or has another type."""
    cases: tuple[str, ...] = ()
    """The names of the cases that a branch may choose."""
    condition: tuple[Parameter, ...] = ()
    """The keys that its condition reads."""
    position: int = 0
    """Its place in the body of a class that is no flow: a cache does not keep the order of what stands there."""
    beside: int = 0
    """How many declarations that class has: who depends on one of them shall see that there is another."""

    @property
    def fallback_name(self) -> str:
        """The fallback's name without its class; empty where no method is named."""
        return self.fallback.rpartition(".")[2]


USUAL = {each.name: each.default for each in fields(Facts) if each.default is not MISSING}


@dataclass(frozen=True, eq=False)
class Row:
    """One row of the table."""

    facts: Facts
    reads: dict[str, Type] = field(default_factory=dict)
    change: Context[Type] = field(default_factory=lambda: Context())
    flows: tuple[Instance | None, ...] = ()
    """The nested flow; or a branch's flows, as ``facts.cases`` names them. None where it is not known."""
    members: tuple[Row, ...] = ()
    condition: dict[str, Type] = field(default_factory=dict)
    """What its condition reads, with the types."""
    fallback: Context[Type] | None = None
    """What its fallback gives; None where it has none, or one that never returns."""

    @property
    def wrong(self) -> dict[str, Type | None]:
        """The keys that the row, or a member of it, is wrong about, with the types that it reads them as."""
        found = {name: row.reads.get(name) for row in self.members for name in row.facts.wrong}
        return found | {name: self.reads.get(name) for name in self.facts.wrong}

    def with_wrong(self, names: Iterable[str]) -> Row:
        return replace(self, facts=replace(self.facts, wrong=tuple(sorted(names))))

    def seen_as(self, flow: Instance | None) -> Row:
        """The row of a generic flow, a base class or a nested one, as it is with this one's type arguments."""
        if flow is None or not flow.args:
            return self
        flows = [None if each is None else type_ops.for_instance(flow, each) for each in self.flows]
        return replace(
            self,
            reads={name: type_ops.for_instance(flow, type) for name, type in self.reads.items()},
            change=_seen_as(self.change, flow),
            flows=tuple(each if isinstance(each, Instance) else None for each in flows),
            members=tuple(member.seen_as(flow) for member in self.members),
            condition={name: type_ops.for_instance(flow, type) for name, type in self.condition.items()},
            fallback=None if self.fallback is None else _seen_as(self.fallback, flow),
        )


def _seen_as(change: Context[Type], flow: Instance) -> Context[Type]:
    keys = {name: replace(key, type=type_ops.for_instance(flow, key.type)) for name, key in change.keys.items()}
    return Context(keys, None if change.rest is None else type_ops.for_instance(flow, change.rest))


def has_other_fallback(info: TypeInfo, row: Row) -> bool:
    """Whether the method that the row of a base class names as its fallback is another one in this class."""
    symbol = info.get(row.facts.fallback_name) if row.facts.fallback else None
    return symbol is not None and symbol.node is not None and symbol.node.fullname != row.facts.fallback


NO_STEP = Row(Facts("", "", "step", "", when="no"))
"""Stands where a class attribute turned out to be none."""


@dataclass(frozen=True)
class Watch:
    """What a class's own ``on_step_complete`` does, as far as its subclasses are concerned."""

    names: tuple[str, ...] = ()
    """The steps whose names it compares with."""
    saves: Literal["", "all", "named"] = ""
    """Whether it takes checkpoints: of all steps, of those that it names, or not for certain."""
    hands_up: bool = False
    """Whether it calls that of its base."""
    stops: bool = False
    """Whether it always stops the run after some step."""


@dataclass(frozen=True, eq=False)
class Table:
    """All rows of a flow class, the inherited ones too, and what the flow starts with."""

    input: Context[Type]
    rows: tuple[Row, ...]
    digest: str = ""
    codecs: tuple[Instance, ...] | None = ()
    """What the class registers with ``codecs=``: classes, and ``Codec``s. None where not all of it can be seen."""
    may_stop: bool = False
    """Whether a method of the class may stop a run after any step."""
    watch: Watch | None = None
    """What the class's own ``on_step_complete`` does; None where it has none."""
    gated: bool = False
    """Whether a method of the flow, or of one inside it, always stops a run after some step."""


def input_context(type: Type | None) -> Context[Type]:
    """What a flow's context starts with. Anything but a TypedDict leaves it open."""
    typed = type_ops.typed_dict_of(type)
    if typed is None:
        return Context(rest=type_ops.any_type())
    return shape_of(typed, "", "its input does not require it")


def shape_of(typed: TypedDictType, giver: str, reason: str) -> Context[Type]:
    return Context(
        {
            name: Key(item, name in typed.required_keys, giver, "" if name in typed.required_keys else reason)
            for name, item in typed.items.items()
        }
    )
