"""Interprets step tables. It knows no store and no screen."""

from . import containers as containers  # each kind of step registers itself
from . import function_steps as function_steps
from . import gates as gates
from .breaker import Breaker
from .entry import (
    Callbacks,
    breaker_of,
    call_by,
    check,
    load,
    new_run,
    observe,
    record,
    record_decision,
    resume,
    resume_sync,
    start,
    start_checkpoint,
    start_sync,
)
from .gates import Recorded, Said
from .plan import Plan
from .run import Run

__all__ = [
    "Breaker",
    "Callbacks",
    "Plan",
    "Recorded",
    "Run",
    "Said",
    "breaker_of",
    "call_by",
    "check",
    "load",
    "new_run",
    "observe",
    "record",
    "record_decision",
    "resume",
    "resume_sync",
    "start",
    "start_checkpoint",
    "start_sync",
]
