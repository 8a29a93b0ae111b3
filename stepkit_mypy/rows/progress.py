"""How far the rows of a class are known, and the contexts before them. Containers are looked at when asked for."""

from __future__ import annotations

from dataclasses import replace

from mypy.nodes import Expression, RefExpr
from mypy.types import Type

from ..algebra.arms import one_of
from ..algebra.contexts import Context, State
from ..algebra.encoding import is_ready
from ..algebra.interpreter import advance
from ..algebra.kinds import KINDS
from ..algebra.table import Row
from ..flow_class.work import Slot, Work
from ..mypy_api import deferral, inference, nodes, type_ops
from ..mypy_api.checking import TypeChecker
from ..syntax.declarations import Declaration, facts_of, flow_argument
from . import approvals, assigned
from .fallbacks import overridden, with_fallback
from .nested_flow import flows_of


def resolve(checker: TypeChecker, work: Work, slot: Slot) -> Row | None:
    """The row of a nested flow or a group. None while something in it is not known yet."""
    declaration = slot.declaration
    if slot.arms:
        rows = _rows(checker, work, slot.arms)
        return one_of(rows, slot.attribute, conditional=slot.conditional) if rows else None
    if slot.inherited_group is not None:
        rows = _rows(checker, work, slot.members)
        return None if rows is None else overridden(checker, work, replace(slot.inherited_group, members=rows))
    if declaration is None:
        return slot.row if slot.inherited is None else overridden(checker, work, slot.inherited)
    if declaration.made_of is not None or not declaration.understood:
        return assigned.row_of(checker, work, declaration)
    definer = work.info.fullname
    last = deferral.is_last_pass(checker)
    if KINDS[declaration.kind].has_members:
        rows = _rows(checker, work, slot.members)
        if rows is None:
            return None
        row = with_fallback(checker, work, declaration, Row(facts_of(declaration, definer, checker), members=rows))
        return row.with_wrong(work.wrong_conditions.get(declaration.key, ()))
    if KINDS[declaration.kind].decides:
        return approvals.row_of(checker, work, declaration)
    if KINDS[declaration.kind].nests:
        argument = flow_argument(declaration)
        type = None if argument is None else type_of_flow(checker, declaration, argument)
        if type is None and argument is not None and not last:
            return None
        flows = (None,) if argument is None else flows_of(checker, argument)
        if not last and any(flow is not None and is_ready(flow.type, work.info) is False for flow in flows):
            return None
        return with_fallback(checker, work, declaration, Row(facts_of(declaration, definer, checker), flows=flows))
    if nodes.is_never_checked(declaration.node):
        return Row(facts_of(declaration, definer, checker), change=Context(rest=type_ops.any_type()))
    return slot.row


def type_of_flow(checker: TypeChecker, declaration: Declaration, expression: Expression) -> Type | None:
    """The type of a flow or a case. What stands in a team's own function may not have been checked yet."""
    found = inference.type_of(checker, expression)
    if found is None and not declaration.direct and isinstance(expression, RefExpr) and expression.node is not None:
        return inference.infer_quietly(checker, expression)
    return found


def _rows(checker: TypeChecker, work: Work, slots: list[Slot]) -> tuple[Row, ...] | None:
    for slot in slots:
        if slot.row is None:
            slot.row = resolve(checker, work, slot)
    found = tuple(slot.row for slot in slots if slot.row is not None)
    return None if len(found) < len(slots) and not deferral.is_last_pass(checker) else found


def state_at(checker: TypeChecker, work: Work, position: int) -> State[Type] | None:
    """The state before the row at this position; None while a row before it is not known."""
    if work.waits:
        return None
    if not work.states:
        work.states.append(State(work.input))
    while len(work.states) <= position:
        slot = work.slots[len(work.states) - 1]
        if slot.row is None:
            slot.row = resolve(checker, work, slot)
        if slot.row is None:
            return None
        work.states.append(advance(work.states[-1], slot.row))
    return work.states[position]


def state_before(checker: TypeChecker, work: Work, attribute: str) -> State[Type] | None:
    """The state before the row that the attribute belongs to."""
    return state_at(checker, work, work.positions[attribute])


def context_before(checker: TypeChecker, work: Work, attribute: str, *, condition: bool = True) -> Context[Type] | None:
    """The context that a row is judged by."""
    state_before(checker, work, attribute)
    return work.context_before(attribute, condition=condition)


def is_complete(checker: TypeChecker, work: Work) -> bool:
    return state_at(checker, work, len(work.slots)) is not None
