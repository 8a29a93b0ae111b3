"""Flows that always stop themselves at a step: in a parallel group, which is run again as a whole, nobody gets past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mypy.nodes import (
    CallExpr,
    ComparisonExpr,
    Expression,
    ExpressionStmt,
    FuncDef,
    IfStmt,
    MatchStmt,
    MemberExpr,
    Statement,
    TypeInfo,
    WithStmt,
)

from .. import messages
from ..algebra.encoding import table_of
from ..algebra.table import TABLE, Table, Watch
from ..flow_class.work import Work
from ..mypy_api import type_aliases
from ..mypy_api.checking import TypeChecker
from ..names import ON_STEP_COMPLETE, STOP_PIPELINE
from ..syntax.declarations import flow_argument
from ..syntax.step_names import values_compared


def always_stops(function: FuncDef) -> bool:
    """Whether a callback stops the run after a step, whatever the context and the flow hold by then."""
    return _stops(function.body.body)


def _stops(statements: Sequence[Statement]) -> bool:
    for statement in statements:
        if isinstance(statement, ExpressionStmt) and isinstance(statement.expr, CallExpr):
            callee = statement.expr.callee
            if isinstance(callee, MemberExpr) and callee.name == STOP_PIPELINE:
                return True
        elif isinstance(statement, IfStmt):
            arms = zip(statement.expr, statement.body, strict=True)
            if any(_asks_for_step(condition) and _stops(block.body) for condition, block in arms):
                return True
        elif isinstance(statement, MatchStmt):
            if values_compared(statement) and any(_stops(block.body) for block in statement.bodies):
                return True
        elif isinstance(statement, WithStmt) and _stops(statement.body.body):
            return True
    return False


def _asks_for_step(condition: Expression) -> bool:
    return isinstance(condition, ComparisonExpr) and bool(values_compared(condition))


def is_gated(info: TypeInfo, watch: Watch | None, inside: Iterable[Table | None]) -> bool:
    """Whether a flow, or one inside it, always stops itself at a step."""
    if any(each is not None and each.gated for each in inside):
        return True
    if watch is not None and (watch.stops or not watch.hands_up) or watch is None and ON_STEP_COMPLETE in info.names:
        return watch is not None and watch.stops
    bases = (table_of(base) for base in info.mro[1:])
    return next((each.gated for each in bases if each is not None), False)


def check_members(checker: TypeChecker, work: Work) -> None:
    """A gate in a member of a parallel group is never passed."""
    for slot in work.slots:
        for member in slot.members:
            declaration, row = member.declaration, member.row
            for flow in () if declaration is None or row is None else row.flows:
                owner = None if flow is None else type_aliases.inherited_alias(flow.type, TABLE)
                table = None if owner is None else table_of(owner[1])
                if declaration is not None and flow is not None and table is not None and table.gated:
                    node = flow_argument(declaration) or declaration.node
                    messages.gate_in_group(checker, node, declaration.attribute, flow.type.name)
