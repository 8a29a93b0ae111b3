"""mypy's options that forbid Any find none in a flow that has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from .checkers import check_file

PROGRAM = """\
# mypy: {option}
from typing import TypedDict

from stepkit import Flow, StepNames, flow


class Input(TypedDict):
    a: int


class Load(Flow[Input]):
    @flow.step("load")
    def load(self, a: int):
        return {{"loaded": a}}


class Calc(Flow[Input]):
    @flow.step("one", when=lambda a: a > 1, retries=2)
    def one(self, a: int):
        return {{"b": str(a)}}

    nested = flow.subflow("nested", Load)
    made = flow.subflow("made", lambda self: Load())
    group = flow.parallel("group")

    @group.step("member")
    async def member(self, a):
        return {{"c": a}}

    @flow.branch("route", cases={{"load": Load, "again": lambda self: Load()}})
    def route(self, c):
        return "load" if c else None

    @flow.transform("end")
    def end(self, context, /):
        return {{"d": context["c"]}}

    def on_step_complete(self, event):
        print(event.step_name, event.context)


class NoInput(Flow):
    @flow.step("one")
    def one(self):
        return {{"a": 1}}


class Sub(NoInput):
    @flow.step("two")
    def two(self, a):
        return {{"b": a}}


def show(event: Calc.Event) -> None:
    print(event.context, event.checkpoint)


def compare(output: Calc.Output, start: Calc.Input, name: StepNames[Calc]) -> None:
    print(output["d"], start["a"], name)


print(Calc().run_sync({{"a": 1}}, on_step_complete=show))
print(Sub().run_sync(on_step_complete=lambda event: print(event.step_name)))
"""

OPTIONS = ("explicit", "expr", "decorated", "unimported", "generics")


@pytest.mark.parametrize("option", OPTIONS)
def test_no_any_is_found_in_a_flow_that_has_none(option: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM.format(option=f"disallow-any-{option}"))
    assert [str(each) for each in check_file(tmp_path, "program.py")] == []


def test_the_options_are_heeded(tmp_path: Path) -> None:
    program = PROGRAM.format(option="disallow-any-explicit") + "\nfrom typing import Any\n\nfound: Any = 1\n"
    (tmp_path / "program.py").write_text(program)
    assert [each.code for each in check_file(tmp_path, "program.py")] == ["explicit-any"]
