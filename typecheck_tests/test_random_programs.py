"""Random flows: what the plugin says of each value is compared with the values that come when the flows are run.

``STEPKIT_RANDOM_FLOWS`` sets how many flows are made; 100 where it is not set. They are the same ones at each run, so
that a rare fault fails the run that looks for it and no other; ``STEPKIT_RANDOM_SEED`` asks for others
(``make type-properties``).
"""

from __future__ import annotations

import logging
import os
import random
import re
import sys
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from stepkit.errors import CircuitOpenError

from . import random_flows
from .checkers import check_file
from .revealed import read_type

FLOWS = int(os.environ.get("STEPKIT_RANDOM_FLOWS", "100"))
SEED = int(os.environ.get("STEPKIT_RANDOM_SEED", "1"))
RUNS = 50
REVEALED = re.compile(r'Revealed type is "(.*)"$')


FIRST_LINE = re.compile(r"# flow \d+")


class Failed(Exception):
    """What a step raises by chance."""


@pytest.mark.parametrize("containers", [False, True], ids=["flat", "containers"])
def test_what_the_plugin_says_of_random_flows_is_what_running_them_gives(
    containers: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="stepkit")
    sources = _make(FLOWS, containers)
    text = random_flows.PRELUDE + "".join(sources)
    (tmp_path / "choices.py").write_text(random_flows.CHOICES)
    (tmp_path / "flows.py").write_text(text)

    # What a subclass makes of its base is about those who use the base, and nobody does here.
    messages = [each for each in check_file(tmp_path, "flows.py") if each.code != "stepkit-override-step"]
    blamed = [f"{message}\n{_source(text, message.line)}" for message in messages if message.severity == "error"]
    if blamed:
        pytest.fail(_shortest("correct programs are blamed", blamed), pytrace=False)
    said: dict[int, str] = {}
    for message in messages:
        if match := REVEALED.search(message.text):
            said[message.line] = match[1]

    values = _run(text, len(sources))
    lines = text.splitlines()
    assert len(values) > FLOWS
    wrong: list[str] = []
    for line, seen in sorted(values.items()):
        type = said.get(line, "Never")  # where mypy says nothing, it believes that nobody comes there
        fits = read_type(type)
        unfit = [value for value in seen if not fits(value)]
        if unfit:
            wrong.append(
                f"line {line}: {lines[line - 1].strip()}: {type}, but {unfit[0]!r} came\n{_source(text, line)}"
            )
    if wrong:
        pytest.fail(_shortest("the plugin is wrong about values", wrong), pytrace=False)


def test_the_types_of_the_comparison_are_told_apart() -> None:
    fits = read_type("TypedDict({'a': builtins.int, 'b'?: Union[builtins.str, None], 'c': list[int | str]})")
    assert fits({"a": 1, "c": []})
    assert fits({"a": 1, "b": None, "c": [1, "x"]})
    assert not fits({"a": 1})
    assert not fits({"a": "x", "c": []})
    assert not fits({"a": 1, "b": 2, "c": []})
    assert not fits({"a": 1, "c": [None]})
    assert not fits({"a": 1, "c": [], "d": 1})


def _shortest(title: str, found: list[str]) -> str:
    return "\n\n".join([f"{title}: {len(found)}", *sorted(found, key=len)[:3]])


def _make(count: int, containers: bool) -> list[str]:
    """That many random flows, each under its number."""
    made: dict[str, None] = {}

    @seed(SEED)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
    )
    @given(random_flows.flows(containers=containers))
    def collect(source: str) -> None:
        made[source] = None

    collect()
    return [f"\n\n# flow {number}{source.replace('_N', f'_{number}')}" for number, source in enumerate(made)]


def _run(text: str, count: int) -> dict[int, list[Any]]:
    """The values that came at each line with ``reveal_type``, over many runs of each flow."""
    seen: dict[int, list[Any]] = {}
    source = random.Random(1)

    def reveal_type(value: Any) -> Any:
        caller: FrameType = sys._getframe(1)
        seen.setdefault(caller.f_lineno, []).append(value)
        return value

    def fail_sometimes() -> None:
        if source.random() < 0.3:
            raise Failed

    saved: list[str] = []

    def kept() -> list[str]:
        some = source.sample(saved, min(2, len(saved)))
        saved.clear()
        return some

    choices = ModuleType("choices")
    setattr(choices, "chance", lambda: source.random() < 0.5)
    setattr(choices, "fail_sometimes", fail_sometimes)
    setattr(choices, "keep", saved.append)
    setattr(choices, "kept", kept)
    module = ModuleType("random_flows_under_test")
    setattr(module, "reveal_type", reveal_type)
    sys.modules["choices"] = choices
    try:
        exec(compile(text, "flows.py", "exec"), module.__dict__)
        for number in range(count):
            for _ in range(RUNS):
                saved.clear()
                try:
                    getattr(module, f"run_{number}")()
                except* (Failed, CircuitOpenError):
                    pass  # a run that ends with an error gives nothing
    finally:
        del sys.modules["choices"]
    return seen


def _source(text: str, line: int) -> str:
    """The program that holds the line."""
    lines = text.splitlines()
    first = max(number for number, each in enumerate(lines[:line]) if FIRST_LINE.match(each))
    last = next((number for number in range(line, len(lines)) if FIRST_LINE.match(lines[number])), len(lines))
    return "\n".join(lines[first:last])
