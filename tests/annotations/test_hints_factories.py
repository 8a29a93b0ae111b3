"""Functions that make flows name the classes of those flows."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from stepkit import Flow, flow
from stepkit.annotations.hints import hints_of

if TYPE_CHECKING:
    pass  # type: ignore[import-not-found]


@dataclass
class Risk:
    level: str


class Inside(Flow):
    @flow.step("judge")
    def judge(self, risk: Risk):
        return {"judged": risk.level}


def make_inside(client: object) -> Inside:
    return Inside()


class Outside(Flow):
    client: object = None

    @flow.step("rate")
    def rate(self):
        return {"risk": Risk("low")}

    def make(self) -> Inside:
        return Inside()


def _by_class(self: Any) -> Any:
    return Inside() if self.client is None else Inside()


@pytest.mark.parametrize(
    "factory",
    [
        lambda self: Inside(),
        lambda self: make_inside(self.client),
        lambda self: self.make(),
        _by_class,
        Outside.make,
        lambda self: sys.modules[__name__] and Inside(),
    ],
    ids=["a lambda", "a function that it calls", "a method", "a function", "an annotation", "among other names"],
)
def test_a_function_that_makes_a_flow_names_its_classes_without_being_called(factory: Any) -> None:
    class Whole(Outside):
        inner = flow.subflow("inner", factory)

    class Routed(Outside):
        @flow.branch("route", cases={"inner": factory})
        def route(self):
            return "inner"

    for cls in (Whole, Routed):
        saved: list[str] = []
        result = cls().run_sync(on_step_complete=lambda event: saved.append(event.checkpoint))  # noqa: B023
        assert result["judged"] == "low"
        assert [cls().run_checkpoint_sync(checkpoint) for checkpoint in saved] == [result] * len(saved)


def test_flows_that_make_each_other_have_the_classes_of_both() -> None:
    class First(Outside):
        second = flow.subflow("second", lambda self: Second(), when=False)

    class Second(Inside):
        first = flow.subflow("first", lambda self: First(), when=False)

    assert hints_of(First).registry is hints_of(First).registry
    saved: list[str] = []
    First().run_sync(on_step_complete=lambda event: saved.append(event.checkpoint))
    assert First().run_checkpoint_sync(saved[0])["risk"] == Risk("low")
