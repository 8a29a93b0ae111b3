"""Steps that hold others: nested flows, branches, parallel groups. How their inside is opened, and marked when left."""

from __future__ import annotations

from ..errors import FlowDefinitionError, UnknownCaseError
from ..table import MAX_LEVELS, FlowSource
from ..table_builder import TOO_DEEP
from .fingerprint import SURVIVED, mark_around, mark_of
from .frame import Frame, Group
from .plan import CALLBACKS, PlannedStep, plan_of


def open_case(frame: Frame, step: PlannedStep, case: object) -> Frame:
    """The frame of a branch's case. Raises ``UnknownCaseError``."""
    row = step.row
    path = frame.path_of(row)
    if not isinstance(case, str) or case not in row.cases:
        raise UnknownCaseError(frame.run.flow, path, case, row.cases)
    inside = open_flow(frame, step, row.cases[case], f"{path}/{case}")
    inside.case = case
    return inside


def open_flow(frame: Frame, step: PlannedStep, source: FlowSource, path: str) -> Frame:
    """The frame of a nested flow; it starts from the context around it."""
    owner = source.value
    if source.kind == "class":
        owner = source.value()
    elif source.kind == "factory":
        owner = source.value(frame.owner)
    table = getattr(type(owner), "__stepkit_table__", None)
    if table is None:
        raise FlowDefinitionError(
            frame.run.flow, [f"{path}: the function gave {type(owner).__qualname__}; it returns an instance of a flow"]
        )
    levels = table.levels
    around: Frame | None = frame
    while around is not None:
        if type(around.owner) is type(owner):
            raise FlowDefinitionError(
                frame.run.flow, [f"{path}: {type(owner).__qualname__} holds itself; a flow cannot be nested in itself"]
            )
        if around.parent is None or around.parent.owner is not around.owner:  # it is no member of a group
            levels += 1
        around = around.parent
    if levels > MAX_LEVELS:
        raise FlowDefinitionError(frame.run.flow, [f"{path}: {type(owner).__qualname__} is too deep: {TOO_DEEP}"])
    plan = plan_of(type(owner))
    inside = frame.open(owner, plan.steps, path + "/")
    inside.copies = frame.copies or step.guarded
    for name in plan.callbacks:
        kept = f"own_{CALLBACKS[name]}"
        setattr(inside, kept, ((getattr(owner, name), len(inside.prefix)), *getattr(inside, kept)))
    return inside


def open_group(frame: Frame, step: PlannedStep) -> Group:
    """The frames of a group's members. Each has a context of its own, as it is before the group.

    Members read copies: they run side by side, and their checkpoint is the one from before the group, in which
    nothing may show that a member has changed in place.
    """
    members = []
    for member in step.members:
        inside = frame.open(frame.owner, (member,), frame.path_of(step.row) + "/")
        inside.in_group = True
        inside.copies = True
        members.append(inside)
    return Group(tuple(members))


def mark_of_inside(step: PlannedStep, inside: Frame | Group | None) -> str:
    """Return the mark of a complete container, with the marks of what ran inside."""
    if inside is None:
        return mark_around(step.mark, "")
    if isinstance(inside, Group):
        # A member that failed in a settled group is as done as one whose failure the run survived.
        return mark_around(step.mark, "".join(each.done or each.steps[0].mark + SURVIVED for each in inside.members))
    if inside.case is None:
        return mark_around(step.mark, inside.done)
    return mark_around(step.mark, mark_around(mark_of(inside.case), inside.done))
