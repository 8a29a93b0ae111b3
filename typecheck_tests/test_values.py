"""The value of a key has the type that the same expression has where it is assigned to a variable."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from .checkers import check_file
from .expressions import PARAMETERS, PRELUDE, WRITTEN, random_expressions

SEED = 10
EXPRESSIONS = [*WRITTEN, *random_expressions(300, SEED)]
TOGETHER = 30
"""How many expressions one step gives: enough that mypy has little else to do."""
REVEALED = re.compile(r'Revealed type is "(.*)"$')


class Program:
    """A program under way; it remembers which expression is revealed at which line."""

    def __init__(self) -> None:
        self.lines = PRELUDE.splitlines()
        self.revealed: dict[int, tuple[str, int]] = {}

    def write(self, *lines: str) -> None:
        self.lines += lines

    def reveal(self, way: str, number: int, indent: str) -> None:
        self.lines.append(f"{indent}reveal_type(k{number})")
        self.revealed[len(self.lines)] = way, number

    def reading(self, way: str, numbers: range) -> None:
        """A step that reveals keys."""
        self.write("", '    @flow.step("read")', f"    def read(self, {', '.join(f'k{n}' for n in numbers)}):")
        for number in numbers:
            self.reveal(way, number, "        ")


def program() -> Program:
    made = Program()
    made.write("", "", "class Input(TypedDict):", *(f"    {name}: {type}" for name, type in PARAMETERS.items()))
    for start in range(0, len(EXPRESSIONS), TOGETHER):
        _written(made, start, range(start, min(start + TOGETHER, len(EXPRESSIONS))))
    return made


def _written(made: Program, start: int, numbers: range) -> None:
    given = ", ".join(PARAMETERS)
    pairs = [f'"k{n}": {EXPRESSIONS[n]},' for n in numbers]
    made.write("", "", f"async def variables_{start}({', '.join(f'{n}: {t}' for n, t in PARAMETERS.items())}):")
    for number in numbers:
        made.write(f"    k{number} = {EXPRESSIONS[number]}")
        made.reveal("variable", number, "    ")
    displays = {
        "display": ["{", *pairs, "}"],
        "dict": ["dict(", *(f"k{n}={EXPRESSIONS[n]}," for n in numbers), ")"],
        "spread": ["{", "**{", *pairs, "},", "}"],
        "transform": ["{", *pairs, "}"],
    }
    for way, display in displays.items():
        made.write("", "", f"class {way.title()}_{start}(Flow[Input]):")
        made.write(f'    @flow.{way if way == "transform" else "step"}("give")')
        made.write(f"    async def give(self, {given}):", *_return(display))
        made.reading(way, numbers)
    made.write("", "", f"class Group_{start}(Flow[Input]):", '    group = flow.parallel("group")', "")
    made.write("    @group.step()", f"    async def give(self, {given}):", *_return(displays["display"]))
    made.reading("group", numbers)
    made.write("", "", f"class Nested_{start}(Flow[Input]):", f'    inside = flow.subflow("inside", Display_{start})')
    made.reading("nested", numbers)


def _return(display: list[str]) -> Iterator[str]:
    first, *rest = display
    yield f"        return {first}"
    yield from (f"            {line}" for line in rest)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, str]]:
    """By the way that a value takes, and the number of its expression, the type that mypy reveals."""
    folder, made = tmp_path_factory.mktemp("values"), program()
    (folder / "values.py").write_text("\n".join(made.lines) + "\n")
    found: dict[str, dict[int, str]] = {}
    for message in check_file(folder, "values.py"):
        if match := REVEALED.search(message.text):
            way, number = made.revealed[message.line]
            found.setdefault(way, {})[number] = match[1]
    return found


@pytest.mark.parametrize("way", ["display", "dict", "spread", "transform", "group", "nested"])
def test_a_value_has_the_type_that_it_has_in_a_variable(way: str, said: dict[str, dict[int, str]]) -> None:
    variables, keys = said["variable"], said[way]
    assert variables.keys() == keys.keys() == set(range(len(EXPRESSIONS)))
    others = [
        f"{EXPRESSIONS[number]}\n    {type}, as a variable: {variables[number]}"
        for number, type in keys.items()
        if type != variables[number]
    ]
    assert not others, "\n".join(others)
