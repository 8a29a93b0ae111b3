"""``**kwargs: Unpack[Calc.Output]`` in another module than the flow's: without the plugin an error, so no case."""

from __future__ import annotations

from pathlib import Path

from .checkers import check_file

FLOWS = """\
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}
"""
USE = """\
from flows import Calc
from typing_extensions import Unpack


def show(**values: Unpack[Calc.Output]) -> str:
    return values["b"]


show(a=1, b="x")
show(a=1, b=2)
show(a=1)
"""


def test_the_keys_are_known_in_another_module(tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text(FLOWS)
    (tmp_path / "use.py").write_text(USE)
    for _ in ("cold", "warm"):
        said = [(each.line, each.code) for each in check_file(tmp_path, "use.py")]
        assert said == [(10, "arg-type"), (11, "call-arg")]
        (tmp_path / "use.py").write_text(USE + "\n")


def test_in_the_flows_own_module_it_is_mypys_error(tmp_path: Path) -> None:
    """The daemon may accept it after an edit, so this is no case either."""
    use = USE.removeprefix("from flows import Calc\n")
    (tmp_path / "flows.py").write_text(use.replace("from typing_ext", FLOWS + "\n\nfrom typing_ext", 1))
    for _ in ("cold", "warm"):
        said = [(each.line, each.text) for each in check_file(tmp_path, "flows.py")]
        assert said == [(19, "Unpack item in ** parameter must be a TypedDict")]
