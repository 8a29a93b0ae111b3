"""Walks a step table: what is known of the context before and after every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

from mypy.nodes import TypeInfo
from mypy.types import Instance, Type

from ..mypy_api import type_ops
from .contexts import Context, Key, Merge, State, alternatives, changes, either, telling, weakened, write
from .encoding import table_of
from .kinds import KINDS
from .table import Row, Table

Known = Context[Type]
Visit = Callable[[str, Row, Known, Known], None]
"""Called with a step's path, its row, the context before it and the one in its event."""

Within = tuple[TypeInfo, ...]
"""The flows that a place is nested in. What runs itself is not followed into itself: its keys are not known there."""
NOT_EVERY_CASE = "not every case gives it"
DEEPEST = 150
"""How deep flows are followed into each other."""


def start(table: Table) -> State[Type]:
    return State(table.input)


def walk(
    state: State[Type], rows: Sequence[Row], visit: Visit | None = None, prefix: str = "", within: Within = ()
) -> State[Type]:
    for row in rows:
        state = advance(state, row, visit, prefix, within)
    return state


def advance(
    state: State[Type], row: Row, visit: Visit | None = None, prefix: str = "", within: Within = ()
) -> State[Type]:
    """Where a run may be after ``row``."""
    facts, before = row.facts, telling(state.context, row.wrong, type_ops.any_type())
    path = prefix + facts.name
    if facts.when == "no":
        return State(before, state.ended)
    ended = state.ended
    after, inner_ends = _ran(before, row, visit, path, within)
    if visit is not None:
        visit(path, row, before, after)
    for end in inner_ends:
        ended = end if ended is None else either(ended, end, type_ops.join, f'"{path}" may end the run early')
    if facts.on_error in ("skip-remaining", "unknown"):
        reason = f'step "{path}" has on_error="skip-remaining"'
        ended = before if ended is None else either(ended, before, type_ops.join, reason)
    if reason := why_it_may_not_run(row):
        after = either(before, after, type_ops.join, f'step "{path}" {reason}')
    return State(after, ended)


def why_it_may_not_run(row: Row) -> str:
    facts = row.facts
    if facts.conditional:
        return "is declared under a condition"
    if facts.when == "maybe":
        return "has a condition (when=)"
    if facts.on_error == "continue":
        return 'has on_error="continue"'
    if facts.on_error == "unknown":
        return "may go on without it (on_error=)"
    if facts.may_skip:
        return "is skipped while its circuit breaker is open"
    return ""


def _ran(before: Known, row: Row, visit: Visit | None, path: str, within: Within) -> tuple[Known, list[Known]]:
    """The context after the row, or its fallback, has run, and those with which the run may have ended inside it."""
    after, ends = _succeeded(before, row, visit, path, within)
    if row.fallback is not None:
        instead = _given(row.fallback, path)
        if not KINDS[row.facts.kind].replaces:
            instead = write(before, instead, cast(Merge, row.facts.merge), type_ops.join)
        after = _or_instead(before, row, after, instead, path, within)
    return after, ends


def _or_instead(before: Known, row: Row, after: Known, instead: Known, path: str, within: Within) -> Known:
    """What holds behind a row that has completed, or its fallback. Of keys that one may give unseen, the other says."""
    assert row.fallback is not None
    if never_completes(row, within):
        return instead
    is_open = row.change.open if KINDS[row.facts.kind].returns_keys else after.open and not before.open
    first, second = after, instead
    if is_open:
        first = _filled(after, instead, lambda name: after.keys.get(name) is before.keys.get(name))
    if row.fallback.open:
        given = row.fallback.keys
        second = _filled(instead, after, lambda name: name not in given)
    return either(first, second, type_ops.join, f'step "{path}" and its fallback do not both give it')


def _filled(context: Known, other: Known, may_be_given: Callable[[str], bool]) -> Known:
    """A context of which not all keys are known, with those of another that may be among them."""
    keys = {name: key for name, key in other.keys.items() if may_be_given(name)}
    return Context({**context.keys, **keys}, context.rest, context.told)


def never_completes(row: Row, within: Within = ()) -> bool:
    """Whether a row fails whenever it runs, as far as can be seen."""
    facts = row.facts
    if KINDS[facts.kind].returns_keys:
        return facts.never
    if KINDS[facts.kind].has_members:
        return facts.mode == "all" and any(map(_always_fails, row.members))
    if KINDS[facts.kind].chooses and facts.may_choose_none:
        return False
    return bool(row.flows) and all(_never_ends(flow, within) for flow in row.flows)


def _always_fails(row: Row, within: Within = ()) -> bool:
    """Whether a row fails, and its run or its group with it."""
    surely = row.facts.when == "yes" and row.fallback is None and not why_it_may_not_run(row)
    return surely and row.facts.on_error in ("raise", "fallback") and never_completes(row, within)


def _never_ends(flow: Instance | None, within: Within) -> bool:
    table = None if flow is None or not may_enter(flow, within) else table_of(flow.type)
    if table is None or flow is None or table.may_stop:
        return False
    for row in table.rows:
        if row.facts.on_error in ("skip-remaining", "unknown"):
            return False
        if _always_fails(row, (*within, flow.type)):
            return True
    return False


def _succeeded(before: Known, row: Row, visit: Visit | None, path: str, within: Within) -> tuple[Known, list[Known]]:
    facts = row.facts
    merge = cast(Merge, facts.merge)
    if KINDS[facts.kind].replaces:
        return _given(row.change, path), []
    if KINDS[facts.kind].merges:
        return write(before, _given(row.change, path), merge, type_ops.join), []
    if KINDS[facts.kind].nests:
        change, ends = _inside_any(before, row, visit, path, within)
        return write(before, change, merge, type_ops.join), [write(before, end, merge, type_ops.join) for end in ends]
    if KINDS[facts.kind].chooses:
        return _branch(before, row, visit, path, within)
    return _group(before, row, visit, path, within)


def _given(change: Known, path: str) -> Known:
    """The change, every key of it given by the step of this path."""
    return Context(
        {name: Key(key.type, key.certain, path, key.reason) for name, key in change.keys.items()}, change.rest
    )


def _inside(
    before: Known, flow: Instance | None, visit: Visit | None, path: str, within: Within
) -> tuple[Known, list[Known]]:
    """What a nested flow writes, and what it has written where it ends the run."""
    table = None if flow is None or not may_enter(flow, within) else table_of(flow.type)
    if table is None or flow is None:
        return Context(rest=type_ops.any_type()), []
    state = walk(State(before), [row.seen_as(flow) for row in table.rows], visit, path + "/", (*within, flow.type))
    ends = [] if state.ended is None else [changes(before, state.ended)]
    return changes(before, state.context), ends


def _inside_any(before: Known, row: Row, visit: Visit | None, path: str, within: Within) -> tuple[Known, list[Known]]:
    """The same for a nested flow that is one of several."""
    found = [_inside(before, flow, visit, path, within) for flow in row.flows]
    reason = f'not every flow that "{path}" may run gives it'
    change = alternatives([change for change, _ in found], type_ops.join, reason)
    return change, [end for _, ends in found for end in ends]


def opened_by(flow: Instance, context: Known) -> tuple[str, Row] | None:
    """The path and the row of the step inside a flow behind which the context is open."""
    table = table_of(flow.type)
    found: list[tuple[str, Row]] = []

    def visit(path: str, row: Row, before: Known, after: Known) -> None:
        if after.open and not before.open:
            found.append((path, row))

    if table is not None:
        rows = [row.seen_as(flow) for row in table.rows]
        state = walk(State(context), rows, visit, within=(flow.type,))
        if state.context.open or state.ended is not None and state.ended.open:
            return found[0] if found else None
    return None


def may_enter(flow: Instance, within: Within) -> bool:
    return flow.type not in within and len(within) < DEEPEST


def _branch(before: Known, row: Row, visit: Visit | None, path: str, within: Within) -> tuple[Known, list[Known]]:
    merge = cast(Merge, row.facts.merge)
    outcomes: dict[str, Known] = {"": before} if row.facts.may_choose_none or not row.flows else {}
    ends: list[Known] = []
    for case, flow in zip(row.facts.cases, row.flows, strict=True):
        change, inner = _inside(before, flow, visit, f"{path}/{case}", within)
        outcomes[case] = write(before, change, merge, type_ops.join)
        ends += [write(before, end, merge, type_ops.join) for end in inner]
    result, *others = outcomes.values()
    for outcome in others:
        result = either(result, outcome, type_ops.join, NOT_EVERY_CASE)
    keys = {
        name: replace(key, reason=_why_not_every_case(path, name, outcomes)) if key.reason == NOT_EVERY_CASE else key
        for name, key in result.keys.items()
    }
    return Context(keys, result.rest, result.told), ends


def _why_not_every_case(path: str, name: str, outcomes: dict[str, Known]) -> str:
    """Why a key may be missing behind a branch: the cases that do not give it."""
    lacking = [f'"{case}"' for case, outcome in outcomes.items() if case and name not in outcome.keys]
    if not lacking:
        return f'branch "{path}" may choose no case'
    cases, verb = f"case {lacking[0]}", "does"
    if len(lacking) > 1:
        cases, verb = f"cases {', '.join(lacking[:-1])} and {lacking[-1]}", "do"
    none = ", and it may choose no case" if "" in outcomes else ""
    return f'{cases} of branch "{path}" {verb} not give it{none}'


def _group(before: Known, row: Row, visit: Visit | None, path: str, within: Within) -> tuple[Known, list[Known]]:
    merge = cast(Merge, row.facts.merge)
    after, ends = before, []
    early = before
    for member, change, inner in member_changes(before, row, visit, path, within):
        if KINDS[member.facts.kind].nests:
            change = _leaving(change, before, after)
        after = write(after, change, merge, type_ops.join)
        for end in inner:
            ends.append(end)
        early = write(early, weakened(change, "the run may have ended before"), merge, type_ops.join)
        if member.facts.on_error in ("skip-remaining", "unknown"):
            ends.append(Context())
    return after, [write(early, weakened(end, "the run may have ended before"), merge, type_ops.join) for end in ends]


def _leaving(change: Known, before: Known, after: Known) -> Known:
    """What a nested member writes, after other members have written.

    A key that was there before is certain inside it, but perhaps it does not write it: then what a member before it
    gave stays.
    """
    keys = dict(change.keys)
    for name, key in change.keys.items():
        old = before.keys.get(name)
        if old is not None and old.certain and after.keys[name] is not old:
            keys[name] = replace(key, certain=False, reason="a member before it gives it too")
    return Context(keys, change.rest)


def member_changes(
    before: Known, row: Row, visit: Visit | None, path: str, within: Within
) -> list[tuple[Row, Known, list[Known]]]:
    """What each member of a group gives, and with what it may end the run."""
    result = []
    for member in row.members:
        own = f"{path}/{member.facts.name}"
        if member.facts.when == "no":
            continue
        if KINDS[member.facts.kind].nests:
            change, ends = _inside_any(before, member, visit, own, within)
        else:
            change, ends = _given(member.change, own), []
        if member.fallback is not None:
            change = _or_instead(Context(), member, change, _given(member.fallback, own), own, within)
        if visit is not None:
            visit(own, member, before, write(before, change, "override", type_ops.join))
        if row.facts.mode == "settled":
            change = weakened(change, f'the parallel group "{path}" is settled: a member that fails gives nothing')
        elif reason := why_it_may_not_run(member):
            change = weakened(change, f'step "{own}" {reason}')
        result.append((member, change, ends))
    return result


def row_changes(before: Known, row: Row) -> list[Known]:
    """What a row may write: for a branch, what each of its cases does."""
    if KINDS[row.facts.kind].merges:
        return [_given(row.change, row.facts.name)]
    if KINDS[row.facts.kind].runs_flows:
        return [_inside(before, flow, None, row.facts.name, ())[0] for flow in row.flows]
    return []


def collect_paths(found: tuple[Row, ...], prefix: str, paths: list[str], within: Within) -> bool:
    """The paths of all steps that may be completed, in order. False if there are more, which cannot be known."""
    complete = True
    for row in found:
        if row.facts.when == "no":
            continue
        if not row.facts.named:
            complete = False
            continue
        path = prefix + row.facts.name
        if KINDS[row.facts.kind].has_members:
            complete &= collect_paths(row.members, path + "/", paths, within)
        cases = row.facts.cases if KINDS[row.facts.kind].chooses else ("",) * len(row.flows)
        for case, flow in zip(cases, row.flows, strict=False):
            inner = f"{path}/{case}/" if case else f"{path}/"
            table = None if flow is None or not may_enter(flow, within) else table_of(flow.type)
            if table is not None and flow is not None:
                complete &= collect_paths(table.rows, inner, paths, (*within, flow.type))
            else:
                complete = False
        paths.append(path)
    return complete
