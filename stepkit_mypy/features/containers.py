"""Rows that hold others: nested flows, branches, parallel groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mypy.nodes import ARG_NAMED, CallExpr, Decorator, DictExpr, Expression, FuncDef
from mypy.nodes import Context as Node
from mypy.types import CallableType, Instance, LiteralType, NoneType, Type, UnionType

from .. import messages, notes
from ..algebra.contexts import Context, collisions, write
from ..algebra.encoding import is_ready, runs
from ..algebra.interpreter import member_changes, opened_by, row_changes
from ..algebra.table import Row
from ..checks.nested_inputs import check_input, telling_once
from ..flow_class.work import Slot, Work
from ..mypy_api import inference, inserting, nodes, retyping, type_ops
from ..mypy_api.checking import TypeChecker
from ..returns.dict_calls import is_dict_call
from ..returns.returned import literal_strings
from ..rows.approvals import payload_of
from ..rows.nested_flow import flow_of, judge
from ..rows.progress import context_before, resolve, state_before, type_of_flow
from ..syntax.declarations import Declaration, facts_of, flow_argument, name_of


def declared(checker: TypeChecker, work: Work, declaration: Declaration) -> None:
    """Called when a nested flow was declared: check what it requires."""
    slot = work.slot_of[declaration.key]
    argument = flow_argument(declaration)
    state_before(checker, work, declaration.key)
    row = resolve(checker, work, slot)
    if row is None or argument is None:
        return
    work.set_row(declaration.key, row)
    context = context_before(checker, work, declaration.key)
    if context is None:
        return
    name = name_of(declaration)
    kind = f'member "{name}"' if declaration.group is not None else f'nested flow "{name}"'
    wrong: set[str] = set()
    for flow in row.flows:
        if flow is None:
            judge(checker, work, declaration, kind, argument, already_open=context.open)
            return
        wrong |= check_input(checker, argument, kind, flow, telling_once(context, wrong))
    set_wrong(work, declaration, row, wrong)
    note_open_inside(checker, work, argument, kind, declaration.key, row.flows, context)
    check_container_collisions(checker, work, declaration, row, context, argument)


def approval_declared(checker: TypeChecker, work: Work, declaration: Declaration) -> None:
    """Called when an approval was declared: say where the keys of a decision cannot be seen."""
    state_before(checker, work, declaration.key)
    row, payload = resolve(checker, work, work.slot_of[declaration.key]), payload_of(declaration)
    if row is None or payload is None:
        return
    set_wrong(work, declaration, row, ())
    context = context_before(checker, work, declaration.key)
    if context is not None and not context.open and row.change.open and work.is_first_note(payload, declaration.key):
        notes.unseen_payload(checker, payload, name_of(declaration))


def note_open_inside(
    checker: TypeChecker,
    work: Work,
    node: Node,
    place: str,
    attribute: str,
    flows: Iterable[Instance | None],
    context: Context[Type],
) -> None:
    """Say which step inside a nested flow opens the context, where the flow is nested."""
    if context.open:
        return
    for flow in flows:
        found = None if flow is None else opened_by(flow, context)
        if flow is None or found is None or runs(flow.type, work.info):  # what runs itself has a note of its own
            continue
        if work.is_first_note(node, attribute):
            notes.open_inside(checker, node, place, *found)


def set_wrong(work: Work, declaration: Declaration, row: Row, wrong: Iterable[str]) -> None:
    """Note the row with the keys that it, or its condition, is wrong about."""
    found = {*wrong, *work.wrong_conditions.get(declaration.key, ())}
    work.set_row(declaration.key, row.with_wrong(found))


def check_container_collisions(
    checker: TypeChecker, work: Work, declaration: Declaration, row: Row, before: Context[Type], node: Node
) -> None:
    """Under ``merge="error"``, what a container or a group's member gives must not be there already."""
    earlier = must_not_collide_with(checker, work, declaration, row, before)
    if earlier is None:
        return
    name = row.facts.name
    for change in row_changes(before, row):
        for key in collisions(earlier, change):
            messages.collision(checker, node, name, key, earlier.keys[key])


def must_not_collide_with(
    checker: TypeChecker, work: Work, declaration: Declaration, row: Row, before: Context[Type]
) -> Context[Type] | None:
    """The context with which what a row gives has no key in common, under ``merge="error"``; None under others."""
    if declaration.group is None:
        return before if row.facts.merge == "error" else None
    group = work.slot_of[declaration.group]
    if group.declaration is None or facts_of(group.declaration, "", checker).merge != "error":
        return None
    return _context_of_members(checker, work, group, declaration.key, before)


def _context_of_members(
    checker: TypeChecker, work: Work, group: Slot, attribute: str, before: Context[Type]
) -> Context[Type]:
    """The context with what the members before this one have given."""
    assert group.declaration is not None
    rows: list[Row] = []
    for member in group.members:
        if member.attribute == attribute:
            break
        if member.row is not None:
            rows.append(member.row)
    facts = facts_of(group.declaration, work.info.fullname, checker)
    result = before
    for _, change, _ in member_changes(before, Row(facts, members=tuple(rows)), None, facts.name, ()):
        result = write(result, change, "override", type_ops.join)
    return result


def branch_row(checker: TypeChecker, work: Work, declaration: Declaration, reads: dict[str, Type]) -> Row:
    """The row of a branch: its cases, and which of them its method may choose."""
    function = declaration.function
    assert function is not None
    facts = facts_of(declaration, work.info.fullname, checker)
    cases = _cases(checker, declaration)
    chosen, may_be_none = _chosen(checker, declaration, function, cases)
    if cases is None:  # they cannot be seen
        facts = replace(facts, cases=("?",), may_choose_none=True)
        return Row(facts, reads, flows=(None,))
    names = [name for name in cases if name in chosen]
    facts = replace(facts, cases=tuple(names), may_choose_none=may_be_none)
    return Row(facts, reads, flows=tuple(flow_of(type_of_flow(checker, declaration, cases[name])) for name in names))


def check_cases(checker: TypeChecker, work: Work, declaration: Declaration, context: Context[Type]) -> set[str]:
    """Check that the context has what the cases require. The keys that are wrong."""
    branch = name_of(declaration)
    cases, written = _cases(checker, declaration), declaration.options.get("cases")
    if cases is None and written is not None and not context.open and work.is_first_note(written, declaration.key):
        notes.unseen_cases(checker, written, branch)
    wrong: set[str] = set()
    for name, expression in (cases or {}).items():
        flow, place = flow_of(type_of_flow(checker, declaration, expression)), f'case "{name}" of branch "{branch}"'
        if flow is not None:
            wrong |= check_input(checker, expression, place, flow, telling_once(context, wrong))
            note_open_inside(checker, work, expression, place, declaration.key, (flow,), context)
        else:
            judge(checker, work, declaration, place, expression, already_open=context.open)
    return wrong


def cases_ready(checker: TypeChecker, work: Work, declaration: Declaration) -> bool:
    for expression in (_cases(checker, declaration) or {}).values():
        flow = flow_of(type_of_flow(checker, declaration, expression))
        if flow is not None and is_ready(flow.type, work.info) is False:
            return False
    return True


def branch_call_type(checker: TypeChecker, declaration: Declaration, function: FuncDef) -> Type:
    """The type of a branch's plain method."""
    if not isinstance(function.type, CallableType):
        return type_ops.any_type()
    below = declaration.below
    if below is not None and below.type is None:
        return type_ops.any_type()
    call = type_ops.bound(function.type if below is None else below.type)
    cases = _cases(checker, declaration)
    if not retyping.returns_inferred(function) or cases is None or below is not None and below.gives is not None:
        return call
    result: Type = UnionType([*(type_ops.literal(checker, name) for name in cases), NoneType()])
    return call.copy_modified(ret_type=type_ops.coroutine(checker, result) if function.is_coroutine else result)


def _cases(checker: TypeChecker, declaration: Declaration) -> dict[str, Expression] | None:
    """The expressions of the cases by their names; None where they cannot be seen."""
    expression = declaration.options.get("cases")
    if isinstance(expression, CallExpr) and is_dict_call(expression):
        if any(kind != ARG_NAMED for kind in expression.arg_kinds):
            return None
        return {
            name: case for name, case in zip(expression.arg_names, expression.args, strict=True) if name is not None
        }
    if not isinstance(expression, DictExpr):
        return None
    found: dict[str, Expression] = {}
    for key, value in expression.items:
        name = None if key is None else declaration.constants.of(checker, key)
        if not isinstance(name, str):
            return None
        found[name] = value
    return found


def _returns(checker: TypeChecker, function: FuncDef) -> list[tuple[Type, Node]]:
    return [
        (type, expression)
        for statement in nodes.returns_of(function)
        if statement.expr is not None
        for type, expression in inference.alternatives_of(checker, statement.expr)
    ]


def _chosen(
    checker: TypeChecker, declaration: Declaration, function: FuncDef, cases: dict[str, Expression] | None
) -> tuple[set[str], bool]:
    """The cases that the method may return, and whether it may return None."""
    branch, known = name_of(declaration), list(cases or {})
    node = declaration.node
    below = declaration.below
    if below is not None and below.gives is not None:
        found: list[tuple[Type, Node]] = [(below.gives, function)]
        written = True
    elif not retyping.returns_inferred(function):
        assert isinstance(function.type, CallableType)
        type = type_ops.awaited(function.type.ret_type) if function.is_coroutine else function.type.ret_type
        found = [(type, node.func if isinstance(node, Decorator) else node)]
        written = True
        if cases is not None and literal_strings(type) is None:  # ``str``: what is written out is checked all the same
            for returned, place in _returns(checker, function):
                for name in _names_of(checker, declaration, returned, place) or ():
                    if name not in known:
                        messages.branch_case(checker, place, branch, name, known)
    else:
        found = _returns(checker, function)
        end = inserting.end_of(function)
        if end is not None and inference.type_of(checker, end) is not None:
            found.append((NoneType(), function))
        written = False
    chosen: set[str] = set()
    may_be_none = not written and inserting.is_unread(function)
    if may_be_none:
        return set(known), True
    for type, place in found:
        for item in type_ops.union_items(type):
            names = _names_of(checker, declaration, item, place)
            if isinstance(item, NoneType):
                may_be_none = True
            elif names is not None:
                for name in names:
                    if name in known:
                        chosen.add(name)
                    elif cases is not None:
                        messages.branch_case(checker, place, branch, name, known)
                        chosen.update(known)  # any of them may have been meant
            elif isinstance(item, (Instance, LiteralType)) and not written and type_ops.may_be_string(item):
                members = type_ops.member_strings(item)
                if cases is not None and not (members and members <= set(known)):
                    messages.branch_unknown_case(checker, place, branch, type_ops.clean(item), known)
                chosen.update(members & set(known) if members else known)
            else:
                chosen.update(type_ops.member_strings(item) & set(known) or known)
                may_be_none = may_be_none or type_ops.is_any(item)
    return chosen, may_be_none


def _names_of(checker: TypeChecker, declaration: Declaration, type: Type, place: Node) -> list[str] | None:
    """The cases that a return is one of; None where they are not written out."""
    names = literal_strings(type)
    if names is not None or not isinstance(place, Expression) or not type_ops.may_be_string(type):
        return names
    constant = declaration.constants.of(checker, place)
    return [constant] if isinstance(constant, str) else None
