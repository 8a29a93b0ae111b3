"""Steps that hold others: nested flows, branches and parallel groups."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NoReturn

from ..errors import CheckpointFlowError, CheckpointStepError, FlowDefinitionError, UnknownCaseError
from ..errors.wording import nearest, quoted
from ..table import MAX_LEVELS, TOO_DEEP, FlowSource
from .calls import call_step
from .concurrency import together
from .fence import Fence
from .fingerprint import SKIPPED, SURVIVED, Done, compare_steps, mark_around, mark_of
from .frame import Frame, Group, Outcome
from .gates import ensure_in_no_group
from .interpreter import run_frame
from .merge import MergedStep
from .plan import CALLBACKS, plan_of
from .signals import Aborted, Stopped


class Container(MergedStep):
    """A step that holds others."""

    __slots__ = ()

    @property
    def plain_mark(self) -> None:
        return None

    @property
    def assumed_mark(self) -> str:
        return self.mark + SKIPPED  # such a checkpoint does not say what ran inside

    def compare(self, flow: str, path: str, inside: tuple[Done, ...] | None) -> None:
        if inside is None:
            raise CheckpointFlowError(
                f'flow {flow}: step "{path}" now holds other steps, but had run as a plain step; what it holds would '
                "silently never run. Resume with the flow as it was, or start the run anew."
            )
        self.compare_inside(flow, path, inside)

    @abstractmethod
    def compare_inside(self, flow: str, path: str, inside: tuple[Done, ...]) -> None:
        """Compare the steps that ran inside with those that it holds now."""


class FlowStep(Container):
    """A step that holds a flow."""

    __slots__ = ()

    async def attempt(self, frame: Frame, number: int, fence: Fence | None) -> Outcome:
        """Run what is left inside: what an earlier attempt, or an earlier run, has completed is not run again."""
        inside = frame.child
        if inside is None:
            inside = self.enter(frame, (), "")
            inside.attempt = number
        assert isinstance(inside, Frame)
        if 1 < number > inside.attempt:
            inside = inside.fork()
        frame.child = inside
        inside.fence = fence
        inside.attempt = number
        await run_frame(inside)
        return Outcome((inside.changes(),), inside.ended_by)

    def nested(self, frame: Frame, source: FlowSource, path: str) -> Frame:
        """Return the frame of a nested flow; it starts from the context around it."""
        owner = source.value
        if source.kind == "class":
            owner = source.value()
        elif source.kind == "factory":
            owner = source.value(frame.owner)
        _check_nesting(frame, owner, path)
        if frame.in_group:
            ensure_in_no_group(frame, type(owner).__stepkit_table__.outside_groups, owner, path)
        plan = plan_of(type(owner))
        inside = frame.inner(owner, plan.steps, path + "/")
        inside.copies = frame.copies or self.guarded
        for name in plan.callbacks:
            kept = f"own_{CALLBACKS[name]}"
            setattr(inside, kept, ((getattr(owner, name), len(inside.prefix)), *getattr(inside, kept)))
        return inside

    def done_mark(self, frame: Frame) -> str:
        inside = frame.child
        return mark_around(self.mark, inside.done if isinstance(inside, Frame) else "")


class Subflow(FlowStep):
    """A nested flow."""

    __slots__ = ()
    kind = "subflow"

    def enter(self, frame: Frame, below: Sequence[str], path: str) -> Frame:
        assert self.row.source is not None
        return self.nested(frame, self.row.source, frame.path_of(self.row))

    def compare_inside(self, flow: str, path: str, inside: tuple[Done, ...]) -> None:
        for nested in self.row.flow_classes:
            compare_steps(flow, path + "/", plan_of(nested).steps, inside)


class Branch(FlowStep):
    """A step whose function chooses the nested flow to run: one of its cases, or none."""

    __slots__ = ()
    kind = "branch"

    async def attempt(self, frame: Frame, number: int, fence: Fence | None) -> Outcome:
        if frame.child is None:
            case = await call_step(frame, self, number, fence)
            frame.touch(self, ())  # what the function has read, for the checkpoints inside
            path = frame.path_of(self.row)
            if case is not None and (not isinstance(case, str) or case not in self.row.cases):
                raise UnknownCaseError(frame.run.flow, path, case, self.row.cases)
            if frame.run.observer is not None:
                frame.run.observer.case_chosen(path, case, self.row.log)
            if case is None:
                return Outcome(({},))
            frame.child = self.case(frame, case)
            frame.child.attempt = number
        return await super().attempt(frame, number, fence)

    def case(self, frame: Frame, case: str) -> Frame:
        """Return the frame of a case."""
        inside = self.nested(frame, self.row.cases[case], f"{frame.path_of(self.row)}/{case}")
        inside.case = case
        return inside

    def enter(self, frame: Frame, below: Sequence[str], path: str) -> Frame:
        case, cases = below[0], self.row.cases
        if case not in cases:
            raise CheckpointStepError(
                f'flow {frame.run.flow}: the checkpoint is of "{path}", but the branch "{frame.path_of(self.row)}" has '
                f'no case "{case}"{nearest(case, cases)}; its cases are {quoted(cases)}. Give the branch a case of '
                "that name again, or resume from the checkpoint of the step before the branch"
            )
        return self.case(frame, case)

    def done_mark(self, frame: Frame) -> str:
        inside = frame.child
        if not isinstance(inside, Frame) or inside.case is None:
            return mark_around(self.mark, "")
        return mark_around(self.mark, mark_around(mark_of(inside.case), inside.done))

    def compare_inside(self, flow: str, path: str, inside: tuple[Done, ...]) -> None:
        for case, source in self.row.cases.items():
            if inside and mark_of(case) == inside[0].mark and source.flow_class is not None:
                steps = plan_of(source.flow_class).steps
                compare_steps(flow, f"{path}/{case}/", steps, inside[0].inside or ())


class ParallelGroup(Container):
    """A step whose members run side by side."""

    __slots__ = ()
    kind = "parallel"
    needs_loop = True

    async def attempt(self, frame: Frame, number: int, fence: Fence | None) -> Outcome:
        group = frame.child
        if group is None:
            group = self.begin(frame)
        elif number > 1:
            group = group.fork()
        assert isinstance(group, Group)
        frame.child = group
        members: tuple[Frame, ...] = group.members
        settled = self.row.mode == "settled"
        for member in members:
            member.fence = Fence(fence)

        def ends_group(error: BaseException) -> bool:
            return not settled or not isinstance(error, Exception)

        def close() -> None:
            for member in members:
                assert member.fence is not None
                member.fence.close()

        results, first = await together([_run_member(member) for member in members], ends_group, close, fence)
        # Also a member that was cancelled may have been about to end the run; a callback's error wins over a stop.
        for ends_run in (Aborted, Stopped):
            for result in results:
                if isinstance(result, ends_run):
                    raise result
        if first is not None:
            try:
                raise first
            finally:
                del first, results  # its traceback holds this call
        failures = [result for result in results if isinstance(result, Exception)]
        if len(failures) == len(results):
            raise ExceptionGroup(f'all members of the parallel group "{self.row.name}" failed', failures)
        ended = [
            member for member, result in zip(members, results, strict=True) if not isinstance(result, BaseException)
        ]
        ended_by = next((member.ended_by for member in ended if member.ended_by is not None), None)
        return Outcome([member.changes() for member in ended], ended_by)

    def begin(self, frame: Frame) -> Group:
        """Return a frame for each member, with a context of its own, as it is before the group.

        Members read copies: they run side by side, and their checkpoint is the one from before the group, in which
        nothing may show that a member has changed in place.
        """
        members = []
        for member in self.members:
            inside = frame.inner(frame.owner, (member,), frame.path_of(self.row) + "/")
            inside.in_group = True
            inside.copies = True
            members.append(inside)
        return Group(tuple(members))

    def enter(self, frame: Frame, below: Sequence[str], path: str) -> NoReturn:
        raise CheckpointStepError(
            f'flow {frame.run.flow}: the checkpoint is of "{path}", a member of the parallel group '
            f'"{frame.path_of(self.row)}". A group is one step: resume from the checkpoint of the group or of the step '
            "before it"
        )

    def done_mark(self, frame: Frame) -> str:
        assert isinstance(frame.child, Group)
        # A member that failed in a settled group is as done as one whose failure the run survived.
        marks = (each.done or each.steps[0].mark + SURVIVED for each in frame.child.members)
        return mark_around(self.mark, "".join(marks))

    def compare_inside(self, flow: str, path: str, inside: tuple[Done, ...]) -> None:
        compare_steps(flow, path + "/", self.members, inside)


async def _run_member(member: Frame) -> None:
    """Run what is left of a member. One that ended early in an earlier attempt of the group has nothing left."""
    if member.ended_by is None:
        await run_frame(member)


def _check_nesting(frame: Frame, owner: Any, path: str) -> None:
    """Raise ``FlowDefinitionError`` if ``owner`` is not a flow, is nested in itself, or too deep."""
    name = type(owner).__qualname__
    table = getattr(type(owner), "__stepkit_table__", None)
    if table is None:
        raise FlowDefinitionError(
            frame.run.flow, [f"{path}: the function gave {name}; it returns an instance of a flow"]
        )
    levels = table.levels
    around: Frame | None = frame
    while around is not None:
        if type(around.owner) is type(owner):
            raise FlowDefinitionError(
                frame.run.flow, [f"{path}: {name} holds itself; a flow cannot be nested in itself"]
            )
        if around.parent is None or around.parent.owner is not around.owner:  # it is not a member of a group
            levels += 1
        around = around.parent
    if levels > MAX_LEVELS:
        raise FlowDefinitionError(frame.run.flow, [f"{path}: {name} is too deep: {TOO_DEEP}"])
