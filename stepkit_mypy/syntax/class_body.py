"""Runs a class body in thought: what stands under conditions may be there or not, or be one thing or another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mypy.nodes import (
    Block,
    ForStmt,
    IfStmt,
    MatchStmt,
    RaiseStmt,
    Statement,
    TryStmt,
    WhileStmt,
    WithStmt,
)

from ..mypy_api import nodes

UNTOUCHED = "untouched"
"""What an attribute is where the class body says nothing of it."""
State = dict[str, tuple[object, ...]]
"""What every attribute may be, in the order in which they come."""
Visit = Callable[[Statement, State], None]


def run(statements: Sequence[Statement], visit: Visit) -> State:
    """The attributes at the end of a class body. ``visit`` writes down what a simple statement sets."""
    return _block(statements, {}, visit)


def _block(statements: Sequence[Statement], state: State, visit: Visit) -> State:
    for statement in statements:
        state = _statement(statement, state, visit)
    return state


def _statement(statement: Statement, state: State, visit: Visit) -> State:
    if isinstance(statement, IfStmt):
        return _either([_block(arm, dict(state), visit) for arm in _arms_of_if(statement)])
    if isinstance(statement, MatchStmt):
        return _either([_block(arm, dict(state), visit) for arm in _arms_of_match(statement)])
    if isinstance(statement, TryStmt):
        return _try(statement, state, visit)
    if isinstance(statement, (ForStmt, WhileStmt)):
        inside = _block(_reached(statement.body), dict(state), visit)
        always = isinstance(statement, WhileStmt) and nodes.is_true(statement.expr)
        state = inside if always else _either([inside, state])
        return _block(_reached(statement.else_body), state, visit)
    if isinstance(statement, WithStmt):
        return _block(_reached(statement.body), state, visit)
    if isinstance(statement, Block):
        return _block(_reached(statement), state, visit)
    visit(statement, state)
    return state


def _reached(block: Block | None) -> Sequence[Statement]:
    return () if block is None or block.is_unreachable else block.body


def _arms_of_if(statement: IfStmt) -> list[Sequence[Statement]]:
    arms: list[Sequence[Statement]] = []
    for condition, block in zip(statement.expr, statement.body, strict=True):
        if block.is_unreachable or nodes.is_false(condition):
            continue
        arms.append(block.body)
        if nodes.is_true(condition):
            return arms
    if statement.else_body is None or not statement.else_body.is_unreachable:
        arms.append(_reached(statement.else_body))
    return arms or [()]


def _arms_of_match(statement: MatchStmt) -> list[Sequence[Statement]]:
    arms: list[Sequence[Statement]] = [block.body for block in statement.bodies if not block.is_unreachable]
    for pattern, guard in zip(statement.patterns, statement.guards, strict=True):
        if guard is None and nodes.matches_all(pattern):
            return arms
    return [*arms, ()]


def _try(statement: TryStmt, state: State, visit: Visit) -> State:
    whole = _block(_reached(statement.body), dict(state), visit)
    ends = [_block(_reached(statement.else_body), dict(whole), visit)]
    for handler in statement.handlers:
        if not handler.body or not isinstance(handler.body[-1], RaiseStmt):  # what failed may have failed anywhere
            ends.append(_block(_reached(handler), _either([whole, state]), visit))
    return _block(_reached(statement.finally_body), _either(ends), visit)


def _either(states: list[State]) -> State:
    """What the attributes may be where one of these states holds."""
    if len(states) == 1:
        return states[0]
    merged: State = {}
    for state in states:
        for attribute in state:
            if attribute not in merged:
                found = [each for other in states for each in other.get(attribute, (UNTOUCHED,))]
                merged[attribute] = tuple(dict.fromkeys(found))
    return merged
