"""Steps of a class that is no flow: what they give stands in their types, for the flows that mix the class in."""

from __future__ import annotations

from dataclasses import replace

from mypy.nodes import Decorator, TypeInfo
from mypy.types import Type

from .. import notes
from ..algebra.encoding import encode_row
from ..algebra.kinds import KINDS
from ..algebra.table import Row
from ..mypy_api import inserting, retyping, type_ops, unannotated
from ..mypy_api.checking import TypeChecker
from ..names import FLOW, STEP
from ..returns.below import look_below, returned_below
from ..syntax.declarations import read_body
from ..syntax.makers import Trees
from .steps import call_type, facts_below, reads_of, step_type


def mixed_in(
    checker: TypeChecker, info: TypeInfo, node: Decorator, decorated: Type | None, trees: Trees
) -> Type | None:
    """A step of a class that is no flow itself: its row stands in its type, for the flows that mix it in."""
    declarations = read_body(info.defn, trees).declarations
    if info.fallback_to_any and declarations and declarations[0].node is node:  # it may be a flow
        notes.unseen_base(checker, info.defn, info.name)
    declaration = next((each for each in declarations if each.node is node), None)
    if declaration is None or info.fullname == FLOW:
        return None
    function = declaration.function
    if function is None or KINDS[declaration.kind].chooses:
        return step_type(checker, declaration, type_ops.any_type())
    declaration.below = look_below(declaration, decorated)
    position = declarations.index(declaration) + 1
    facts = replace(facts_below(checker, declaration, info), position=position, beside=len(declarations))
    reads = reads_of(declaration, function)
    if retyping.gives_unannotated(function) and not inserting.has_no_body(function) and not function.is_generator:
        with unannotated.body_read(checker, function, info):
            result = returned_below(checker, declaration)
            call = call_type(checker, declaration, result)
    else:
        result = returned_below(checker, declaration)
        call = call_type(checker, declaration, result)
    row = Row(facts, reads, result.shape)
    return step_type(checker, declaration, call, encode_row(checker, row))


def unseen(checker: TypeChecker) -> Type:
    """The type of a step that is assigned in such a class: what it gives is not known."""
    return type_ops.named(checker, STEP, [type_ops.any_type(), type_ops.any_type()])
