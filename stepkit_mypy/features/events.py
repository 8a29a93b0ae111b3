"""What an event holds: the context after its step, and whether that can be saved."""

from __future__ import annotations

from mypy.nodes import Context as Node
from mypy.nodes import FuncDef, TypeInfo
from mypy.plugin import AttributeContext
from mypy.types import Instance, Type, get_proper_type

from .. import messages
from ..algebra.contexts import Context, Key, merged
from ..algebra.encoding import as_type, is_ready
from ..checks.savers import handed_to_loose_saver, loose_saver
from ..mypy_api import checking, deferral, type_aliases, type_ops
from ..mypy_api.checking import TypeChecker
from ..savable import Judge, Problem
from .flow_views import Tables, depend_on
from .session import Session


def context_read(session: Session, context: AttributeContext) -> Type:
    checker = checking.checker_of(context.api)
    node, keyed = context.context, session.event_reads.needs_key(checker, context.context)
    keyed = keyed and session.comparisons.narrow(checker)
    found = _context(checker, session.tables, context.type, node, keyed=keyed)
    return found or context.default_attr_type


def step_name_read(session: Session, context: AttributeContext) -> Type:
    checker = checking.checker_of(context.api)
    return session.comparisons.step_name(
        checker, session.tables, context.type, context.context, context.default_attr_type
    )


def checkpoint_read(session: Session, context: AttributeContext) -> Type:
    check_savable(checking.checker_of(context.api), session.tables, context.type, context.context)
    return context.default_attr_type


def _contexts_of(checker: TypeChecker, tables: Tables, event: Type, node: Node) -> list[tuple[TypeInfo, Context[Type]]]:
    """The flow and the context of every event that an expression of this type may be. Empty where unknown."""
    contexts: list[tuple[TypeInfo, Context[Type]]] = []
    known: dict[TypeInfo, dict[str, Context[Type]]] = {}
    for item in type_ops.union_items(event):
        flow = get_proper_type(item.args[2]) if isinstance(item, Instance) and len(item.args) == 3 else None
        if not isinstance(item, Instance) or not isinstance(flow, Instance):
            return []
        if flow.type not in known:
            depend_on(checker, flow.type)
            found = tables.after(flow.type)
            if found is None:
                deferral.defer(checker, node)
                return []
            known[flow.type] = found
        after, names = known[flow.type], type_ops.literal_values(item.args[0])
        contexts += [(flow.type, after[name]) for name in names if name in after]
        if not names:
            contexts.append((flow.type, tables.after_any(flow.type)))
    return contexts


def _context(checker: TypeChecker, tables: Tables, event: Type, node: Node, *, keyed: bool) -> Type | None:
    """What ``event.context`` holds: the context after the very step that the event tells of. None where unknown.

    Of several events, it has the keys of all, each certain where all have it. ``keyed``: a key of it is read as if it
    was there, so one that an event never has is left out.
    mypy asks once for each item of a union, always about the whole: the answer is kept until something else is asked.
    """
    question = _question(tables, event, node)
    return tables.contexts.answer(question, lambda: _event_context(checker, tables, event, node, keyed=keyed))


def _question(tables: Tables, event: Type, node: Node) -> tuple[object, ...]:
    """What the answer about an event depends on: the place, the union as it is narrowed there, the flows' tables."""
    return (node, *type_ops.outline(event), tables.generation)


def _event_context(checker: TypeChecker, tables: Tables, event: Type, node: Node, *, keyed: bool) -> Type | None:
    contexts = [context for _, context in _contexts_of(checker, tables, event, node)]
    if not contexts:
        return None
    context = merged(contexts, type_ops.join)
    if keyed and not any(map(_has_no_name, type_ops.union_items(event))):
        everywhere = {name for name in context.keys if all(name in each.keys for each in contexts)}
        context = Context({name: key for name, key in context.keys.items() if name in everywhere}, context.rest)
    return as_type(checker, context)


def _has_no_name(event: Type) -> bool:
    """Whether the name of the event's step is not known: then mypy narrows none of the others by a comparison."""
    proper = get_proper_type(event)
    return isinstance(proper, Instance) and not type_ops.literal_values(proper.args[0])


def check_savable(checker: TypeChecker, tables: Tables, event: Type, node: Node) -> None:
    """Where a checkpoint is read, no key that the context may have then is of an unsavable type.

    What was found is said each time that mypy asks: it asks while it tries things out, too, and drops repetitions.
    """
    question = _question(tables, event, node)
    found = tables.unsavable.answer(question, lambda: _unsavable(checker, tables, event, node))
    for name, (key, flow, problem) in found.items():
        messages.unsavable(checker, node, name, key, flow, problem)


def _unsavable(
    checker: TypeChecker, tables: Tables, event: Type, node: Node
) -> dict[str, tuple[Key[Type], str, Problem]]:
    """The keys that cannot be saved where an event's checkpoint is read."""
    found: dict[str, tuple[Key[Type], str, Problem]] = {}
    seen: set[Key[Type]] = set()  # most contexts hold the keys of the one before
    judges: dict[TypeInfo, Judge | None] = {}
    for info, context in _contexts_of(checker, tables, event, node):
        if info not in judges:
            judges[info] = tables.judge(info)
        judge = judges[info]
        if judge is None:
            continue
        for name, key, problem in judge.problems(context.keys, seen, found):
            found[name] = key, info.name, problem
    for judge in judges.values():
        for cls in judge.classes if judge is not None else ():
            # A module is checked whole after an edit. In its own, a dataclass changes with each check of a function:
            # mypy's plugin for them adds its methods once more, and the daemon would never end.
            if cls.module_name != checker.tree.fullname:
                deferral.add_dependency(checker, f"{cls.fullname}[wildcard]")
    return found


def check_saver(checker: TypeChecker, tables: Tables, instance: Instance, call: Node) -> None:
    """Where a run is given a callback that saves checkpoints of any flow, all steps of this one can be saved."""
    place = loose_saver(checker, call) if is_ready(instance.type) else None
    events = type_aliases.alias_target(instance, "Event")
    if place is not None and events is not None:
        check_savable(checker, tables, events, place)


def check_own_saver(checker: TypeChecker, tables: Tables, function: FuncDef, node: Node) -> None:
    """The same for a flow's own callback, which is called after all of its steps."""
    ready, flow = is_ready(function.info), type_ops.this_instance(function.info)
    if ready is None or not isinstance(flow, Instance):
        return
    if not ready:
        deferral.defer(checker, node)
        return
    place, events = handed_to_loose_saver(checker, function), type_aliases.alias_target(flow, "Event")
    if place is not None and events is not None:
        check_savable(checker, tables, events, place)
