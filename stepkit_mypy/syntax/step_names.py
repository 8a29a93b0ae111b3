"""What the name of an event's step is compared with."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import (
    ComparisonExpr,
    Expression,
    ListExpr,
    MatchStmt,
    MemberExpr,
    RefExpr,
    SetExpr,
    StrExpr,
    TupleExpr,
)
from mypy.patterns import AsPattern, OrPattern, Pattern, ValuePattern

from ..mypy_api import inference, type_ops
from ..mypy_api.checking import TypeChecker
from ..names import STEP_NAME


def values_compared(decision: ComparisonExpr | MatchStmt) -> list[Expression]:
    """What a ``step_name`` is compared with; of a container, its items."""
    if isinstance(decision, MatchStmt):
        subject = decision.subject
        is_about = isinstance(subject, MemberExpr) and subject.name == STEP_NAME
        return [each for pattern in decision.patterns for each in values_of(pattern)] if is_about else []
    found: list[Expression] = []
    for left, right in zip(decision.operands, decision.operands[1:], strict=False):
        for one, other in ((left, right), (right, left)):
            if isinstance(one, MemberExpr) and one.name == STEP_NAME:
                found += other.items if isinstance(other, (TupleExpr, ListExpr, SetExpr)) else [other]
    return found


def values_of(pattern: Pattern) -> Iterator[Expression]:
    if isinstance(pattern, ValuePattern):
        yield pattern.expr
    elif isinstance(pattern, OrPattern):
        for each in pattern.patterns:
            yield from values_of(each)
    elif isinstance(pattern, AsPattern) and pattern.pattern is not None:
        yield from values_of(pattern.pattern)


def text_of(checker: TypeChecker, expression: Expression) -> str | None:
    """The text that is compared with, where it is known."""
    if isinstance(expression, StrExpr):
        return expression.value
    return (
        type_ops.known_string(inference.infer_quietly(checker, expression)) if isinstance(expression, RefExpr) else None
    )
