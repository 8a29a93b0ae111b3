"""No crash leaves the plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mypy.nodes import Context as Node
from mypy.plugin import (
    AnalyzeTypeContext,
    AttributeContext,
    ClassDefContext,
    FunctionSigContext,
    MethodSigContext,
)

from .. import messages
from ..algebra.table import TABLE
from ..codes import CODES
from ..mypy_api import checking, type_aliases, type_ops
from ..mypy_api.checking import TypeChecker
from .session import Session

ContextT = TypeVar("ContextT")
ResultT = TypeVar("ResultT")


def guarded(session: Session, hook: Callable[[Session, ContextT], ResultT]) -> Callable[[ContextT], ResultT]:
    """An unexpected state becomes one error at the class, or else at the place, and the hook's default result."""

    def safe(context: Any) -> Any:
        try:
            return hook(session, context)
        except Exception as error:
            if isinstance(context, (ClassDefContext, AnalyzeTypeContext)):
                place = context.cls if isinstance(context, ClassDefContext) else context.context
                context.api.fail(messages.internal_text(error), place, code=CODES["stepkit-internal"])
            else:
                _report(session, checking.checker_of(context.api), context.context, error)
            return _default(context)

    return safe


def _default(context: Any) -> Any:
    """What a hook gives that has nothing to say."""
    if isinstance(context, ClassDefContext):
        return None
    if isinstance(context, AnalyzeTypeContext):
        return type_ops.any_type()
    if isinstance(context, (FunctionSigContext, MethodSigContext)):
        return context.default_signature
    return context.default_attr_type if isinstance(context, AttributeContext) else context.default_return_type


def _report(session: Session, checker: TypeChecker, node: Node, error: Exception) -> None:
    """Say that something unexpected was met. mypy drops repetitions, so what is said of a class is said once."""
    function = checking.function_being_checked(checker)
    info = checking.class_being_checked(checker) or (function and function.info)
    if not info or type_aliases.alias_of(info, TABLE) is None:
        messages.internal(checker, node, messages.internal_text(error))
        return
    known = session.broken.get(info.fullname)
    if known is None or known[0] is not info:
        known = session.broken[info.fullname] = info, messages.internal_text(error)
    messages.internal(checker, info.defn, known[1])
