"""Savers of checkpoints that are not typed with their flow's events: what they save is judged where a run gets them.

One whose parameter has the flow's own event type is judged where it reads ``event.checkpoint``.
"""

from __future__ import annotations

from mypy.nodes import ComparisonExpr, Expression, FuncDef, FuncItem, LambdaExpr, MemberExpr, NameExpr, Var
from mypy.types import CallableType, Instance, Type, TypeAliasType, get_proper_type

from ..algebra.table import TABLE
from ..mypy_api import checking, nodes, own_methods, type_aliases, type_ops
from ..mypy_api.checking import TypeChecker
from ..names import CHECKPOINT, STEP_NAME
from ..syntax.callbacks import Search, callback_of


def loose_saver(checker: TypeChecker, call: object) -> Expression | None:
    """The callback that ``run`` or its like is given here, if it saves checkpoints of any flow."""
    callback = callback_of(call)
    if callback is None:
        return None
    own = callback if isinstance(callback, LambdaExpr) else None  # its parameter is given the flow's event
    search = Search(checker, lambda function: function is not own and _saves(function), _takes_all_steps)
    return callback if search.callback(callback) else None


def handed_to_loose_saver(checker: TypeChecker, function: FuncDef) -> Expression | None:
    """Where a flow's own callback saves checkpoints of any flow, or hands its event on to what does."""
    if _saves(function):
        return _read(function)
    return Search(checker, _saves, _takes_all_steps).handed_to(function)


def _saves(function: FuncItem) -> bool:
    return _read(function) is not None and _takes_all_steps(function)


def _read(function: FuncItem) -> MemberExpr | None:
    """Where a function reads the checkpoint of an event that may be of any flow."""
    events = _events(function)
    for each in nodes.references_in(function.body):
        if isinstance(each, MemberExpr) and each.name == CHECKPOINT:
            if isinstance(each.expr, NameExpr) and each.expr.node in events:
                return each
    return None


def _takes_all_steps(function: FuncItem) -> bool:
    """Whether a function does not choose among steps by their names: those that it saves after are not known then."""
    for decision in checking.decisions_in(function):
        operands = decision.operands if isinstance(decision, ComparisonExpr) else [decision.subject]
        if any(isinstance(each, MemberExpr) and each.name == STEP_NAME for each in operands):
            return False
    return True


def _events(function: FuncItem) -> list[Var]:
    """The parameters that an event of any flow may arrive in; that of a flow of its own is known where it is read."""
    type = function.type
    typed = list(map(own_methods.as_written, type.arg_types)) if isinstance(type, CallableType) else []
    given = [
        (argument.variable, typed[place] if place < len(typed) else None)
        for place, argument in enumerate(function.arguments)
        if place or not _has_self(function)
    ]
    if any(_is_event(type) for _, type in given):
        return [variable for variable, type in given if _is_event(type) and not _names_flow(type)]
    return [variable for variable, type in given if type is None or _may_be_event(type)]


def _has_self(function: FuncItem) -> bool:
    return isinstance(function, FuncDef) and bool(function.info) and not function.is_static


def _is_event(type: Type | None) -> bool:
    return type is not None and any(type_ops.is_event(each) for each in type_ops.union_items(type))


def _names_flow(type: Type | None) -> bool:
    for each in [] if type is None else type_ops.union_items(type):
        flow = get_proper_type(each.args[2]) if type_ops.is_event(each) else None
        if not isinstance(flow, Instance) or type_aliases.inherited_alias(flow.type, TABLE) is None:
            return False
    return True


def _may_be_event(type: Type) -> bool:
    proper = get_proper_type(type)
    if isinstance(type, TypeAliasType):  # the events of a flow that is not known yet are Any
        return False
    return type_ops.is_any(proper) or isinstance(proper, Instance) and proper.type.is_protocol
