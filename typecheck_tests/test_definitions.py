"""What the plugin says of a flow's definition is what the runtime says when the class is created."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from stepkit.errors import FlowDefinitionError

from .case_files import CASES
from .checkers import PROBE, check_file

PROGRAMS = ("names", "options", "methods", "not_blamed")
OBJECT = re.compile(r"a staticmethod|<staticmethod.*?>\)?>")


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_plugin_foresees_what_the_runtime_says(name: str, tmp_path: Path) -> None:
    source = (CASES / "definition" / f"{name}.py").read_text(encoding="utf-8")
    (tmp_path / "probe.py").write_text(PROBE)
    (tmp_path / "program.py").write_text(source)
    said = [each.text for each in check_file(tmp_path, "program.py") if each.code == "stepkit-definition"]
    assert _without_objects(said) == _without_objects(_problems_at_run_time(source))


def _problems_at_run_time(source: str) -> list[str]:
    """What is said of each class, when the program is run statement by statement."""
    found: list[str] = []
    namespace: dict[str, object] = {}
    for statement in ast.parse(source).body:
        try:
            exec(compile(ast.Module([statement], []), "program", "exec", dont_inherit=True), namespace)
        except FlowDefinitionError as error:
            found += error.problems
    return found


def _without_objects(texts: list[str]) -> list[str]:
    return sorted(OBJECT.sub("something", text) for text in texts)
