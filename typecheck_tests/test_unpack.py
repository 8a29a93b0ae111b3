"""``**values: Unpack[Calc.Output]`` is an error without the plugin, so these are no cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from .case_files import read_case
from .checkers import mypy_version, problems, run_chain

PROGRAM = """\
# --- helper.py
Kind = int


def load() -> str:
    return ""

# --- flows.py
from __future__ import annotations

from typing import Any, Literal, TypedDict

from probe import assert_type
from stepkit import Flow, StepOutput, flow
from typing_extensions import Unpack

from . import helper, uses


class Input(TypedDict):
    a: int


def above(**values: Unpack[Calc.Output]) -> str:
    return values["b"]  # E2: "int"


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": helper.load()}

    @flow.step("two")
    def two(self, b):
        return {"c": b}

    def again(self, **values: Unpack[Calc.Output]) -> object:
        return values["zum"]  # E: "zum"


def below(first: helper.Kind, **values: Unpack[Calc.Output]) -> object:
    assert_type(values["a"], int)
    return values["c"]


def both(a: int, **values: Unpack[Calc.Output]) -> None:  # E: Overlap between parameter names
    pass


def half(**values: Unpack[StepOutput[Calc, Literal["one"]]]) -> object:
    def inner(**values: Unpack[StepOutput[Calc, Literal["one"]]]) -> object:
        return values["b"]

    return inner(**values)


def start(**values: Unpack[Calc.Input]) -> None:
    Calc().run_sync(values)


above(a=1, b="x", c="")  # E2: [arg-type] "b" # E2: [arg-type] "c"
above(a=1, b="x")  # E: [call-arg] # E2: [arg-type] "b"
below(1, **Calc().run_sync({"a": 1}))  # E2: [arg-type]
half(a=1, b="")  # E2: [arg-type] "b"
half(a=1, b="", c="")  # E: [call-arg] # E2: [arg-type] "b"
start(a="")  # E: [arg-type]


class Open(Flow[Input]):
    @flow.step("one")
    def one(self) -> dict[str, Any]:  # N: step "one"
        return {}


def anything(**values: Unpack[Open.Output]) -> None:  # E: Unpack item in ** parameter must be a TypedDict
    pass


anything(a=1, b=2)

# --- uses.py
from __future__ import annotations

from typing_extensions import Unpack

from . import flows


def show(**values: Unpack[flows.Calc.Output]) -> str:
    return values["c"]  # E2: "int"


def use() -> None:
    show(a=1, b="x", c="x")  # E2: [arg-type] "b" # E2: [arg-type] "c"
    show(a=1, b="x")  # E: [call-arg] # E2: [arg-type] "b"

# --- helper.py (2)
Kind = str


def load() -> int:
    return 1
"""


@pytest.mark.parametrize("chain", ["plain", "daemon"])
def test_the_keys_of_a_flows_types_are_known_where_they_are_unpacked(chain: str, tmp_path: Path) -> None:
    program = PROGRAM if mypy_version() >= (2, 4) else PROGRAM.replace("import helper, uses", "import helper")
    (tmp_path / "unpack.py").write_text(program)  # older ones do not see through import cycles
    case = read_case(tmp_path / "unpack.py", tmp_path)
    phases = run_chain(chain, [case], tmp_path / "runs")
    assert len(phases) == 4
    assert [each for phase in phases for each in problems(case, phase.states[case.name], phase)] == []
