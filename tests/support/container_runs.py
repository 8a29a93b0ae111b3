"""Runs of container flows: what completed, and a stop."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Runner = Callable[..., dict[str, Any]]


def events(flow_class: Any, input: Any = None) -> tuple[list[str], dict[str, str]]:
    """The names of the completed steps in order, and the checkpoint of each."""
    names: list[str] = []
    texts: dict[str, str] = {}

    def note(event: Any) -> None:
        names.append(event.step_name)
        texts[event.step_name] = event.checkpoint

    flow_class().run_sync(input, on_step_complete=note)
    return names, texts


def stop_at(path: str) -> Callable[[Any], None]:
    return lambda event: event.stop_pipeline() if event.step_name == path else None


def completions(flow_class: Any, input: Any = None) -> list[tuple[str, str]]:
    """The path of each completed step, and that of the step that its checkpoint was taken after."""
    seen: list[tuple[str, str]] = []
    flow_class().run_sync(
        input, on_step_complete=lambda event: seen.append((event.step_name, json.loads(event.checkpoint)["stepName"]))
    )
    return seen
