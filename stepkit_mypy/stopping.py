"""Callbacks that may stop a run: its result is then what the context was after any of its steps.

Only functions of the module that is being checked are looked into: those of others have no bodies where they come from
mypy's cache, and a result must not have one type today and another tomorrow.
"""

from __future__ import annotations

from mypy.checker import TypeChecker
from mypy.nodes import (
    CallExpr,
    Decorator,
    Expression,
    FuncDef,
    FuncItem,
    LambdaExpr,
    MemberExpr,
    RefExpr,
    SymbolNode,
    TypeInfo,
)
from mypy.types import Instance, get_proper_type

from . import compat
from .contexts import merged
from .rows import Table
from .walk import Known, start, walk

STOP = "stop_pipeline"
CALLBACK = "on_step_complete"
Seen = frozenset[FuncItem]
"""The functions that are being looked into: they may call each other."""


def call_may_stop(checker: TypeChecker, call: object) -> bool:
    """Whether the callback that ``run`` or its like is given here may stop the run."""
    if not isinstance(call, CallExpr) or CALLBACK not in call.arg_names:
        return False
    return _may_stop(checker, call.args[call.arg_names.index(CALLBACK)])


def class_may_stop(checker: TypeChecker, info: TypeInfo) -> bool:
    """Whether the class has a method of its own that is called after every step and may stop the run."""
    symbol = info.names.get(CALLBACK)
    return symbol is not None and _node_may_stop(checker, symbol.node)


def stopped(table: Table) -> Known:
    """What a run of the flow gives, if it may be stopped after any step."""
    contexts: list[Known] = []
    state = walk(start(table), table.rows, lambda path, row, before, after: contexts.append(after))
    return merged([state.result(compat.join), *contexts], compat.join)


def _may_stop(checker: TypeChecker, callback: Expression, seen: Seen = frozenset()) -> bool:
    if isinstance(callback, LambdaExpr):
        return _body_may_stop(checker, callback, seen)
    if isinstance(callback, CallExpr):  # partial(function, ...)
        return any(_may_stop(checker, each, seen) for each in callback.args)
    return isinstance(callback, RefExpr) and _node_may_stop(checker, _referred(checker, callback), seen)


def _node_may_stop(checker: TypeChecker, node: SymbolNode | None, seen: Seen = frozenset()) -> bool:
    function = node.func if isinstance(node, Decorator) else node
    if not isinstance(function, FuncDef) or not compat.stands_in_module(checker, function.fullname):
        return False
    return _body_may_stop(checker, function, seen)


def _body_may_stop(checker: TypeChecker, function: FuncItem, seen: Seen) -> bool:
    """Whether a function asks for a stop, or hands on what it was given to one of the module that does."""
    if function in seen:
        return False
    if STOP in compat.members_in(function.body):
        return True
    if not compat.hands_on(function):
        return False
    within = seen | {function}
    return any(
        _node_may_stop(checker, _referred(checker, each), within) for each in compat.references_in(function.body)
    )


def _referred(checker: TypeChecker, reference: RefExpr) -> SymbolNode | None:
    if reference.node is not None or not isinstance(reference, MemberExpr):
        return reference.node
    owner = get_proper_type(compat.infer_quietly(checker, reference.expr))  # a method
    symbol = owner.type.get(reference.name) if isinstance(owner, Instance) else None
    return None if symbol is None else symbol.node
