"""What later steps ask a key to be: a value with no annotation of its own is judged against that.

``[Circle()]`` is a ``list[Circle]`` by itself, and no ``list[Shape]``; where all that read it ask for that, it is one,
as it would be in a variable with that annotation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mypy.nodes import CallExpr, DictExpr, Expression, FuncDef, LambdaExpr, RefExpr, TypeInfo
from mypy.types import CallableType, Type

from .. import messages
from ..algebra.contexts import Key
from ..algebra.kinds import KINDS
from ..flow_class.bases import input_of
from ..flow_class.work import Reading, Slot, Work
from ..mypy_api import deferral, nodes, retyping, type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..names import FLOW
from ..returns.below import returned_below
from ..returns.returned import Returned
from ..syntax.declarations import Declaration, flow_argument, name_of


def judged(checker: TypeChecker, work: Work, declaration: Declaration) -> Returned:
    """What a step gives, its values inferred for those that read them where they agree and the values fit."""
    result = returned_below(checker, declaration)
    if not _may_be_judged(declaration):
        return result
    wanted: dict[str, Type] = {}
    for name, key in result.shape.keys.items():
        type = agreed(checker, work, declaration.attribute, name, key.type)
        if type is not None:
            wanted[name] = type
    fitting = _fitting(checker, declaration, wanted)
    return returned_below(checker, declaration, fitting) if fitting else result


def _may_be_judged(declaration: Declaration) -> bool:
    """Whether it is the values in the body that say what the step gives."""
    function, below = declaration.function, declaration.below
    return function is not None and retyping.returns_inferred(function) and (below is None or below.gives is None)


def cure(checker: TypeChecker, work: Work, name: str, wanted: Type, key: Key[Type]) -> str:
    """What can be done where a reader asks for a type that the value is not, but would be if it were annotated."""
    for slot in (each for outer in work.slots for each in (outer, *outer.members)):
        giver = slot.declaration
        if giver is None or slot.row is None or slot.row.facts.name != key.giver.rpartition("/")[2]:
            continue
        instead = None if slot.row.fallback is None else slot.row.fallback.keys.get(name)
        if instead is not None and not is_subtype(checker, instead.type, wanted):
            return messages.given_by_fallback(checker, name, instead.type)
        if not _may_be_judged(giver) or not _fitting(checker, giver, {name: wanted}):
            return ""
        for reading in _readings_after(checker, work, giver.attribute, name):
            type = reading.type()
            if type is not None and not is_subtype(checker, wanted, type):
                return messages.disagree(checker, reading.step, type)
        return messages.annotate(checker, name, wanted, key.giver)
    return ""


def agreed(checker: TypeChecker, work: Work, attribute: str, name: str, given: Type) -> Type | None:
    """The type that all readers of a key ask for; None where they differ, or accept what they are given."""
    readings = _readings_after(checker, work, attribute, name)
    asked = [type for type in (each.type() for each in readings) if type is not None]
    refused = [type for type in asked if not is_subtype(checker, given, type)]
    for type in refused:
        if all(is_subtype(checker, type, other) for other in asked):
            return type
    return None


def _fitting(checker: TypeChecker, declaration: Declaration, wanted: dict[str, Type]) -> dict[str, Type]:
    """Of the types that are asked for, those that the values are."""
    if not wanted:
        return {}
    keys = returned_below(checker, declaration, wanted).shape.keys
    return {name: type for name, type in wanted.items() if name in keys and is_subtype(checker, keys[name].type, type)}


def _readings_after(checker: TypeChecker, work: Work, attribute: str, name: str) -> list[Reading]:
    """Who reads a key that a step gives, up to the step that gives it anew."""
    if work.readings is None:
        work.readings = {}
        for position, slot in enumerate(work.slots):
            for each in (slot, *slot.members):
                for reading in _readings(each, position):
                    work.readings.setdefault(reading.name, []).append(reading)
    found = work.readings.get(name, [])
    start = work.positions[attribute]
    after = [reading for reading in found if reading.position > start]
    if not after:
        return []
    end = next(
        (start + 1 + n for n, slot in enumerate(work.slots[start + 1 :]) if _gives_anew(slot, name)), len(work.slots)
    )
    readings = [reading for reading in after if reading.position <= end]
    for reading in readings:  # another annotation there is another type here
        deferral.add_dependency(checker, f"{work.info.fullname}.{work.slots[reading.position].attribute}")
    return readings


def _gives_anew(slot: Slot, name: str) -> bool:
    if slot.declaration is None:
        return slot.row is not None and (KINDS[slot.row.facts.kind].replaces or name in slot.row.change.keys)
    function = slot.declaration.function
    return function is not None and (KINDS[slot.declaration.kind].replaces or name in nodes.displayed_keys(function))


def _readings(slot: Slot, position: int) -> Iterator[Reading]:
    declaration = slot.declaration
    if declaration is None:
        yield from _inherited(slot, position)
        return
    step = name_of(declaration)
    function = declaration.function
    if function is not None:
        inferred = retyping.inferred_places(function)
        for place, argument in enumerate(function.arguments):
            if place > 0 and place not in inferred and not argument.kind.is_star() and not argument.pos_only:
                yield Reading(argument.variable.name, position, step, _annotation(function, place))
    for expression in _flows(declaration):
        info = _class_of(expression)
        if info is not None and not info.type_vars:
            for name, key in input_of(info).keys.items():
                yield Reading(name, position, step, _always(key.type))


def _inherited(slot: Slot, position: int) -> Iterator[Reading]:
    if slot.row is None:
        return
    facts = slot.row.facts
    for parameter in facts.parameters:
        if parameter.annotated and parameter.name in slot.row.reads:
            yield Reading(parameter.name, position, facts.name, _always(slot.row.reads[parameter.name]))
    for flow in slot.row.flows:
        if flow is not None:
            for name, key in input_of(flow.type).keys.items():
                yield Reading(name, position, facts.name, _always(type_ops.for_instance(flow, key.type)))


def _annotation(function: FuncDef, place: int) -> Callable[[], Type | None]:
    return lambda: function.type.arg_types[place] if isinstance(function.type, CallableType) else None


def _always(type: Type) -> Callable[[], Type | None]:
    return lambda: type


def _flows(declaration: Declaration) -> list[Expression]:
    """The nested flows that a declaration names."""
    if KINDS[declaration.kind].nests:
        flow = flow_argument(declaration)
        return [] if flow is None else [flow]
    cases = declaration.options.get("cases")
    return [case for _, case in cases.items] if isinstance(cases, DictExpr) else []


def _class_of(expression: Expression) -> TypeInfo | None:
    """The class that a nested flow is written as; None where its type has to be found first."""
    if isinstance(expression, LambdaExpr):
        expression = expression.expr()
    if isinstance(expression, CallExpr):
        expression = expression.callee
    info = expression.node if isinstance(expression, RefExpr) else None
    return info if isinstance(info, TypeInfo) and info.has_base(FLOW) else None
