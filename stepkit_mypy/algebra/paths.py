"""The paths of a flow's steps, as events and comparisons name them."""

from __future__ import annotations

from .interpreter import Within, may_enter
from .table import Row, table_of


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
        if row.facts.kind == "parallel":
            complete &= collect_paths(row.members, path + "/", paths, within)
        cases = row.facts.cases if row.facts.kind == "branch" else ("",) * len(row.flows)
        for case, flow in zip(cases, row.flows, strict=False):
            inner = f"{path}/{case}/" if case else f"{path}/"
            table = None if flow is None or not may_enter(flow, within) else table_of(flow.type)
            if table is not None and flow is not None:
                complete &= collect_paths(table.rows, inner, paths, (*within, flow.type))
            else:
                complete = False
        paths.append(path)
    return complete
