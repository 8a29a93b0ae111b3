"""Calls that make a dict of something whose keys are known."""

from __future__ import annotations

from mypy.checker import TypeChecker
from mypy.nodes import ARG_POS, CallExpr, Expression, MemberExpr, RefExpr
from mypy.types import Instance, Type, TypedDictType

from .. import mypy_api

DICT_CLASSES = {"builtins.dict", "collections.OrderedDict", "typing.OrderedDict"}
COPIES = {"copy.copy", "copy.deepcopy"}


def called(call: CallExpr) -> str:
    """The full name of what is called; empty where it has none."""
    return call.callee.fullname if isinstance(call.callee, RefExpr) else ""


def is_dict_call(call: CallExpr) -> bool:
    return called(call) in DICT_CLASSES


def copied(checker: TypeChecker, call: CallExpr) -> Expression | None:
    """What a call makes a copy of: ``copy.copy(data)``, ``data.copy()``."""
    if called(call) in COPIES and call.arg_kinds == [ARG_POS]:
        return call.args[0]
    callee = call.callee
    if isinstance(callee, MemberExpr) and callee.name == "copy" and not call.args:
        type = mypy_api.type_of(checker, callee.expr)
        if type is not None and is_dict(type):
            return callee.expr
    return None


def is_dict(type: Type) -> bool:
    """Whether values of a type are plain dicts."""
    return all(
        isinstance(item, TypedDictType) or isinstance(item, Instance) and item.type.fullname in DICT_CLASSES
        for item in mypy_api.union_items(type)
    )
