"""The types of expressions, as mypy infers them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mypy import subtypes
from mypy.checker import TypeChecker
from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    ARG_STAR,
    CallExpr,
    ConditionalExpr,
    Expression,
    FuncDef,
)
from mypy.plugin import MethodContext
from mypy.plugins import functools
from mypy.types import (
    CallableType,
    Instance,
    LiteralType,
    Type,
    UninhabitedType,
    UnionType,
    get_proper_type,
)

from .type_ops import awaited


def type_of(checker: TypeChecker, expression: Expression) -> Type | None:
    """The type that mypy found for an expression; None where it was not reached."""
    return checker.lookup_type(expression) if checker.has_type(expression) else None


def never_returns(checker: TypeChecker, expression: Expression) -> bool:
    """Whether nothing behind an expression is reached."""
    return isinstance(get_proper_type(type_of(checker, expression)), UninhabitedType)


def may_swallow(checker: TypeChecker, manager: Expression, is_async: bool) -> bool:
    """Whether a context manager may end an exception, so that what follows its block is reached."""
    owner = get_proper_type(type_of(checker, manager))
    symbol = owner.type.get("__aexit__" if is_async else "__exit__") if isinstance(owner, Instance) else None
    type = None if symbol is None else get_proper_type(symbol.type)
    if not isinstance(type, CallableType):
        return False
    result = get_proper_type(awaited(type.ret_type))
    if isinstance(result, LiteralType):
        return result.value is True
    return isinstance(result, Instance) and result.type.fullname == "builtins.bool"


def parameter_for(checker: TypeChecker, call: CallExpr, place: int) -> Type | None:
    """The type of the parameter that an argument of a call is for; None where it is not easily told."""
    type, kind = get_proper_type(type_of(checker, call.callee)), call.arg_kinds[place]
    if not isinstance(type, CallableType) or ARG_STAR in call.arg_kinds[: place + 1]:
        return None
    if kind == ARG_POS and place < len(type.arg_kinds) and type.arg_kinds[place].is_positional():
        return type.arg_types[place]
    name = call.arg_names[place]
    if kind == ARG_NAMED and name in type.arg_names:
        return type.arg_types[type.arg_names.index(name)]
    return None


def infer_quietly(checker: TypeChecker, expression: Expression) -> Type:
    with checker.msg.filter_errors():
        return checker.expr_checker.accept(expression)


def infer_with_context(checker: TypeChecker, expression: Expression, context: Type) -> Type:
    """The type of an expression where one of this type is wanted.

    With the type wanted, mypy says that ``[1]`` is a ``list[str]``, and blames its item. Then it is what it is alone.
    """
    with checker.msg.filter_errors() as errors, checker.local_type_map:
        found = checker.expr_checker.accept(expression, context)
        if not errors.has_new_errors():
            return found
    with checker.msg.filter_errors() as errors, checker.local_type_map:
        alone = checker.expr_checker.accept(expression)
        return found if errors.has_new_errors() else alone


def widen(checker: TypeChecker, expression: Expression, type: Type) -> None:
    """Have an expression that was narrowed further above be perhaps of this type, too."""
    narrowed = checker.binder.get(expression)
    if narrowed is not None:
        checker.binder.put(expression, UnionType.make_union([narrowed, type]))


@contextmanager
def told_at_once(checker: TypeChecker) -> Iterator[None]:
    """Inside a class pattern, mypy takes every error for its own "no such attribute"; not what is said in here."""
    watchers = checker.errors._watchers
    last = watchers.pop() if watchers else None
    try:
        yield
    finally:
        if last is not None:
            watchers.append(last)


def infer_in_function(checker: TypeChecker, function: FuncDef, expression: Expression, context: Type) -> Type:
    """The type of an expression of a function's body where one of this type is wanted, after the body was checked."""
    with checker.scope.push_function(function), checker.tscope.function_scope(function):
        return infer_with_context(checker, expression, context)


def alternatives_of(checker: TypeChecker, expression: Expression) -> Iterator[tuple[Type, Expression]]:
    """The types of an expression's branches, where each stands."""
    if isinstance(expression, ConditionalExpr):
        yield from alternatives_of(checker, expression.if_expr)
        yield from alternatives_of(checker, expression.else_expr)
        return
    found = type_of(checker, expression)
    if found is not None:
        yield found, expression


def partial_called(context: MethodContext) -> Type:
    """What mypy says that a call of a ``functools.partial`` gives; a plugin's hook for it takes the place of mypy's."""
    return functools.partial_call_callback(context)


def is_subtype(checker: TypeChecker, left: Type, right: Type) -> bool:
    return subtypes.is_subtype(left, right, options=checker.options)
