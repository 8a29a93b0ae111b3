"""A step, a nested flow or a group is declared in a class body: its options, and what the decorator gives."""

from __future__ import annotations

from mypy.nodes import CallExpr, Decorator
from mypy.plugin import (
    FunctionContext,
    FunctionSigContext,
    MethodContext,
    MethodSigContext,
)
from mypy.types import CallableType, FunctionLike, Type

from ..algebra.kinds import KINDS
from ..algebra.table import TABLE
from ..checks import fallback_checks, when
from ..mypy_api import checking, type_aliases, type_ops
from ..rows import nested_flow
from ..syntax.declarations import Declaration
from . import containers, mixins, steps, team_decorators
from .publish import finish_if_complete
from .session import Session


def options(session: Session, context: MethodSigContext | FunctionSigContext) -> FunctionLike:
    """A step's options are about to be checked."""
    return _options(session, context, type_ops.without_variables(context.default_signature))


def approval_options(session: Session, context: MethodSigContext | FunctionSigContext) -> FunctionLike:
    """The same for an approval, which is of the type of its payload."""
    return _options(session, context, context.default_signature)


def _options(session: Session, context: MethodSigContext | FunctionSigContext, default: FunctionLike) -> FunctionLike:
    call = context.context
    if not isinstance(call, CallExpr):
        return default
    if not (when.has_condition(call) or fallback_checks.has_lambda(call) or nested_flow.are_made_here(call)):
        return default
    checker = checking.checker_of(context.api)
    work, declaration = session.declared(checker, call)
    if work is None or declaration is None or not isinstance(default, CallableType):
        return default
    signature = nested_flow.signature(checker, work, declaration, default)
    signature = fallback_checks.signature(checker, work, declaration, signature)
    return when.signature(checker, work, declaration, signature)


def decorated(session: Session, context: MethodContext | FunctionContext) -> Type:
    """A step's decorator was applied, or called with its options."""
    node, default = context.context, type_ops.without_any(context.default_return_type)
    checker = checking.checker_of(context.api)
    if isinstance(node, CallExpr):
        info = checking.class_being_checked(checker)
        if info is None or type_aliases.alias_of(info, TABLE) is None:
            assigned = info is not None and type_ops.is_any(default)  # flow.step("name")(function) in a mixin
            return (
                mixins.unseen(checker)
                if assigned
                else team_decorators.kept(checker, node, default, session.works.trees)
            )
        if not when.has_condition(node):
            return default
    decorated = context.arg_types[0][0] if context.arg_types and context.arg_types[0] else None
    work, declaration = session.declared(checker, node)
    if work is None or declaration is None:
        info = checking.class_being_checked(checker)
        if info is not None and isinstance(node, Decorator):
            found = mixins.mixed_in(checker, info, node, decorated, session.works.trees)
            return found or default
        return default
    if not isinstance(node, Decorator):
        when.check(checker, work, declaration)
        return default
    if steps.is_step(decorated):  # the plugin's own decorator, above one that made the step
        return decorated
    if _is_inserted(context, declaration) and declaration.direct:
        return steps.hidden(checker, work, declaration, decorated)
    if declaration.call is None and "when" in declaration.options:
        when.check_behind(checker, work, declaration)
    call = steps.made(session, checker, work, declaration, decorated)
    return steps.step_type(checker, declaration, call or type_ops.any_type())


def declared(session: Session, context: MethodContext | FunctionContext) -> Type:
    """A nested flow or a group was declared."""
    checker = checking.checker_of(context.api)
    work, declaration = session.declared(checker, context.context)
    if work is not None and declaration is not None:
        when.check(checker, work, declaration)
        if KINDS[declaration.kind].nests:
            containers.declared(checker, work, declaration)
        if KINDS[declaration.kind].decides:
            containers.approval_declared(checker, work, declaration)
        if checking.is_silenced(checker):
            finish_if_complete(session, checker, work)
    return type_ops.without_any(context.default_return_type)


def _is_inserted(context: MethodContext | FunctionContext, declaration: Declaration) -> bool:
    """Whether it is the plugin's own decorator that was applied, not one that was written."""
    if not isinstance(context, FunctionContext):
        return False
    called = "step" if "merge" in context.callee_arg_names else "transform"
    return declaration.call is not None or called != declaration.kind
