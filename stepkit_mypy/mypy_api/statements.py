"""mypy's statements, patterns and names: what a walk along the ways through a function asks of them."""

from __future__ import annotations

from mypy.nodes import (
    LDEF,
    Block,
    Expression,
    ForStmt,
    IfStmt,
    IntExpr,
    MatchStmt,
    NameExpr,
    Node,
    Statement,
    TryStmt,
    WhileStmt,
    WithStmt,
)
from mypy.patterns import AsPattern, OrPattern, Pattern
from mypy.traverser import NameAndMemberCollector


def blocks_of(statement: Statement) -> list[Block]:
    """The blocks of a statement, not those of functions and classes."""
    blocks: list[Block | None] = []
    if isinstance(statement, Block):
        blocks = [statement]
    elif isinstance(statement, (IfStmt, MatchStmt)):
        blocks = [*(statement.body if isinstance(statement, IfStmt) else statement.bodies)]
        blocks += [statement.else_body] if isinstance(statement, IfStmt) else []
    elif isinstance(statement, (WhileStmt, ForStmt)):
        blocks = [statement.body, statement.else_body]
    elif isinstance(statement, WithStmt):
        blocks = [statement.body]
    elif isinstance(statement, TryStmt):
        blocks = [statement.body, *statement.handlers, statement.else_body, statement.finally_body]
    return [block for block in blocks if block is not None]


def names_in(node: Node | None) -> list[NameExpr]:
    """All names that stand in a node, also those in functions inside it."""
    if node is None:
        return []
    collector = NameAndMemberCollector()
    node.accept(collector)
    return collector.name_exprs


def is_local(name: NameExpr) -> bool:
    return name.kind == LDEF


def is_true(condition: Expression) -> bool:
    """Whether a condition is written to be always true."""
    if isinstance(condition, IntExpr):
        return condition.value != 0
    return isinstance(condition, NameExpr) and condition.fullname == "builtins.True"


def is_false(condition: Expression) -> bool:
    """Whether a condition is written to be always false."""
    if isinstance(condition, IntExpr):
        return condition.value == 0
    return isinstance(condition, NameExpr) and condition.fullname == "builtins.False"


def matches_all(pattern: Pattern) -> bool:
    """Whether a pattern matches whatever there is: ``case _``, or ``case name``."""
    if isinstance(pattern, OrPattern):
        return any(matches_all(each) for each in pattern.patterns)
    return isinstance(pattern, AsPattern) and (pattern.pattern is None or matches_all(pattern.pattern))
