"""What users need to test their flows: does a run that is stopped and resumed give what an uninterrupted one gives?"""

from .comparison import difference
from .suspending import assert_resumable, assert_resumable_sync, run_suspended, run_suspended_sync

__all__ = [
    "assert_resumable",
    "assert_resumable_sync",
    "difference",
    "run_suspended",
    "run_suspended_sync",
]
