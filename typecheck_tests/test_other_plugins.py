"""The plugin beside others: pydantic's own, and one in which a flow makes it fail."""

from __future__ import annotations

from pathlib import Path

from .case_files import CASES, compare, read_case, read_module
from .checkers import PROBE, check_file, write_case

MODELS = """\
from typing import TypedDict

from stepkit import Flow, flow

class Input(TypedDict):
    a: int

class Before(Flow[Input]):
    @flow.step("one")
    def one(self, a, b):  # E: [stepkit-missing-key] "b"
        return {"c": str(a)}

class Broken(Flow[Input]):  # E: [stepkit-internal] LookupError: a planted fault
    @flow.step("one", when=lambda a: a > 1)
    def one(self, a):
        return {"broken": a}

    @flow.step("two")
    def two(self, broken):
        return {"more": broken}

class After(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"c": [a]}

    @flow.step("two")
    def two(self, c: str):  # E: [stepkit-key-type] "c" as "str"
        return {"d": c}

    broken = flow.subflow("broken", Broken)  # N: "broken" runs Broken

    @flow.step("three")
    def three(self, d: int, e):  # E: [stepkit-key-type] "d" as "int"
        return {"f": 1.5}
"""
USERS = """\
from typing import assert_type

from models import After, Before, Broken
from stepkit import Flow, flow

assert_type(Before().run_sync({"a": 1})["c"], str)
Before().run_sync({"a": ""})  # E: [typeddict-item]
Broken().run_sync({"a": 1})

class Nested(Flow):
    before = flow.subflow("before", Before)  # E: [stepkit-nested-input] "a" is missing

    @flow.step("last")
    def last(self, c: int):  # E: [stepkit-key-type] "c" as "int"
        return {}
"""


def test_an_error_inside_the_plugin_stands_at_its_flow_and_leaves_the_verdicts_on_others_alone(tmp_path: Path) -> None:
    sources = {"models.py": MODELS, "users.py": USERS}
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
    said = check_file(tmp_path, *sources, plugins=str(Path(__file__).with_name("faulty_plugin.py")))
    for name, text in sources.items():
        of_file = [message for message in said if message.file == name]
        assert compare(read_module(text, name).expectations, of_file) == []


def test_pydantic_has_its_own_plugin_beside_this_one(tmp_path: Path) -> None:
    cases = [read_case(CASES / "libraries" / f"{name}.py", CASES) for name in ("pydantic_models", "fastapi_handlers")]
    (tmp_path / "probe.py").write_text(PROBE)
    for case in cases:
        write_case(case, 0, tmp_path)
    said = check_file(tmp_path, *(path for case in cases for path in case.files), plugins="pydantic.mypy, stepkit_mypy")
    for case in cases:
        for path in case.files:
            of_file = [message for message in said if message.file == path]
            assert compare(case.expected(0, path), of_file) == []
