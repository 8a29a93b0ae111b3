"""Flows of nested flows, branches and groups, at module level: a resume in another process can import them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from stepkit import Flow, flow

EFFECTS: list[str] = []
"""What the steps did; a test clears it."""


def did(what: str) -> None:
    EFFECTS.append(what)


class NumberInput(TypedDict):
    n: int


class LoadSession(Flow[NumberInput]):
    @flow.step("fetch")
    def fetch(self, n: int) -> dict[str, Any]:
        did("fetch")
        return {"session": {"id": n}}

    @flow.step("enrich")
    async def enrich(self, session: dict[str, Any]) -> dict[str, Any]:
        did("enrich")
        session["seen"] = date(2024, 2, 29)  # in place: what was read may be changed
        return {"user": ("ana", session["id"])}


class Nested(Flow[NumberInput]):
    @flow.step("before")
    def before(self, n: int) -> dict[str, Any]:
        did("before")
        return {"n": n + 1}

    load = flow.subflow("load-session", LoadSession)

    @flow.step("after")
    def after(self, user: Any, n: int) -> dict[str, Any]:
        did("after")
        return {"summary": f"{user} {n}"}


class Odd(Flow[NumberInput]):
    @flow.step("odd-step")
    def odd_step(self, n: int) -> dict[str, Any]:
        did("odd-step")
        return {"n": n + 1, "kind": "odd"}  # the route would now choose the other case

    @flow.step("odd-end")
    def odd_end(self, n: int) -> dict[str, Any]:
        did("odd-end")
        return {"odd": n}


class Even(Flow[NumberInput]):
    @flow.step("even-step")
    def even_step(self, n: int) -> dict[str, Any]:
        did("even-step")
        return {"kind": "even"}


class Routed(Flow[NumberInput]):
    @flow.branch("route", cases={"even": Even, "odd": Odd}, when=lambda n: n < 10)
    def route(self, n: int) -> Any:
        did(f"route {n}")
        return None if n == 0 else "even" if n % 2 == 0 else "odd"

    @flow.step("end")
    def end(self, n: int, kind: str = "none") -> dict[str, Any]:
        did("end")
        return {"end": f"{kind} {n}"}


class Reshape(Flow):
    @flow.transform("only-total")
    def only_total(self, a: int, b: int) -> dict[str, Any]:
        did("only-total")
        return {"total": a + b}

    @flow.step("double")
    def double(self, total: int) -> dict[str, Any]:
        did("double")
        return {"total": total * 2}


class NestedTransform(Flow):
    reshape = flow.subflow("reshape", Reshape)

    @flow.step("show")
    def show(self, ctx: Any, /) -> dict[str, Any]:
        did("show")
        return {"keys": sorted(ctx)}


class Gather(Flow):
    @flow.step("start")
    def begin(self) -> dict[str, Any]:
        did("start")
        return {"topic": ["x"]}

    signals = flow.parallel("gather-signals")

    @signals.step("market_size")
    async def market_size(self, topic: list[str]) -> dict[str, Any]:
        await asyncio.sleep(0)
        did("market_size")
        topic.append("changed in place")  # its own copy
        return {"size": 7, "last": "market_size"}

    @signals.step("rivals")
    def rivals(self, topic: list[str]) -> dict[str, Any]:
        did("rivals")
        return {"rivals": {"a", "b"}, "last": "rivals"}

    load = signals.subflow(LoadSession, name="session")

    @flow.step("report")
    def report(self, size: int, rivals: set[str], user: Any, topic: list[str]) -> dict[str, Any]:
        did("report")
        return {"report": [size, sorted(rivals), user, topic]}


class GroupFirst(Flow):
    both = flow.parallel("both")

    @both.step
    async def left(self) -> dict[str, Any]:
        did("left")
        return {"left": 1}

    @both.step
    async def right(self) -> dict[str, Any]:
        did("right")
        return {"right": (2,)}

    @flow.step
    def sum(self, left: int, right: tuple[int]) -> dict[str, Any]:
        did("sum")
        return {"sum": left + right[0]}


class DeepCase(Flow):
    inner = flow.subflow("inner", lambda self: Nested())
    group = flow.subflow("group-first", GroupFirst)

    @flow.step("tail")
    def tail(self, sum: int, n: int) -> dict[str, Any]:
        did("tail")
        return {"n": n + sum}


class Deep(Flow[NumberInput]):
    """Nested flows in a case in a nested flow."""

    class Middle(Flow[NumberInput]):
        @flow.branch("pick", cases={"deep": DeepCase}, merge="skip")
        def pick(self, n: int) -> Any:
            did("pick")
            return "deep"

        @flow.step("middle-end")
        def middle_end(self, n: int) -> dict[str, Any]:
            did("middle-end")
            return {"n": n * 100}

    middle = flow.subflow("middle", Middle())

    @flow.step("last")
    def last(self, n: int, sum: int) -> dict[str, Any]:
        did("last")
        return {"n": n + sum}


@dataclass
class Invoice:
    number: int
    lines: list[tuple[str, int]]


class Bill(Flow):
    @flow.step("draft")
    def draft(self, n: int) -> dict[str, Invoice]:
        did("draft")
        return {"invoice": Invoice(n, [("a", 1)])}

    @flow.step("add-line")
    def add_line(self, invoice: Invoice) -> None:
        did("add-line")
        invoice.lines.append(("b", 2))


class Billing(Flow[NumberInput]):
    """Only the nested flow names the class whose object is in the context."""

    bill = flow.subflow("bill", Bill)

    @flow.step("count")
    def count(self, invoice: Any) -> dict[str, Any]:
        did("count")
        return {"lines": len(invoice.lines)}


class Flaky(Flow):
    @flow.step("steady")
    def steady(self) -> dict[str, Any]:
        did("steady")
        return {"steady": 1}

    @flow.step("flaky")
    def flaky(self) -> dict[str, Any]:
        did("flaky")
        if EFFECTS.count("flaky") < 3:
            raise ConnectionError("not yet")
        return {"flaky": 1}


class Retried(Flow):
    work = flow.subflow("work", Flaky, retries=2)

    @flow.step("done")
    def done(self, steady: int, flaky: int) -> dict[str, Any]:
        did("done")
        return {"done": steady + flaky}


class Failing(Flow):
    @flow.step("half")
    def half(self) -> dict[str, Any]:
        did("half")
        return {"half": 1}

    @flow.step("boom")
    def boom(self) -> dict[str, Any]:
        did("boom")
        raise ValueError("boom")


class Survived(Flow):
    broken = flow.subflow("broken", Failing, on_error="continue")

    @flow.step("go-on")
    def go_on(self, half: int = 0) -> dict[str, Any]:
        did("go-on")
        return {"half was": half}


class GivesUp(Flow):
    @flow.step("first")
    def first(self) -> dict[str, Any]:
        did("first")
        return {"first": 1}

    @flow.step("quit", on_error="skip-remaining")
    def quit(self) -> None:
        did("quit")
        raise ValueError("enough")

    @flow.step("never")
    def never(self) -> dict[str, Any]:
        did("never")
        return {"never": 1}


class SkipsRemaining(Flow):
    part = flow.subflow("part", GivesUp)

    @flow.step("not-reached")
    def not_reached(self) -> dict[str, Any]:
        did("not-reached")
        return {"not reached": 1}


class Sibling(Flow):
    @flow.step("one")
    def one(self) -> dict[str, Any]:
        did("one")
        return {"one": 1}

    @flow.step("bad")
    def bad(self) -> dict[str, Any]:
        did("bad")
        raise LookupError("bad")


class Settled(Flow):
    all = flow.parallel("all", mode="settled")

    @all.step
    async def good(self) -> dict[str, Any]:
        did("good")
        return {"good": 1}

    half_bad = all.subflow(Sibling)

    @flow.step
    def end(self, ctx: Any, /) -> dict[str, Any]:
        did("end")
        return {"has": sorted(ctx)}


def merging(policy: Any) -> type[Flow[Any]]:
    """A flow whose nested flow replaces ``a`` and adds keys, and is merged by that policy."""

    class Inner(Flow):
        @flow.step("replace")
        def replace(self) -> dict[str, Any]:
            return {"a": "inner", "new": 1}

        @flow.step("read")
        def read(self, a: str, new: int) -> dict[str, Any]:
            return {"read": (a, new)}

    class Outer(Flow):
        inner = flow.subflow("inner", Inner, merge=policy)

    return Outer


CASES: dict[str, tuple[type[Flow[Any]], dict[str, Any], dict[str, Any]]] = {
    "nested": (
        Nested,
        {"n": 1},
        {"n": 2, "session": {"id": 2, "seen": date(2024, 2, 29)}, "user": ("ana", 2), "summary": "('ana', 2) 2"},
    ),
    "odd case": (Routed, {"n": 1}, {"n": 2, "kind": "odd", "odd": 2, "end": "odd 2"}),
    "even case": (Routed, {"n": 2}, {"n": 2, "kind": "even", "end": "even 2"}),
    "no case": (Routed, {"n": 0}, {"n": 0, "end": "none 0"}),
    "branch skipped": (Routed, {"n": 11}, {"n": 11, "end": "none 11"}),
    "nested transform": (
        NestedTransform,
        {"a": 1, "b": 2},
        {"a": 1, "b": 2, "total": 6, "keys": ["a", "b", "total"]},
    ),
    "group": (
        Gather,
        {"n": 3},
        {
            "n": 3,
            "topic": ["x"],
            "size": 7,
            "last": "rivals",
            "rivals": {"a", "b"},
            "session": {"id": 3},  # steps inside a group read copies: what they change in place is not kept
            "user": ("ana", 3),
            "report": [7, ["a", "b"], ("ana", 3), ["x"]],
        },
    ),
    "group first": (GroupFirst, {}, {"left": 1, "right": (2,), "sum": 3}),
    "deep": (
        Deep,
        {"n": 1},
        {
            "n": 103,
            "session": {"id": 2, "seen": date(2024, 2, 29)},
            "user": ("ana", 2),
            "summary": "('ana', 2) 2",
            "left": 1,
            "right": (2,),
            "sum": 3,
        },
    ),
    "object of a nested flow's class": (
        Billing,
        {"n": 5},
        {"n": 5, "invoice": Invoice(5, [("a", 1), ("b", 2)]), "lines": 2},
    ),
    "retried": (Retried, {}, {"steady": 1, "flaky": 1, "done": 2}),
    "survived": (Survived, {}, {"half was": 0}),
    "skip-remaining": (SkipsRemaining, {}, {"first": 1}),
    "settled": (Settled, {}, {"good": 1, "has": ["good"]}),
}
"""For each flow an input and the result."""
