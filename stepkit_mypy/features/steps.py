"""A step: its parameters are bound before its body is checked, and judged with what it gives afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from mypy.nodes import Context as Node
from mypy.nodes import Decorator, FuncDef, TypeInfo
from mypy.types import CallableType, NoneType, Type, get_proper_type

from .. import messages, notes
from ..algebra.contexts import Context, State, collisions
from ..algebra.encoding import encode_row
from ..algebra.kinds import KINDS
from ..algebra.table import Facts, Row
from ..checks.nested_inputs import telling_once
from ..flow_class.work import Work
from ..mypy_api import checking, contextless, deferral, inserting, nodes, retyping, type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..names import BRANCH, STEP
from ..returns.below import look_below, what_is_unknown
from ..returns.returned import Returned
from ..rows.fallbacks import with_fallback
from ..rows.parameters import is_told, parameter_type
from ..rows.progress import context_before, state_before
from ..rows.readers import cure, judged
from ..syntax.declarations import Declaration, facts_of, name_of
from . import containers
from .publish import finish_if_complete
from .session import Session


def enter(checker: TypeChecker, work: Work, declaration: Declaration, node: object) -> None:
    """Called first in a step's body: bind the parameters that have no annotation."""
    function = declaration.function
    assert function is not None
    state = state_before(checker, work, declaration.key)
    if state is None:
        if deferral.defer(checker, node):
            return
        context: Context[Type] = Context(rest=type_ops.any_type())
    else:
        context = state.context
    for place in sorted(retyping.inferred_places(function)):
        argument = function.arguments[place]
        checking.bind_parameter(function, place, parameter_type(checker, argument, context))


def made(
    session: Session, checker: TypeChecker, work: Work, declaration: Declaration, decorated: Type | None
) -> Type | None:
    """Called when a step's decorator is: judge the step and note its row. The type of the plain method."""
    node, function = declaration.node, declaration.function
    assert isinstance(node, Decorator) and function is not None
    info = work.info
    if retyping.returns_inferred(function) or retyping.inferred_places(function):
        if deferral.was_deferred(checker, node, info) and not deferral.is_last_pass(checker):
            return None
        checking.forgive_returned_any(checker, function)
        contextless.forget_tuples(checker)
    state = state_before(checker, work, declaration.key)
    if state is None and deferral.is_last_pass(checker):
        state = _last_state_before(checker, work, declaration)
        if state is not None and retyping.inferred_places(function):  # its body was checked as if nothing was known
            deferral.check_now(checker, node, info)
    elif state is None:
        if deferral.defer_decorator(checker, node, info):
            return None
    declaration.below = look_below(declaration, decorated)
    if KINDS[declaration.kind].chooses:
        return _branch_made(session, checker, work, declaration, function, state)
    result = judged(checker, work, declaration)
    facts = replace(facts_below(checker, declaration, info), never=result.never)
    row = Row(facts, reads_of(declaration, function), result.shape)
    row = with_fallback(checker, work, declaration, row)
    slot = work.slot_of[declaration.key]
    old, slot.row = slot.row, row
    context = context_before(checker, work, declaration.key)
    if context is not None:
        row = row.with_wrong(check_parameters(checker, work, declaration, row, context))
        _check_collisions(checker, work, declaration, row, context, result)
    slot.row = row
    changed = old is None or encode_row(checker, old) != encode_row(checker, row)
    if changed:
        work.set_row(declaration.key, row)
    check_return(checker, work, row, declaration, result, already_open=context is not None and context.open)
    if changed or not work.is_published():  # the daemon checks one step again, and finds that it is what it was
        finish_if_complete(session, checker, work)
    return call_type(checker, declaration, result)


def hidden(checker: TypeChecker, work: Work, declaration: Declaration, decorated: Type | None) -> Type:
    """Called where a decorator above that of stepkit gave something else than the step."""
    node, slot = declaration.node, work.slot_of[declaration.key]
    if decorated is not None and not type_ops.is_any(decorated):
        place = declaration.function or node
        from stepkit.table_builder import HIDDEN_BY_DECORATOR

        messages.definition(checker, place, f"{declaration.attribute}: {HIDDEN_BY_DECORATOR}")
    elif slot.row is not None and slot.row.change.rest is None:
        change = Context(slot.row.change.keys, type_ops.any_type())
        work.set_row(declaration.key, replace(slot.row, change=change))
        before = state_before(checker, work, declaration.key)
        if (before is None or not before.context.open) and work.is_first_note(node, declaration.key):
            notes.unseen_declaration(checker, node, declaration.attribute)
    return step_type(checker, declaration, type_ops.any_type())


def _last_state_before(checker: TypeChecker, work: Work, declaration: Declaration) -> State[Type] | None:
    """The state before a step, after those that still wait have been checked: nothing more will be known."""
    for slot in work.slots[: work.positions[declaration.key]]:
        for each in slot.inside():
            if each.row is None and each.declaration is not None and isinstance(each.declaration.node, Decorator):
                deferral.check_now(checker, each.declaration.node, work.info)
    return state_before(checker, work, declaration.key)


def go_on(session: Session, checker: TypeChecker, work: Work) -> None:
    """Check at once the steps that waited for a flow that is known now."""
    for slot in work.slots:
        for each in slot.inside():
            if each.row is None and each.declaration is not None and isinstance(each.declaration.node, Decorator):
                deferral.check_now(checker, each.declaration.node, work.info)
                if each.row is None:
                    return
    finish_if_complete(session, checker, work)


def _branch_made(
    session: Session,
    checker: TypeChecker,
    work: Work,
    declaration: Declaration,
    function: FuncDef,
    state: State[Type] | None,
) -> Type | None:
    node = declaration.node
    if not containers.cases_ready(checker, work, declaration) and isinstance(node, Decorator):
        if not deferral.is_last_pass(checker) and deferral.defer_decorator(checker, node, work.info):
            return None
    row = containers.branch_row(checker, work, declaration, reads_of(declaration, function))
    row = with_fallback(checker, work, declaration, row)
    work.set_row(declaration.key, row)
    context = context_before(checker, work, declaration.key)
    if context is not None:
        wrong = check_parameters(checker, work, declaration, row, context)
        wrong |= containers.check_cases(checker, work, declaration, telling_once(context, wrong))
        containers.check_container_collisions(checker, work, declaration, row, context, function)
        containers.set_wrong(work, declaration, row, wrong)
    finish_if_complete(session, checker, work)
    return containers.branch_call_type(checker, declaration, function)


def facts_below(checker: TypeChecker, declaration: Declaration, info: TypeInfo) -> Facts:
    """The facts of a decorated method, with the parameters that the decorators below leave it."""
    facts, below = facts_of(declaration, info.fullname, checker), declaration.below
    if below is None or below.parameters is None:
        return facts
    return replace(facts, parameters=tuple(below.parameters.values()))


def reads_of(declaration: Declaration, function: FuncDef) -> dict[str, Type]:
    """The types of the keys that a decorated method reads."""
    type = function.type
    if declaration.below is not None and declaration.below.parameters is not None:
        return dict(declaration.below.reads)
    if not isinstance(type, CallableType):
        return {}
    return {
        argument.variable.name: type.arg_types[place]
        for place, argument in enumerate(function.arguments)
        if place > 0 and not argument.pos_only and place < len(type.arg_types)
    }


def call_type(checker: TypeChecker, declaration: Declaration, result: Returned) -> Type:
    """The type of the plain method on an instance."""
    function, below = declaration.function, declaration.below
    assert function is not None
    if below is not None and (below.type is None or below.gives is not None):
        return type_ops.any_type() if below.type is None else type_ops.bound(below.type)
    call = _own_call_type(checker, function, result)
    if below is None or not isinstance(call, CallableType):
        return call
    return type_ops.bound(below.type).copy_modified(ret_type=call.ret_type)


def _own_call_type(checker: TypeChecker, function: FuncDef, result: Returned) -> Type:
    type = function.type
    if not isinstance(type, CallableType):
        return type_ops.any_type()
    if not retyping.returns_inferred(function):
        return type_ops.bound(type)
    gives: Type
    if result.shape.rest is not None:
        text = type_ops.named(checker, "builtins.str", [])
        gives = type_ops.named(checker, "builtins.dict", [text, type_ops.any_type()])
    elif result.shape.keys:
        required = {name for name, key in result.shape.keys.items() if key.certain}
        gives = type_ops.typed_dict(checker, {name: key.type for name, key in result.shape.keys.items()}, required)
    else:
        gives = NoneType() if result.may_be_none else type_ops.typed_dict(checker, {}, set())
    if result.may_be_none and not isinstance(gives, NoneType):
        gives = type_ops.join(gives, NoneType())
    if function.is_coroutine:
        gives = type_ops.coroutine(checker, gives)
    return type_ops.bound(type).copy_modified(ret_type=gives)


def check_parameters(
    checker: TypeChecker, work: Work, declaration: Declaration, row: Row, context: Context[Type]
) -> set[str]:
    """Judge what a step reads. The keys that it, or its condition, is wrong about."""
    wrong = set(work.wrong_conditions.get(declaration.key, ()))
    function = declaration.function
    assert function is not None
    step = row.facts.name
    inferred = retyping.inferred_places(function)
    below = declaration.below.parameters if declaration.below is not None else None
    for place, argument in enumerate(function.arguments):
        name = argument.variable.name
        if place == 0 or below is not None and not argument.pos_only and name not in below:
            continue
        if argument.kind.is_star():
            stars = "**" if argument.kind.name == "ARG_STAR2" else "*"
            advice = "name every key that it reads"
            if stars == "**":
                advice += ", or take the whole context with one positional-only parameter: (self, ctx, /)"
            messages.parameters(checker, argument, step, f'"{stars}{name}"', advice)
            continue
        if argument.pos_only:
            if place > 1:
                advice = "the first receives the whole context, keys are ordinary parameters"
                messages.parameters(checker, argument, step, "more than one positional-only parameter", advice)
            continue
        default = nodes.has_default(argument) if below is None else not below[name].required
        wanted = None if place in inferred else row.reads.get(name)
        if _is_wrong(checker, work, declaration, row, argument, name, wanted, context, default=default):
            wrong.add(name)
    own = {argument.variable.name for argument in function.arguments}
    for name, parameter in (below or {}).items():
        if name not in own:
            default = not parameter.required
            wanted = row.reads.get(name)
            if _is_wrong(checker, work, declaration, row, function, name, wanted, context, default=default):
                wrong.add(name)
    return wrong


def _is_wrong(
    checker: TypeChecker,
    work: Work,
    declaration: Declaration,
    row: Row,
    node: Node,
    name: str,
    wanted: Type | None,
    context: Context[Type],
    *,
    default: bool,
) -> bool:
    """Whether a key that a parameter reads is not there, or not as it is wanted: it is told once in a flow."""
    step, key = row.facts.name, context.keys.get(name)
    if key is None:
        if context.open:
            return False
        if not is_told(checker, context, name, None):
            later = _given_later(work, declaration.key, name)
            messages.missing_key(checker, node, step, name, context, later, default=default)
        return True
    wrong = False
    if wanted is not None and not is_subtype(checker, key.type, wanted):
        wrong = True
        if not is_told(checker, context, name, wanted):
            advice = cure(checker, work, name, wanted, key)
            messages.key_type(checker, node, step, name, wanted, key, advice=advice)
    if not key.certain and not default and not is_told(checker, context, name, None):
        wrong = True
        messages.maybe_missing(checker, node, step, name, key)
    return wrong


def _given_later(work: Work, attribute: str, name: str) -> str:
    """The step that gives the key, at this place of the table or after it."""
    for slot in work.slots[work.positions[attribute] :]:
        if slot.row is not None:
            if name in slot.row.change.keys:
                return slot.row.facts.name
        elif slot.declaration is not None and slot.declaration.function is not None:
            if name in nodes.displayed_keys(slot.declaration.function):
                return name_of(slot.declaration)
    return ""


def _check_collisions(
    checker: TypeChecker, work: Work, declaration: Declaration, row: Row, before: Context[Type], result: Returned
) -> None:
    earlier = containers.must_not_collide_with(checker, work, declaration, row, before)
    if earlier is None or not KINDS[row.facts.kind].merges:
        return
    function = declaration.function
    assert function is not None
    for name in collisions(earlier, row.change):
        node = result.places.get(name, function)
        messages.collision(checker, node, row.facts.name, name, earlier.keys[name])


def check_return(
    checker: TypeChecker, work: Work, row: Row, declaration: Declaration, result: Returned, *, already_open: bool
) -> None:
    function, below, node = declaration.function, declaration.below, declaration.node
    assert function is not None
    step = row.facts.name
    transform = KINDS[row.facts.kind].replaces
    if below is not None and below.gives is not None and not below.keeps:
        if not _is_mapping_or_none(below.gives, transform):
            messages.bad_return(checker, function, step, below.gives, transform=transform)
        elif row.change.rest is None or already_open or result.wrong:
            return
        elif work.is_first_note(node, declaration.key):
            notes.open_context(checker, function, step, what_is_unknown(below.gives))
        return
    if not retyping.returns_inferred(function) and isinstance(function.type, CallableType):
        type = type_ops.awaited(function.type.ret_type) if function.is_coroutine else function.type.ret_type
        if not _is_mapping_or_none(type, transform):
            messages.bad_return(checker, function, step, type, transform=transform)
            return
    elif transform and result.may_be_none and not inserting.is_unread(function):
        if not nodes.is_abstract(function):
            messages.bad_return(checker, result.none_at or function, step, NoneType(), transform=True)
        return
    if row.change.rest is None or already_open or result.wrong or not work.is_first_note(node, declaration.key):
        return
    if result.unknown:
        place, what = result.unknown[0]
        notes.open_context(checker, place, step, what)
    elif result.untyped:
        notes.open_context(checker, result.untyped[0], step, "a value of type Any")
    elif nodes.is_checked_by_values(function) and retyping.returns_inferred(function):
        what = "something that cannot be seen, as a type variable of its class has constraints"
        notes.open_context(checker, function, step, what)
    elif inserting.has_no_body(function):
        notes.open_context(checker, function, step, "something that cannot be seen, as the file's bodies are not read")
    else:
        notes.open_context(checker, function, step, "a mapping whose keys its annotation does not name")


def _is_mapping_or_none(type: Type, transform: bool) -> bool:
    for item in type_ops.union_items(type):
        if isinstance(item, NoneType):
            if transform:
                return False
        elif not type_ops.may_be_mapping(item):
            return False
    return True


def is_step(type: Type | None) -> TypeGuard[Type]:
    proper = get_proper_type(type)
    return type_ops.is_instance(proper, STEP) or type_ops.is_instance(proper, BRANCH)


def step_type(checker: TypeChecker, declaration: Declaration, call: Type, row: Type | None = None) -> Type:
    """The type of the attribute that a decorated method becomes."""
    if KINDS[declaration.kind].chooses:
        return type_ops.named(checker, BRANCH, [call])
    return type_ops.named(checker, STEP, [call, row if row is not None else type_ops.any_type()])
