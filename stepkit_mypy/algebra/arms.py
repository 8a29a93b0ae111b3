"""A row that is one of several: what a class declares under the arms of a condition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from mypy.types import Type

from ..mypy_api import type_ops
from .contexts import Context, alternatives
from .kinds import KINDS
from .table import NO_STEP, NOT_EVERY_ARM, Parameter, Row


def one_of(rows: Sequence[Row], attribute: str, *, conditional: bool) -> Row:
    """The row of an attribute that is one of these. ``conditional``: it may be none of them, too."""
    if NO_STEP in rows:
        rows, conditional = [row for row in rows if row is not NO_STEP], True
    if not rows:
        return NO_STEP
    first = rows[0]
    facts = replace(
        first.facts,
        attribute=attribute,
        conditional=conditional or any(row.facts.conditional for row in rows),
        named=first.facts.named and _same([row.facts.name for row in rows], None) is not None,
        when=_same([row.facts.when for row in rows], "maybe"),
        on_error=_same([row.facts.on_error if row.fallback is None else "unknown" for row in rows], "unknown"),
        fallback="",
        fallback_names="more" if any(row.facts.fallback_names for row in rows) else "",
        never=all(row.facts.never for row in rows),
        merge=_same([row.facts.merge for row in rows], "unknown"),
        may_skip=any(row.facts.may_skip for row in rows),
        whole=any(row.facts.whole for row in rows),
        names_whole=all(row.facts.names_whole for row in rows),
        names_return=all(row.facts.names_return for row in rows),
        parameters=_parameters(rows),
        varies=True,
    )
    reads: dict[str, Type] = {}
    for row in rows:
        for name, type in row.reads.items():
            reads[name] = type_ops.join(reads[name], type) if name in reads else type
    if all(KINDS[row.facts.kind].chooses for row in rows):
        cases = tuple(case for row in rows for case in row.facts.cases)
        facts = replace(facts, cases=cases, may_choose_none=any(row.facts.may_choose_none for row in rows))
        return Row(facts, reads, flows=tuple(flow for row in rows for flow in row.flows))
    if all(KINDS[row.facts.kind].nests and row.flows == first.flows for row in rows):
        return Row(facts, reads, flows=first.flows)
    if len({row.facts.kind for row in rows}) > 1 or not KINDS[first.facts.kind].returns_keys:
        return Row(replace(facts, kind="step", named=False), reads, Context(rest=type_ops.any_type()))
    change = alternatives([row.change for row in rows], type_ops.join, NOT_EVERY_ARM)
    keys = {name: key if key.certain else replace(key, reason=NOT_EVERY_ARM) for name, key in change.keys.items()}
    return Row(facts, reads, Context(keys, change.rest))


def _same(values: Iterable[Any], otherwise: Any) -> Any:
    found = {*values}
    return found.pop() if len(found) == 1 else otherwise


def _parameters(rows: Sequence[Row]) -> tuple[Parameter, ...]:
    found: dict[str, Parameter] = {}
    for row in rows:
        for each in row.facts.parameters:
            old = found.get(each.name, each)
            required, annotated = old.required or each.required, old.annotated or each.annotated
            found[each.name] = Parameter(each.name, required, annotated)
    return tuple(found.values())
