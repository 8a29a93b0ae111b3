"""What a step, a nested flow or a group is where it is read or called."""

from __future__ import annotations

from mypy.nodes import MemberExpr, SuperExpr
from mypy.plugin import (
    MethodContext,
    MethodSigContext,
)
from mypy.types import CallableType, FunctionLike, NoneType, Type, get_proper_type

from ..mypy_api import type_ops
from .session import Session


def step_read(session: Session, context: MethodContext) -> Type:
    """``Calc().add_one`` and ``super().add_one`` are the plain method; ``Calc.add_one`` is the step."""
    if not isinstance(context.context, (MemberExpr, SuperExpr)):
        return type_ops.any_type()  # an override check: a step may be redefined with other parameters
    owner = context.arg_types[0][0] if context.arg_types and context.arg_types[0] else None
    if owner is None or isinstance(get_proper_type(owner), NoneType):
        return context.type
    return type_ops.first_argument(context.type) or context.default_return_type


def container_read(session: Session, context: MethodContext) -> Type:
    """A nested flow or a group may be anything in a subclass, or None: that is an override check."""
    is_read = isinstance(context.context, (MemberExpr, SuperExpr))
    return context.type if is_read else type_ops.any_type()


def step_called(session: Session, context: MethodSigContext) -> FunctionLike:
    """``Calc.add_one(calc, ...)``: the plain method with the flow before its arguments."""
    method = get_proper_type(type_ops.first_argument(context.type) or context.default_signature)
    return type_ops.unbound(method) if isinstance(method, CallableType) else context.default_signature
