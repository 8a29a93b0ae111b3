"""The step table for people and tools: as plain data, and as a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .table import FlowSource, Kind, StepRow, StepTable

# Options that are shown only where they differ from what they are when nothing is said.
_QUIET_OPTIONS: dict[str, Any] = {
    "on_error": "raise",
    "merge": "override",
    "retries": 0,
    "timeout": None,
    "thread": False,
    "at_most_once": False,
    "aliases": (),
}


# How a step is drawn where nothing is known to be inside of it.
_SHAPES: dict[Kind, tuple[str, str]] = {
    "step": ("[", "]"),
    "transform": ("[/", "/]"),
    "subflow": ("[[", "]]"),
    "approval": ("{{", "}}"),
}


def describe(table: StepTable) -> list[dict[str, Any]]:
    """Return the steps as dicts that JSON has a form for."""
    return [_describe_row(row) for row in table.steps]


def _describe_row(row: StepRow) -> dict[str, Any]:
    described: dict[str, Any] = {"name": row.name, "kind": row.kind}
    if row.function is not None:
        described["reads"] = list(row.parameters.required)
        described["reads_if_present"] = list(row.parameters.optional)
        described["reads_everything"] = row.parameters.whole
        described["async"] = row.is_async
    if row.when is not True:
        described["when"] = row.when if isinstance(row.when, bool) else "condition"
    for option, usual in _QUIET_OPTIONS.items():
        value = getattr(row, option)
        if option == "on_error" and row.fallback is not None:
            value = row.fallback.name
        if value != usual:
            described[option] = list(value) if isinstance(value, tuple) else value
    if row.fallback is not None:
        described["fallback_reads"] = list(row.fallback.parameters.required)
        described["fallback_reads_if_present"] = list(row.fallback.parameters.optional)
        described["fallback_reads_everything"] = row.fallback.parameters.whole
    if row.circuit_breaker is not None:
        breaker = row.circuit_breaker
        described["circuit_breaker"] = {
            "failure_threshold": breaker.failure_threshold,
            "cooldown": breaker.cooldown,
            "on_open": breaker.on_open,
        }
    if row.kind == "approval":
        described |= _describe_gate(row)
    if row.source is not None:
        described |= _describe_source(row.source)
    if row.cases:
        described["cases"] = {case: _describe_source(source) for case, source in row.cases.items()}
    if row.members:
        described["mode"] = row.mode
        described["members"] = [_describe_row(member) for member in row.members]
    return described


def _describe_gate(row: StepRow) -> dict[str, Any]:
    from .annotations.payloads import payload_fields

    fields = payload_fields(row.payload)
    return {
        "payload": row.payload.__qualname__,
        "gives": [name for name, field in fields.items() if field.always],
        "gives_if_present": [name for name, field in fields.items() if not field.always],
        "expires": row.expires,
    }


def _describe_source(source: FlowSource) -> dict[str, Any]:
    if source.flow_class is None:
        return {"flow": None, "steps": None}  # only a run knows
    table = _table_of(source)
    assert table is not None
    return {"flow": table.flow, "steps": describe(table)}


def _table_of(source: FlowSource) -> StepTable | None:
    return None if source.flow_class is None else source.flow_class.__stepkit_table__  # type: ignore[attr-defined]


def mermaid(table: StepTable) -> str:
    """Draw a Mermaid flowchart, top down: a diamond asks which case, a box surrounds what is inside a step."""
    chart = _Chart()
    chart.lines += ["flowchart TD", '  start(["start"])']
    ends = chart.sequence(table, [("start", "")], "  ")
    chart.lines.append('  finish(["end"])')
    chart.link(ends, "finish", "  ")
    return "\n".join(chart.lines) + "\n"


Ends = list[tuple[str, str]]
"""Where the next arrow starts: nodes, each with what is written on the arrow."""


class _Chart:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._ids: Iterator[int] = iter(range(1, 1_000_000))

    def node(self) -> str:
        return f"n{next(self._ids)}"

    def link(self, ends: Ends, target: str, indent: str) -> None:
        for source, label in ends:
            arrow = f"-- {_quoted(label)} -->" if label else "-->"
            self.lines.append(f"{indent}{source} {arrow} {target}")

    def sequence(self, table: StepTable, ends: Ends, indent: str) -> Ends:
        for row in table.steps:
            ends = self.row(row, ends, indent)
        return ends

    def row(self, row: StepRow, ends: Ends, indent: str) -> Ends:
        if row.when is not True and len(ends) > 1:
            ends = self.join(ends, indent)  # else each way here would be drawn twice from now on
        if row.cases:
            return self.branch(row, ends, indent)
        if row.members:
            return self.group(row, ends, indent)
        table = None if row.source is None else _table_of(row.source)
        if table is not None:
            return self.box(row, table, ends, indent)
        node = self.node()
        left, right = _SHAPES[row.kind]
        self.lines.append(f"{indent}{node}{left}{_quoted(row.name)}{right}")
        self.link(ends, node, indent)
        return self.skippable(row, ends, [(node, "")])

    def skippable(self, row: StepRow, before: Ends, after: Ends) -> Ends:
        """Add the arrow by which a conditional step is passed."""
        if row.when is True:
            return after
        return after + [(node, f"{label}, not {row.name}" if label else f"not {row.name}") for node, label in before]

    def join(self, ends: Ends, indent: str) -> Ends:
        """Draw a small circle in which several ways meet."""
        node = self.node()
        self.lines.append(f"{indent}{node}(( ))")
        self.link(ends, node, indent)
        return [(node, "")]

    def box(self, row: StepRow, table: StepTable, ends: Ends, indent: str) -> Ends:
        box = self.node()
        self.lines.append(f"{indent}subgraph {box}[{_quoted(row.name)}]")
        entry = self.node()
        self.lines.append(f"{indent}  {entry}(( ))")
        inner = self.sequence(table, [(entry, "")], indent + "  ")
        self.lines.append(f"{indent}end")
        self.link(ends, entry, indent)
        return self.skippable(row, ends, inner)

    def branch(self, row: StepRow, ends: Ends, indent: str) -> Ends:
        node = self.node()
        self.lines.append(f"{indent}{node}{{{_quoted(row.name)}}}")
        self.link(ends, node, indent)
        after: Ends = []
        for case, source in row.cases.items():
            table = _table_of(source)
            if table is None:
                inner = self.node()
                self.lines.append(f"{indent}{inner}[[{_quoted(case)}]]")
                self.link([(node, case)], inner, indent)
                after.append((inner, ""))
            else:
                after += self.sequence(table, [(node, case)], indent)
        return self.skippable(row, ends, [*after, (node, "no case")])

    def group(self, row: StepRow, ends: Ends, indent: str) -> Ends:
        box, fork, join = self.node(), self.node(), self.node()
        self.lines.append(f"{indent}subgraph {box}[{_quoted(row.name)}]")
        self.lines.append(f"{indent}  {fork}(( ))")
        inner: Ends = []
        for member in row.members:
            inner += self.row(member, [(fork, "")], indent + "  ")
        self.lines.append(f"{indent}  {join}(( ))")
        self.link(inner, join, indent + "  ")
        self.lines.append(f"{indent}end")
        self.link(ends, fork, indent)
        return self.skippable(row, ends, [(join, "")])


# What ends a label, starts an entity or a comment, is taken for HTML, or makes the label Markdown.
_ENTITIES = str.maketrans({character: f"#{ord(character)};" for character in '#"<>&`%'})


def _quoted(text: str) -> str:
    return f'"{text.translate(_ENTITIES)}"'
