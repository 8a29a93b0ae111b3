"""Reads of an event's context: ``event.context["key"]`` where not every event has the key, and nothing asks which."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import (
    CallExpr,
    ComparisonExpr,
    Expression,
    IndexExpr,
    MatchStmt,
    MemberExpr,
    RefExpr,
    StrExpr,
    TupleExpr,
)
from mypy.nodes import Context as Node
from mypy.patterns import AsPattern, OrPattern, Pattern, ValuePattern
from mypy.types import TupleType, get_proper_type

from ..caching import Kept
from ..mypy_api import checking, inference, type_ops
from ..mypy_api.checking import TypeChecker
from ..names import STEP_NAME
from ..syntax.step_names import text_of


class EventReads:
    """The keys that the function being checked reads of events' contexts by their names."""

    def __init__(self) -> None:
        self._found: Kept[set[Expression]] = Kept()

    def needs_key(self, checker: TypeChecker, node: Node) -> bool:
        """Whether a key of this context is read as one that every event has.

        Where the function looks at an event's name in a way by which mypy does not narrow the event, nobody can tell.
        """
        root = checking.body_being_checked(checker)
        found = self._found.answer(
            (root,),
            lambda: _keyed(checker, checking.expressions_in(root), checking.decisions_in(root)),
            meanwhile=set(),  # what a name is compared with may be in a context itself
        )
        return node in found


def _keyed(
    checker: TypeChecker, expressions: list[Expression], decisions: list[ComparisonExpr | MatchStmt]
) -> set[Expression]:
    names = {each for each in expressions if _is_name(each)}
    for each in decisions:
        names.difference_update(_narrowed_by(checker, each))
    for call in expressions:
        if isinstance(call, CallExpr) and _only_shows(call.callee):
            names.difference_update(call.args)
    return set() if names else {each.base for each in expressions if isinstance(each, IndexExpr)}


def _is_name(expression: Expression) -> bool:
    return isinstance(expression, MemberExpr) and expression.name == STEP_NAME


def _narrowed_by(checker: TypeChecker, decision: ComparisonExpr | MatchStmt) -> Iterator[Expression]:
    """The names of events that are looked at in a decision by which mypy narrows the event."""
    if isinstance(decision, MatchStmt):
        if all(map(_is_plain, decision.patterns)):
            yield decision.subject
        return
    pairs = zip(decision.operands, decision.operands[1:], decision.operators, strict=False)
    for left, right, operator in pairs:
        if operator in ("==", "!="):
            for name, other in ((left, right), (right, left)):
                if _is_name(name) and text_of(checker, other) is not None:
                    yield name
        elif operator in ("in", "not in") and _is_name(left) and _is_tuple_of_texts(checker, right):
            yield left


def _is_plain(pattern: Pattern) -> bool:
    """Whether a pattern is of values only, and binds nothing."""
    if isinstance(pattern, OrPattern):
        return all(map(_is_plain, pattern.patterns))
    if isinstance(pattern, AsPattern):
        return pattern.name is None and (pattern.pattern is None or _is_plain(pattern.pattern))
    return isinstance(pattern, ValuePattern)


def _is_tuple_of_texts(checker: TypeChecker, expression: Expression) -> bool:
    if isinstance(expression, TupleExpr):
        return all(text_of(checker, item) is not None for item in expression.items)
    type = get_proper_type(inference.infer_quietly(checker, expression)) if isinstance(expression, RefExpr) else None
    return isinstance(type, TupleType) and all(type_ops.known_string(item) is not None for item in type.items)


def _only_shows(callee: Expression) -> bool:
    """Whether a call is ``print``, or what an f-string is made of."""
    if isinstance(callee, RefExpr) and callee.fullname == "builtins.print":
        return True
    return isinstance(callee, MemberExpr) and isinstance(callee.expr, StrExpr)
