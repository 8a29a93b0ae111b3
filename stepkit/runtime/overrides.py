"""The override data of a resume: where it goes, and which of its keys nobody knows."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import CodeType
from typing import Any

from ..annotations.fields import typed_dict_fields
from ..annotations.hints import FlowHints, hints_of
from ..errors.wording import nearest
from ..table import Condition, StepRow
from .frame import Frame


def override(levels: list[Frame], data: Mapping[str, Any]) -> None:
    """Put the override data into the contexts of the frames, innermost first.

    A key that the inside of a container has written is the inside's own: how it changes the context around it is for
    the container's merge policy to say, as it would be without the override.
    """
    for key, value in data.items():
        for level in reversed(levels):
            level.context[key] = value
            if level.written is not None and key in level.written:
                break


def unknown_keys(root: Frame, levels: list[Frame], data: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys that no step of the flow reads or gives, no input names and no context in progress holds.

    By key, what to say of it: the nearest names. Empty where that cannot be told, as a step reads everything.
    """
    if all(any(key in level.context for level in levels) for key in data):
        return {}
    known = _known_keys(type(root.owner), ())
    if known is None:
        return {}
    for level in levels:
        known |= level.context.keys()
    return {key: nearest(key, known) for key in data if key not in known}


def _known_keys(flow_class: Any, around: tuple[Any, ...]) -> set[str] | None:
    """Return the keys that a flow and those inside it read, give and are given; None where that can be anything."""
    if flow_class in around:
        return set()
    hints = hints_of(flow_class)
    known = _input_keys(hints)
    for row in flow_class.__stepkit_table__.rows():
        others = [row.when.parameters] if isinstance(row.when, Condition) else []
        others += [] if row.fallback is None else [row.fallback.parameters]
        for parameters in (row.parameters, *others):
            if parameters.whole:
                return None
            known.update(parameters.required, parameters.optional)
        known |= _given(row, hints)
        for source in row.sources:
            inside = None if source.flow_class is None else _known_keys(source.flow_class, (*around, flow_class))
            if inside is None:
                return None
            known |= inside
    return known


def _input_keys(hints: FlowHints) -> set[str]:
    try:
        return set(typed_dict_fields(hints.input))
    except Exception:  # there is none, or it is not a TypedDict
        return set()


def _given(row: StepRow, hints: FlowHints) -> set[str]:
    given = hints.gives(row)
    if given is not None:
        return set(given[0] | given[1])
    # What has no annotation gives keys that stand in its code.
    return {text for function in row.functions for text in _strings(function)}


def _strings(function: Callable[..., Any]) -> Iterator[str]:
    function = inspect.unwrap(function)
    while isinstance(function, functools.partial):
        function = inspect.unwrap(function.func)
    pending: list[Any] = [getattr(function, "__code__", None)]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, tuple):
            pending += each
        elif isinstance(each, CodeType):
            pending += each.co_consts
