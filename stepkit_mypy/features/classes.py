"""A flow class begins, in the semantic phase, and ends."""

from __future__ import annotations

from mypy.plugin import (
    ClassDefContext,
    MethodContext,
)
from mypy.types import Type

from ..mypy_api import checking
from ..semantic import tag_flow
from . import steps
from .publish import finish_if_complete
from .session import Session


def begins(session: Session, context: ClassDefContext) -> None:
    session.tables.generation += 1
    tag_flow(context)


def ends(session: Session, context: MethodContext) -> Type:
    checker = checking.checker_of(context.api)
    info = checking.class_ended(checker, context.context)
    work = None if info is None else session.works.get(info)
    if work is not None:
        work.ended = True
        from ..checks import definitions  # it asks the runtime, which is imported where there is a flow to ask about

        definitions.check(checker, work)
        finish_if_complete(session, checker, work)
        for other in session.works.open():  # flows that waited for this one
            again = session.works.get(other.info) if other.info.module_name == checker.tree.fullname else None
            if again is not None:
                steps.go_on(session, checker, again)
    return context.default_return_type
