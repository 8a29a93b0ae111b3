"""What each hook does: finds the flow class that is meant, and hands on. No crash leaves the plugin."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any, TypeVar

from mypy.checker import TypeChecker
from mypy.nodes import Decorator, MemberExpr, TypeInfo
from mypy.plugin import (
    AttributeContext,
    ClassDefContext,
    FunctionContext,
    MethodContext,
    MethodSigContext,
)
from mypy.types import FunctionLike, NoneType, Type, get_proper_type

from . import compat, messages, steps
from .finishing import finish_if_complete
from .rows import TABLE
from .tagging import tag_flow
from .working import Work, Works, declaration_at

Result = TypeVar("Result")


def _safe(otherwise: Callable[[Any], Any]) -> Callable[[Callable[[Any, Any], Any]], Callable[[Any, Any], Any]]:
    """An unexpected state becomes one error at the place, and the hook's default result."""

    def wrap(hook: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        @wraps(hook)
        def safe(self: Any, context: Any) -> Any:
            try:
                return hook(self, context)
            except Exception as error:
                if isinstance(context, ClassDefContext):
                    context.api.fail(f"stepkit_mypy met something unexpected here ({error!r})", context.cls)
                else:
                    messages.internal(compat.checker_of(context.api), context.context, error)
                return otherwise(context)

        return safe

    return wrap


_return = _safe(lambda context: context.default_return_type)
_signature = _safe(lambda context: context.default_signature)
_attribute = _safe(lambda context: context.default_attr_type)


class Hooks:
    """The hooks of one plugin object."""

    def __init__(self) -> None:
        self.works = Works()

    @_safe(lambda context: None)
    def tag(self, context: ClassDefContext) -> None:
        tag_flow(context)

    @_attribute
    def entered(self, context: AttributeContext) -> Type:
        """A step's body begins."""
        checker = compat.checker_of(context.api)
        function = compat.function_being_checked(checker)
        node = context.context
        if function is None or not isinstance(node, MemberExpr) or compat.entered_by(function) is not node:
            return context.default_attr_type
        info = function.info
        work = self._work(checker, info)
        if work is not None:
            declaration = work.by_node.get(function)
            if declaration is not None:
                steps.enter(checker, work, declaration, node)
        return context.default_attr_type

    @_return
    def decorated(self, context: MethodContext | FunctionContext) -> Type:
        """A step's decorator was applied."""
        node = context.context
        checker = compat.checker_of(context.api)
        info = compat.class_being_checked(checker)
        if not isinstance(node, Decorator) or info is None:
            return context.default_return_type
        if compat.alias_of(info, TABLE) is None:
            return context.default_return_type
        work = self._work(checker, info)
        declaration = None if work is None else declaration_at(work, node)
        if work is None or declaration is None:
            return context.default_return_type
        decorated = context.arg_types[0][0] if context.arg_types and context.arg_types[0] else None
        call = steps.made(checker, work, declaration, decorated)
        return steps.step_type(checker, context.default_return_type, call or compat.any_type())

    @_return
    def declared(self, context: MethodContext | FunctionContext) -> Type:
        """A nested flow or a group was declared."""
        return context.default_return_type

    @_return
    def class_ends(self, context: MethodContext) -> Type:
        checker = compat.checker_of(context.api)
        info = compat.class_ended(checker)
        work = None if info is None else self._work(checker, info)
        if work is not None and not work.ended:
            work.ended = True
            finish_if_complete(checker, work)
        return context.default_return_type

    @_return
    def step_read(self, context: MethodContext) -> Type:
        """``Calc().add_one`` is the plain method; ``Calc.add_one`` is the step."""
        if not isinstance(context.context, MemberExpr):
            return compat.any_type()  # an override check: a step may be redefined with other parameters
        owner = context.arg_types[0][0] if context.arg_types and context.arg_types[0] else None
        if owner is None or isinstance(get_proper_type(owner), NoneType):
            return context.type
        return compat.first_argument(context.type) or context.default_return_type

    @_signature
    def options(self, context: Any) -> FunctionLike:
        return context.default_signature  # type: ignore[no-any-return]

    @_signature
    def run_signature(self, context: MethodSigContext) -> FunctionLike:
        return context.default_signature

    @_return
    def ran(self, context: MethodContext) -> Type:
        return context.default_return_type

    @_attribute
    def event_context(self, context: AttributeContext) -> Type:
        return context.default_attr_type

    def _work(self, checker: TypeChecker, info: TypeInfo) -> Work | None:
        return self.works.get(checker, info)


@cache
def config_data() -> dict[str, str]:
    """What a cache depends on: the plugin's own sources, as mypy looks at its first module only."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return {"stepkit_mypy": digest.hexdigest()}


