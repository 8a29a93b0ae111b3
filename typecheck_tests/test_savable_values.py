"""What mypy says that no checkpoint can save is what the runtime refuses, for each of many everyday expressions."""

from __future__ import annotations

import gc
import importlib.util
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from stepkit.errors import UnsavableValueError

from .checkers import check_file
from .savable_values import EXPRESSIONS, PRELUDE, REGISTERED

VALUES = [("Common", each) for each in EXPRESSIONS] + [("Registered", each) for each in REGISTERED]
DATA_DECIDE = {"named()", "thing()", "object()"}
"""What their static types may hold is saved or not: mypy is silent, whatever came."""


def test_mypy_foresees_what_is_refused_and_blames_nothing_that_is_saved(tmp_path: Path) -> None:
    parts = [PRELUDE]
    for number, (base, expression) in enumerate(VALUES):
        parts.append(
            f"\nclass Flow{number}({base}):\n"
            f'    @flow.step("give")\n    def give(self):\n        return {{"value": {expression}}}\n'
            f"def read{number}(event: Flow{number}.Event) -> str:\n"
            f"    return event.checkpoint  # {number}\n"
        )
    text = "".join(parts)
    (tmp_path / "values.py").write_text(text)
    lines = text.splitlines()

    foreseen: set[int] = set()
    others: list[str] = []
    for message in check_file(tmp_path, "values.py"):
        line = lines[message.line - 1]
        if message.code == "stepkit-unsavable":
            foreseen.add(int(line.rpartition("# ")[2]))
        elif message.severity == "error" and message.code != "stepkit-useless-default":  # the flow that names classes
            others.append(f"{message}: {line}")
    assert others == []

    module = _run(tmp_path / "values.py")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the file that is not closed, and the coroutine that is not awaited
        refused = {number for number in range(len(VALUES)) if not _is_saved(module, number)}
        gc.collect()
    wrong = []
    for number, (_, expression) in enumerate(VALUES):
        if (number in refused) != (number in foreseen) and expression not in DATA_DECIDE:
            wrong.append(f"{expression}: {'refused' if number in refused else 'saved'}, and mypy says otherwise")
    assert wrong == []
    assert 60 < len(refused) < len(VALUES) - 60


def _run(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("savable_values_under_test", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


def _is_saved(module: ModuleType, number: int) -> bool:
    """Whether the checkpoint after the last step is taken; then what it restores is the value, of the same type."""
    flow: Any = getattr(module, f"Flow{number}")
    events: list[Any] = []
    value = flow().run_sync(on_step_complete=events.append)["value"]
    try:
        checkpoint = events[-1].checkpoint
    except UnsavableValueError:
        return False
    restored = flow().run_checkpoint_sync(checkpoint)["value"]
    same = type(restored) is type(value) and (restored == value or repr(restored) == repr(value))
    assert same, (VALUES[number], value, restored)
    return True
