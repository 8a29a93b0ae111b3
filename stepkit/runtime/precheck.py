"""Checks before anything runs: does the context have what the remaining steps read, and does it fit?

Only what is certain is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..annotations.fitting import fit
from ..annotations.forms import UNKNOWN
from ..annotations.hints import hints_of
from ..errors import CheckpointKeyError, CheckpointValueError, FlowInputError
from ..errors.wording import quoted
from .frame import Frame
from .reads import Read, remaining_reads


def check_input(frame: Frame, *, complete: bool = True) -> None:
    """Check the input of a run against what the flow declares, and as a resume checks a checkpoint.

    Where it is not ``complete``, keys that the steps read may still come with override data. Raises ``FlowInputError``.
    """
    flow, declared = frame.run.flow, hints_of(type(frame.owner)).input
    if declared is not UNKNOWN:
        try:
            fit(frame.context, declared, "$", convert=False)
        except ValueError as error:
            raise FlowInputError(f"flow {flow}: the input is refused: {error}") from None
    try:
        for read in remaining_reads([frame]):
            fitted(read, "the input", {})
    except (CheckpointKeyError, CheckpointValueError) as error:
        if isinstance(error, CheckpointKeyError) and not complete:
            return
        raise FlowInputError(str(error)) from None


def check_remaining(levels: list[Frame], override_data: Mapping[str, Any]) -> None:
    """Check the contexts of the frames of a checkpoint against the steps that are left in them.

    ``override_data`` is what the contexts hold that is not from the checkpoint, for messages.
    Raises ``CheckpointKeyError`` and ``CheckpointValueError``.
    """
    for read in remaining_reads(levels):
        fitted(read, "the checkpoint", override_data)


def convert_remaining(levels: list[Frame], override_data: Mapping[str, Any]) -> None:
    """Replace JSON forms, as a checkpoint written by hand has them, by what the annotations of the steps left say.

    Raises as ``check_remaining`` does.
    """
    for read in remaining_reads(levels):
        read.frame.context[read.key] = fitted(read, "the checkpoint", override_data, convert=True)


def fitted(read: Read, source: str, override_data: Mapping[str, Any], *, convert: bool = False) -> Any:
    """Return the value that a step will read, if it is there and fits; ``source`` names its origin in messages."""
    flow, path, key = read.frame.run.flow, read.path, read.key
    if read.is_missing:
        advice = "Give it in the input" if source == "the input" else _with_override(key)
        raise CheckpointKeyError(
            f'flow {flow}: step "{path}" reads "{key}", which {source} does not have and no step before it provides; '
            f"{source} has {quoted(read.frame.context)}. {advice}"
        )
    value = read.frame.context[key]
    if read.annotation is UNKNOWN:
        return value
    try:
        return fit(value, read.annotation, f"$.{key}", convert=convert)
    except ValueError as error:
        overridden = key in override_data and value is override_data[key]
        given = "override_data" if overridden else source
        advice = f". {_with_override(key, 'a fitting value')}" if given == "the checkpoint" else ""
        raise CheckpointValueError(
            f'flow {flow}: step "{path}" cannot read "{key}" from {given}: {error}{advice}'
        ) from None


def _with_override(key: str, what: str = "it") -> str:
    return f'Give {what} with override_data={{"{key}": ...}}'
