"""The methods of a flow that are called while it runs: whether they will be, and can take what they are given."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import Context as Node
from mypy.nodes import Decorator, FuncDef, TypeInfo
from mypy.types import CallableType, Instance, Type, get_proper_type

from .. import messages
from ..flow_class.bases import events_of_family
from ..flow_class.work import Work
from ..mypy_api import own_methods, type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.formatting import format_type
from ..mypy_api.inference import is_subtype
from ..names import (
    EVENT,
    FLOW,
    ON_PROGRESS,
    ON_STEP_COMPLETE,
    ON_STEP_ERROR,
    ON_STEP_START,
    OWN_CALLBACKS,
    PROGRESS,
    STEP_START,
)

GIVEN = {
    ON_STEP_START: (STEP_START,),
    ON_STEP_COMPLETE: (EVENT,),
    ON_STEP_ERROR: ("builtins.str", "builtins.Exception"),
    ON_PROGRESS: (PROGRESS,),
}
"""What each of them is called with."""


def check(checker: TypeChecker, work: Work) -> None:
    """Called at the end of a class: the names and the parameters of its methods, by the runtime's own rules."""
    from stepkit.callback_methods import name_problem, signature_problem

    for name, node, place in _methods(work):
        said = isinstance(place, FuncDef) and place.is_explicit_override  # mypy says that it overrides nothing
        problem = name_problem(name) if not said else None
        signature = own_methods.signature_of(node) if name in OWN_CALLBACKS else None
        if signature is not None:
            problem = signature_problem(name, signature[0], takes_self=signature[1])
        if problem is not None:
            messages.definition(checker, place, f"{name}: {problem}")


def _methods(work: Work) -> Iterator[tuple[str, object, Node]]:
    """The methods of a class, and of what it mixes in, that are no steps: each with the place to speak of it."""
    known = {base for flow in work.info.mro[1:] if flow.has_base(FLOW) for base in flow.mro}
    for info in work.info.mro:
        if info in known:
            continue
        for name, symbol in info.names.items():
            node = symbol.node
            if not name.startswith("on") or node in work.by_node or not isinstance(node, (FuncDef, Decorator)):
                continue
            if isinstance(node, Decorator) and not isinstance(get_proper_type(node.var.type), CallableType):
                continue
            own = node.func if isinstance(node, Decorator) else node
            yield name, node, own if info is work.info else work.info.defn


def enter(checker: TypeChecker, function: FuncDef) -> None:
    """Called when the body of such a method begins. What it is given must be what its parameters take."""
    from stepkit.callback_methods import signature_problem

    info, signature = function.info, own_methods.signature_of(function)
    if function.name == ON_STEP_COMPLETE:
        own_methods.loosen(function, 1, events_of_family(info, lambda name, args: type_ops.named(checker, name, args)))
    fits = signature is None or not signature_problem(function.name, signature[0], takes_self=signature[1])
    for place, given in enumerate(GIVEN[function.name], 1):
        written = own_methods.written_parameter(function, place)
        if written is None or not function.arguments[place].kind.is_positional():
            return
        parameter = function.arguments[place].variable
        parameter.type = written
        what, problem = type_ops.named(checker, given, []), ""
        if given == EVENT:
            what = what.copy_modified(args=[type_ops.any_type()] * 3)
            problem = _other_flow(info, written)
        if not problem and not is_subtype(checker, what, written):
            type = format_type(checker, written)
            problem = f'its "{parameter.name}" is of type {type}, but it is given any {what.type.name}'
        if problem and fits:
            messages.definition(checker, function, f"{function.name}: {problem}")


def _other_flow(info: TypeInfo, written: Type) -> str:
    """What is to be said of a parameter for the events of other flows only."""
    flows: list[TypeInfo] = []
    for each in type_ops.union_items(written):
        flow = get_proper_type(each.args[2]) if type_ops.is_event(each) else None
        if not isinstance(flow, Instance) or flow.type in info.mro or info in flow.type.mro:
            return ""
        flows.append(flow.type)
    name = flows[0].name if flows else ""
    return (
        f"it is given the events of {info.name}, not those of {name}; annotate it with {info.name}.Event"
        if name
        else ""
    )
