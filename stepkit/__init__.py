"""Flows of named steps, with a checkpoint after every step and a mypy plugin that knows the context's type."""

from typing import TYPE_CHECKING, Any

from . import errors, flow
from .definition import Flow
from .events import Progress, StepEvent, StepStart
from .helper_types import StepInput, StepNames, StepOutput
from .log import LogConfig, Stopwatch
from .table import CircuitBreaker

if TYPE_CHECKING:
    from .checkpoint import Checkpoint, deserialize_checkpoint, serialize_checkpoint
    from .codec import Codec

__all__ = [
    "Checkpoint",
    "CircuitBreaker",
    "Codec",
    "Flow",
    "LogConfig",
    "Progress",
    "StepEvent",
    "StepInput",
    "StepNames",
    "StepOutput",
    "StepStart",
    "Stopwatch",
    "deserialize_checkpoint",
    "errors",
    "flow",
    "serialize_checkpoint",
]


def __getattr__(name: str) -> Any:
    """What saves values is imported when it is first used: a flow that takes no checkpoint starts without it."""
    if name in ("Checkpoint", "deserialize_checkpoint", "serialize_checkpoint"):
        from . import checkpoint

        return getattr(checkpoint, name)
    if name == "Codec":
        from .codec import Codec

        return Codec
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
