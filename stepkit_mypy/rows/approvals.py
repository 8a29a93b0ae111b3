"""The rows of approvals: the fields of a decision are keys behind the gate."""

from __future__ import annotations

from dataclasses import replace

from mypy.nodes import Expression
from mypy.types import FunctionLike, Instance, Type, TypedDictType, get_proper_type

from ..algebra.contexts import Context
from ..algebra.table import Row, shape_of
from ..flow_class.work import Work
from ..mypy_api import deferral, inference, type_ops
from ..mypy_api.checking import TypeChecker
from ..returns.dict_calls import fields_of
from ..syntax.declarations import Declaration, facts_of, name_of

NOT_REQUIRED = "a decision need not give it"


def payload_of(declaration: Declaration) -> Expression | None:
    """The type of a decision, as it is written."""
    return declaration.options.get("$1")


def row_of(checker: TypeChecker, work: Work, declaration: Declaration) -> Row | None:
    """The row of an approval; None while its payload was not looked at."""
    payload = payload_of(declaration)
    type = None if payload is None else inference.type_of(checker, payload)
    if type is None and payload is not None and not deferral.is_last_pass(checker):
        return None
    facts = replace(facts_of(declaration, work.info.fullname, checker), names_return=True)
    change = _keys_of(type, name_of(declaration))
    return Row(facts, change=Context(rest=type_ops.any_type()) if change is None else change)


def _keys_of(type: Type | None, name: str) -> Context[Type] | None:
    """The keys that a decision gives, by the type of the class that it is of. None where they cannot be seen."""
    made = get_proper_type(type)
    if isinstance(made, FunctionLike) and made.is_type_obj():
        decision = get_proper_type(made.items[0].ret_type)
        if isinstance(decision, TypedDictType):
            return shape_of(decision, name, NOT_REQUIRED)
        if isinstance(decision, Instance):
            return fields_of(decision)
    return None
