"""What the plugin knows of a flow class while mypy checks it.

Everything here can be found again from the syntax and the types; it is kept so that a class costs what its
steps cost. It is dropped once the class's table stands in its type alias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace

from mypy.nodes import CallExpr, Decorator, TypeAlias, TypeInfo
from mypy.types import Type

from ..algebra.contexts import Context, State, telling
from ..algebra.encoding import decode
from ..algebra.table import NO_STEP, TABLE, Parameter, Row, has_other_fallback
from ..mypy_api import type_aliases, type_ops
from ..records import dataclass
from ..syntax.declarations import Arms, Body, Declaration, read_body
from ..syntax.makers import Trees
from .bases import input_of
from .inherited import inherited_rows


@dataclass(eq=False)
class Slot:
    """One row of the table in the making: inherited, or declared here and perhaps not known yet."""

    attribute: str
    row: Row | None = None
    declaration: Declaration | None = None
    members: list[Slot] = field(default_factory=list)
    inherited_group: Row | None = None
    """The group of a base class that gets new members here."""
    inherited: Row | None = None
    """The row of a base class, where its fallback is another method here."""
    arms: list[Slot] = field(default_factory=list)
    """What it may be, where that depends on a condition."""
    conditional: bool = False
    """Whether it may be none of them."""
    outer: Slot | None = None
    """The one that it is a member or an arm of."""

    def inside(self) -> Iterator[Slot]:
        """What it holds, and itself."""
        for each in (*self.arms, *self.members):
            yield from each.inside()
        yield self


@dataclass(frozen=True)
class Reading:
    """A key that is read where a type is written for it."""

    name: str
    position: int
    step: str
    type: Callable[[], Type | None]


@dataclass(eq=False)
class Work:
    """A flow class that is being checked."""

    info: TypeInfo
    alias: TypeAlias
    target: Type
    body: Body
    slots: list[Slot]
    input: Context[Type]
    ended: bool = False
    """Whether the end of the class was reached."""
    waits: bool = False
    """Whether a base class is not known yet."""
    noted_at: dict[int, object] = field(default_factory=dict)
    """Where it was said that the context becomes open, by the position of the slot that opens it."""
    wrong_conditions: dict[str, set[str]] = field(default_factory=dict)
    """The keys that the condition of a row is wrong about, by the row's attribute."""
    conditions: dict[str, dict[Parameter, Type]] = field(default_factory=dict)
    """What the condition of a row reads, by the row's attribute."""
    states: list[State[Type]] = field(default_factory=list)
    """The states before each slot, as far as they are known: ``rows.progress`` makes them."""
    positions: dict[str, int] = field(default_factory=dict)
    slot_of: dict[str, Slot] = field(default_factory=dict)
    by_node: dict[object, Declaration] = field(default_factory=dict)
    readings: dict[str, list[Reading]] | None = None
    """Who reads which key with a type of its own, once that was looked for."""

    def state_before(self, attribute: str) -> State[Type] | None:
        """The state before the row that the attribute belongs to; None while it is not known."""
        position = self.positions[attribute]
        return self.states[position] if position < len(self.states) else None

    def context_before(self, attribute: str, *, condition: bool = True) -> Context[Type] | None:
        """The context that a row is judged by: what was said of a member before it is told.

        ``condition``: what was said of its own condition, too.
        """
        state, slot = self.state_before(attribute), self.slot_of[attribute]
        if state is None:
            return None
        told: dict[str, Type | None] = dict.fromkeys(self.wrong_conditions.get(attribute, ()) if condition else ())
        outer = self.slots[self.positions[attribute]]
        if outer is not slot:
            told |= dict.fromkeys(self.wrong_conditions.get(outer.attribute, ()))
            for member in outer.members:
                if member is slot:
                    break
                told |= {} if member.row is None else member.row.wrong
        return telling(state.context, told, type_ops.any_type())

    def set_row(self, attribute: str, row: Row) -> None:
        slot, position = self.slot_of[attribute], self.positions[attribute]
        slot.row = row
        outer = slot.outer
        while outer is not None:
            outer.row, outer = None, outer.outer
        del self.states[position + 1 :]

    def rows(self) -> tuple[Row, ...]:
        """All rows, with what their conditions read."""
        found = (slot.row for slot in self.slots)
        return tuple(self._with_condition(row) for row in found if row is not None and row is not NO_STEP)

    def _with_condition(self, row: Row) -> Row:
        members = tuple(map(self._with_condition, row.members))
        if members:
            row = replace(row, members=members)
        found = self.conditions.get(row.facts.attribute)
        if not found:
            return row
        types = {parameter.name: type for parameter, type in found.items()}
        return replace(row, facts=replace(row.facts, condition=tuple(found)), condition=types)

    @property
    def has_other_fallbacks(self) -> bool:
        """Whether the fallback of a step that is inherited is another method here."""
        return any(each.inherited is not None for slot in self.slots for each in slot.inside())

    def is_first_note(self, place: object, attribute: str = "") -> bool:
        """True for one place in each row that opens the context: one note says so.

        It is said whenever that place is looked at: the daemon has dropped what was said there before.
        """
        return self.noted_at.setdefault(self.positions.get(attribute, -1), place) is place

    def is_published(self) -> bool:
        """Whether the flow's table stands in its alias."""
        return not type_ops.is_any(self.alias.target)


class Works:
    """The flow classes that are being checked. It belongs to one plugin object; there is no global state."""

    def __init__(self, trees: Trees) -> None:
        self.trees = trees
        self._works: dict[str, Work] = {}
        self.early: set[str] = set()
        """The flows that a module used at its top level before they were known."""

    def open(self) -> list[Work]:
        """The classes whose end was reached, but of which something is not known yet."""
        return [
            work
            for work in self._works.values()
            if work.ended and work.target is work.alias.target and type_ops.is_any(work.target)
        ]

    def get(self, info: TypeInfo) -> Work | None:
        """The work on a flow class; None if the class is none, or was not tagged."""
        alias = type_aliases.alias_of(info, TABLE)
        if alias is None:
            return None
        work = self._works.get(info.fullname)
        stale = work is None or work.info is not info or work.alias is not alias or work.target is not alias.target
        if work is not None and not stale and work.waits and not base_waits(info):
            ended = work.ended
            work = self._works[info.fullname] = _begin(info, alias, self.trees)
            work.ended = ended
        elif work is None or stale:
            if len(self._works) > 64:  # what is finished can be found again
                self._works = {name: each for name, each in self._works.items() if type_ops.is_any(each.alias.target)}
            work = _begin(info, alias, self.trees)
            self._works[info.fullname] = work
        return work


def base_waits(info: TypeInfo) -> bool:
    """Whether a base class is a flow whose table is not known yet."""
    aliases = [type_aliases.alias_of(base, TABLE) for base in info.mro[1:]]
    return any(alias is not None and type_ops.is_any(alias.target) for alias in aliases)


def _begin(info: TypeInfo, alias: TypeAlias, trees: Trees) -> Work:
    body = read_body(info.defn, trees)
    slots = {row.facts.attribute: _inherited_slot(row, info) for row in inherited_rows(info)}
    for slot in slots.values():
        left = [member for member in slot.members if member.attribute not in body.removed]
        if len(left) < len(slot.members):
            slot.members, slot.inherited_group, slot.row = left, slot.row, None
    grouped = [each for each in body.arms.items() if each[1].declared and each[1].declared[0].group is not None]
    for attribute, arms in body.arms.items():
        if (attribute, arms) not in grouped:
            _put(slots, attribute, arms)  # an overridden step keeps its place in the dict
    for attribute, arms in grouped:
        group = slots.get(arms.declared[0].group or "")
        if group is not None:
            own = {slot.attribute: slot for slot in group.members}
            _put(own, attribute, arms)
            group.members = list(own.values())
            if group.declaration is None and group.inherited_group is None:
                group.inherited_group, group.row = group.row, None
    work = Work(info, alias, alias.target, body, list(slots.values()), input_of(info), waits=base_waits(info))
    for position, slot in enumerate(work.slots):
        for each in slot.inside():
            work.positions[each.attribute] = position
            work.slot_of[each.attribute] = each
            for inner in (*each.arms, *each.members):
                inner.outer = each
    finished = decode(alias.target)
    if finished is not None:
        work.ended = True
        for row in finished.rows:
            for known in (row, *row.members):
                if known.facts.attribute in work.slot_of:
                    work.slot_of[known.facts.attribute].row = known
    for declaration in body.declarations:
        if declaration.understood:
            work.by_node[declaration.node] = declaration
        if declaration.function is not None:
            work.by_node[declaration.function] = declaration
        if declaration.call is not None:
            work.by_node[declaration.call] = declaration
    return work


def _put(slots: dict[str, Slot], attribute: str, arms: Arms) -> None:
    """Put what a class body says of an attribute in the place of what its bases say."""
    base = slots.get(attribute)
    conditional = arms.removed or arms.untouched and base is None
    if len(arms.declared) > 1 or arms.untouched and base is not None:
        for number, declaration in enumerate(arms.declared, 1):
            declaration.number = number
    parts = [Slot(each.key, None, each) for each in arms.declared]
    if arms.untouched and base is not None:
        base.attribute = f"{attribute} (inherited)"
        parts.append(base)
    if not parts:
        slots.pop(attribute, None)
    elif len(parts) > 1 or parts[0].declaration is None:
        slots[attribute] = Slot(attribute, arms=parts, conditional=conditional)
    else:
        arms.declared[0].conditional = conditional
        slots[attribute] = parts[0]


def _inherited_slot(row: Row, info: TypeInfo) -> Slot:
    slot = Slot(row.facts.attribute, row)
    slot.members = [_inherited_slot(member, info) for member in row.members]
    if has_other_fallback(info, row):
        slot.inherited, slot.row = row, None
    if any(member.inherited is not None for member in slot.members):
        slot.inherited_group, slot.row = row, None
    return slot


def declaration_at(work: Work, node: object) -> Declaration | None:
    return work.by_node.get(node) if isinstance(node, (CallExpr, Decorator)) else None
