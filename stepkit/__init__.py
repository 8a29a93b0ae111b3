"""Flows of named steps, with a checkpoint after every step and a mypy plugin that knows the context's type."""

from . import errors, flow
from .checkpoint import Checkpoint, deserialize_checkpoint, serialize_checkpoint
from .codec import Codec
from .console import LogConfig, Stopwatch
from .definition import Flow
from .events import StepEvent
from .flow import CircuitBreaker
from .helper_types import StepInput, StepNames, StepOutput

__all__ = [
    "Checkpoint",
    "CircuitBreaker",
    "Codec",
    "Flow",
    "LogConfig",
    "StepEvent",
    "StepInput",
    "StepNames",
    "StepOutput",
    "Stopwatch",
    "deserialize_checkpoint",
    "errors",
    "flow",
    "serialize_checkpoint",
]
