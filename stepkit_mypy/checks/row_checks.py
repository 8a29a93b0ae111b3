"""Judges what a whole row reads from a context, wherever that stands: condition, parameters, nested flows, members."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from mypy.nodes import Context as Node
from mypy.types import Instance, Type

from .. import messages
from ..algebra.contexts import Context, Key
from ..algebra.interpreter import advance, start
from ..algebra.table import Parameter, Row, Table
from ..mypy_api import type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..records import dataclass
from ..rows.parameters import is_told
from .nested_inputs import problems_of, telling_once

Place = tuple[str, ...]
"""A row by its attribute, a member of it, and what of that reads: its condition, a case, or a nested flow."""
Mistake = tuple[Place, str]
"""Where a key is read that is missing, may be, or has another type, and the key."""
CONDITION = "(when)"


@dataclass(frozen=True, eq=False)
class Check:
    """What is said, and what is not to be said again."""

    checker: TypeChecker
    node: Node | None
    """Where it is said; None where nothing is."""
    besides: Collection[str] = ()
    """Keys that were judged already."""
    known: Collection[Mistake] = ()
    """What was said of a base class."""
    own: Collection[str] = ()
    """The members that the class itself declares: they were judged where they stand."""

    def skips(self, place: Place, name: str) -> bool:
        return name in self.besides or (place, name) in self.known


def mistakes_of(checker: TypeChecker, table: Table) -> set[Mistake]:
    """All mistakes in the rows of a flow, whether they were said or not."""
    found: set[Mistake] = set()
    state = start(table)
    for row in table.rows:
        check_row(Check(checker, None), row, state.context, found)
        state = advance(state, row)
    return found


def check_row(check: Check, row: Row, context: Context[Type], found: set[Mistake]) -> Row:
    """The row, with the keys that it is wrong about; its mistakes are put into ``found``."""
    return _check(check, row, context, (), found)


def _check(check: Check, row: Row, context: Context[Type], outer: Place, found: set[Mistake]) -> Row:
    place = (*outer, row.facts.attribute)
    facts = row.facts
    wrong = _check_reads(check, row, (*place, CONDITION), facts.condition, row.condition, context, found)
    behind = telling_once(context, wrong)
    wrong |= _check_reads(check, row, place, facts.parameters, row.reads, behind, found)
    for case, flow in zip(facts.cases or [""] * len(row.flows), row.flows, strict=False):
        if flow is not None:
            where = (*place, case or flow.type.fullname)
            wrong |= _check_flow(check, row, where, case, flow, telling_once(context, wrong), found, bool(outer))
    members: list[Row] = []
    before = telling_once(context, wrong)
    for member in row.members:
        is_own = member.facts.attribute in check.own
        members.append(member if is_own else _check(check, member, before, place, found))
        before = telling_once(before, members[-1].facts.wrong)
    return replace(row, members=tuple(members)).with_wrong(wrong.union(facts.wrong))


def _check_reads(
    check: Check,
    row: Row,
    place: Place,
    parameters: tuple[Parameter, ...],
    types: dict[str, Type],
    context: Context[Type],
    found: set[Mistake],
) -> set[str]:
    """The keys that a row's parameters, or those of its condition, are wrong about."""
    wrong: set[str] = set()
    for parameter, key in _misfits(check.checker, parameters, types, context):
        name = parameter.name
        found.add((place, name))
        if check.skips(place, name):
            continue
        if not is_told(check.checker, context, name, types.get(name)):
            if check.node is not None:
                _report(check, check.node, place, row.facts.name, parameter, types.get(name), context)
        elif key is not None:
            continue
        wrong.add(name)
    return wrong


def _misfits(
    checker: TypeChecker, parameters: tuple[Parameter, ...], types: dict[str, Type], context: Context[Type]
) -> Iterator[tuple[Parameter, Key[Type] | None]]:
    for parameter in parameters:
        key = context.keys.get(parameter.name)
        if key is None:
            if parameter.required and not context.open:
                yield parameter, None
        elif parameter.required and not key.certain:
            yield parameter, key
        elif not is_subtype(checker, key.type, types.get(parameter.name, type_ops.any_type())):
            yield parameter, key


def _report(
    check: Check, node: Node, place: Place, step: str, parameter: Parameter, wanted: Type | None, context: Context[Type]
) -> None:
    checker, name, key = check.checker, parameter.name, context.keys.get(parameter.name)
    condition = place[-1] == CONDITION
    if key is None:
        say = messages.when_missing if condition else messages.missing_key
        say(checker, node, step, name, context)
    elif parameter.required and not key.certain:
        complain = messages.when_maybe_missing if condition else messages.maybe_missing
        complain(checker, node, step, name, key)
    elif wanted is not None:
        code = "stepkit-when" if condition else "stepkit-key-type"
        messages.key_type(checker, node, step, name, wanted, key, code=code)


def _check_flow(
    check: Check,
    row: Row,
    place: Place,
    case: str,
    flow: Instance,
    context: Context[Type],
    found: set[Mistake],
    is_member: bool,
) -> set[str]:
    """The keys that a flow that the row may run is wrong about."""
    problems, wrong = problems_of(check.checker, flow, context)
    new = {name for name in wrong if not check.skips(place, name)}
    found |= {(place, name) for name in wrong}
    texts = [text for name, text in problems.items() if name in new]
    if texts and check.node is not None:
        name = row.facts.name
        kind = f'case "{case}" of branch' if case else "member" if is_member else "nested flow"
        messages.nested_input(check.checker, check.node, f'{kind} "{name}"', flow.type.name, texts)
    return new
