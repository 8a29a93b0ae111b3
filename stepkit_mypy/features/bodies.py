"""The body of a step, or of a class's own callback, begins."""

from __future__ import annotations

from mypy.nodes import MemberExpr
from mypy.plugin import (
    AttributeContext,
)
from mypy.types import NoneType, Type

from ..checks import own_callbacks
from ..mypy_api import checking, inserting
from ..names import ON_STEP_COMPLETE, OWN_CALLBACKS
from . import events, steps
from .session import Session


def entered(session: Session, context: AttributeContext) -> Type:
    """The body of a step, or of a class's own callback, begins."""
    checker = checking.checker_of(context.api)
    function = checking.function_being_checked(checker)
    node = context.context
    if function is None or not isinstance(node, MemberExpr) or inserting.entered_by(function) is not node:
        return context.default_attr_type
    info = function.info
    work = session.works.get(info)
    if work is not None:
        declaration = work.by_node.get(function)
        if declaration is not None:
            steps.enter(checker, work, declaration, node)
        elif function.name in OWN_CALLBACKS:
            own_callbacks.enter(checker, function)
            if function.name == ON_STEP_COMPLETE:
                events.check_own_saver(checker, session.tables, function, node)
    return NoneType()
