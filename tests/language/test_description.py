"""``describe()`` and ``mermaid()``: the step table as data and as a picture."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from stepkit import CircuitBreaker, Flow, flow


class Odd(Flow):
    @flow.step("odd-step")
    def odd_step(self, a):
        return {"odd": a}


class Everything(Flow):
    @flow.step("plain")
    def plain(self, a, b=0): ...

    @flow.step(
        "full",
        when=lambda a: a,
        on_error="continue",
        retries=2,
        timeout=1.5,
        merge="skip",
        circuit_breaker=CircuitBreaker(failure_threshold=3, cooldown=10),
        aliases=("former",),
    )
    async def full(self, ctx, /): ...

    @flow.step("off", when=False, thread=True)
    def off(self): ...

    @flow.transform("replace")
    def replace(self, *, a):
        return {}

    gather = flow.parallel("gather", mode="settled")

    @gather.step("left")
    def left(self): ...

    right = gather.subflow(Odd)

    @flow.branch("route", cases={"odd": Odd, "made": lambda self: Odd()})
    def route(self, a): ...

    nested = flow.subflow("nested", Odd, merge="error")


ODD = {"flow": "Odd", "steps": [{"name": "odd-step", "kind": "step", "reads": ["a"], "reads_if_present": []}]}
for _step in ODD["steps"]:
    _step |= {"reads_everything": False, "async": False}  # type: ignore[operator]

NOTHING_READ = {"reads": [], "reads_if_present": [], "reads_everything": False, "async": False}


def test_describe_is_the_step_table_as_data() -> None:
    described = Everything.describe()
    assert described == [
        {"name": "plain", "kind": "step", **NOTHING_READ, "reads": ["a"], "reads_if_present": ["b"]},
        {
            "name": "full",
            "kind": "step",
            **NOTHING_READ,
            "reads_everything": True,
            "async": True,
            "when": "condition",
            "on_error": "continue",
            "merge": "skip",
            "retries": 2,
            "timeout": 1.5,
            "aliases": ["former"],
            "circuit_breaker": {"failure_threshold": 3, "cooldown": 10, "on_open": "raise"},
        },
        {"name": "off", "kind": "step", **NOTHING_READ, "when": False, "thread": True},
        {"name": "replace", "kind": "transform", **NOTHING_READ, "reads": ["a"]},
        {
            "name": "gather",
            "kind": "parallel",
            "mode": "settled",
            "members": [
                {"name": "left", "kind": "step", **NOTHING_READ},
                {"name": "right", "kind": "subflow", **ODD},
            ],
        },
        {
            "name": "route",
            "kind": "branch",
            **NOTHING_READ,
            "reads": ["a"],
            "cases": {"odd": ODD, "made": {"flow": None, "steps": None}},
        },
        {"name": "nested", "kind": "subflow", "merge": "error", **ODD},
    ]
    assert json.loads(json.dumps(described)) == described


def test_what_describe_gave_may_be_changed_without_changing_the_flow() -> None:
    Odd.describe()[0]["name"] = "other"
    assert Odd.describe()[0]["name"] == "odd-step"
    assert Odd().describe() == Odd.describe()


# A reader of the part of Mermaid's flowchart grammar that we write: it gives what a browser would draw.

_LABEL = r'"((?:[^"#<>&`%]|#(?:\d+|[a-z]+);)*)"'
_NODE = re.compile(
    r"(?P<id>\w+)(?:"
    + "|".join(
        f"{opening}{_LABEL}{closing}"
        for opening, closing in [
            (r"\(\[", r"\]\)"),
            (r"\[\[", r"\]\]"),
            (r"\[/", r"/\]"),
            (r"\[", r"\]"),
            (r"\{", r"\}"),
        ]
    )
    + r"|\(\( \)\))"
)
_EDGE = re.compile(rf"(\w+) (?:-- {_LABEL} )?--> (\w+)")
_BOX = re.compile(rf"subgraph (\w+)\[{_LABEL}\]")


def read(chart: str) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """The labels of the nodes and boxes, and the edges, as labels; fails on anything else."""
    first, *lines = chart.splitlines()
    assert first == "flowchart TD"
    labels: dict[str, str] = {}
    edges: list[tuple[str, str, str]] = []
    depth = 0

    def unescape(text: str | None) -> str:
        return html.unescape(
            re.sub(r"#(\d+|[a-z]+);", lambda entity: f"&{'#' * entity[1].isdecimal()}{entity[1]};", text or "")
        )

    for line in map(str.strip, lines):
        if line == "end":
            depth -= 1
        elif match := _BOX.fullmatch(line):
            depth += 1
            assert match[1] not in labels
            labels[match[1]] = unescape(match[2])
        elif match := _NODE.fullmatch(line):
            assert match["id"] not in labels
            labels[match["id"]] = unescape(next((text for text in match.groups()[1:] if text is not None), "o"))
        else:
            match = _EDGE.fullmatch(line)
            assert match is not None, line
            edges.append((match[1], unescape(match[2]), match[3]))
    assert depth == 0
    assert {name for source, _, target in edges for name in (source, target)} <= set(labels)
    return labels, [(labels[source], text, labels[target]) for source, text, target in edges]


def test_mermaid_draws_flat_steps_from_top_to_bottom() -> None:
    class Flat(Flow):
        @flow.step("one")
        def one(self): ...

        @flow.step("two", when=lambda: True)
        def two(self): ...

        @flow.transform("three")
        def three(self):
            return {}

    assert Flat.mermaid() == (
        "flowchart TD\n"
        '  start(["start"])\n'
        '  n1["one"]\n'
        "  start --> n1\n"
        '  n2["two"]\n'
        "  n1 --> n2\n"
        '  n3[/"three"/]\n'
        "  n2 --> n3\n"
        '  n1 -- "not two" --> n3\n'
        '  finish(["end"])\n'
        "  n3 --> finish\n"
    )


def test_mermaid_draws_what_holds_others() -> None:
    _, edges = read(Everything.mermaid())
    assert edges == [
        ("start", "", "plain"),
        ("plain", "", "full"),
        ("full", "", "o"),
        ("plain", "not full", "o"),
        ("o", "", "off"),
        ("off", "", "replace"),
        ("o", "not off", "replace"),
        ("o", "", "left"),
        ("o", "", "odd-step"),
        ("o", "", "o"),
        ("left", "", "o"),
        ("odd-step", "", "o"),
        ("replace", "", "o"),
        ("o", "", "route"),
        ("route", "odd", "odd-step"),
        ("route", "made", "made"),
        ("o", "", "odd-step"),
        ("odd-step", "", "o"),
        ("made", "", "o"),
        ("route", "no case", "o"),
        ("odd-step", "", "end"),
    ]


def test_a_flow_without_steps_is_drawn_too() -> None:
    class Nothing(Flow): ...

    assert read(Nothing.mermaid())[1] == [("start", "", "end")]


@pytest.mark.parametrize(
    "name",
    ['say "hi"', "a[b]{c}(d)", "<b>bold<i>", "a & b", "#quot; #35;", "end", "`code`", "a --> b", "%% no", "ünï 🚀"],
)
def test_no_name_breaks_the_chart(name: str) -> None:
    class Named(Flow):
        @flow.step(name, when=lambda: True)
        def go(self): ...

        @flow.branch(f"{name}?", cases={name: Odd})
        def route(self): ...

        box = flow.subflow(f"{name}!", Odd)

    labels, edges = read(Named.mermaid())
    assert {name, f"{name}?", f"{name}!"} <= set(labels.values())
    assert ("start", f"not {name}", f"{name}?") in edges
    assert (f"{name}?", name, "odd-step") in edges


def test_many_conditional_steps_in_a_row_do_not_make_the_chart_explode() -> None:
    namespace: dict[str, Any] = {
        f"s{number}": flow.step(f"s{number}", when=lambda: True)(lambda self: None) for number in range(100)
    }
    chart = type("Long", (Flow,), namespace).mermaid()  # type: ignore[attr-defined]
    assert len(chart.splitlines()) < 1_000


def test_describe_says_what_a_fallback_reads() -> None:
    class FallsBack(Flow):
        @flow.step("ask", on_error="guess")
        def ask(self):
            return {"rate": 1.0}

        def guess(self, error, currency, day=None):
            return {"rate": 1.1}

    assert FallsBack.describe() == [
        {
            "name": "ask",
            "kind": "step",
            **NOTHING_READ,
            "on_error": "guess",
            "fallback_reads": ["currency"],
            "fallback_reads_if_present": ["day"],
            "fallback_reads_everything": False,
        }
    ]
