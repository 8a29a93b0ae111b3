"""Interprets step tables. It knows no store and no screen."""

from .breaker import Breaker
from .frame import Run
from .run import (
    Callbacks,
    breaker_of,
    check,
    load,
    new_run,
    observe,
    resume,
    resume_sync,
    start,
    start_checkpoint,
    start_sync,
)

__all__ = [
    "Breaker",
    "Callbacks",
    "Run",
    "breaker_of",
    "check",
    "load",
    "new_run",
    "observe",
    "resume",
    "resume_sync",
    "start",
    "start_checkpoint",
    "start_sync",
]
