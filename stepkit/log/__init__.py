"""What a person sees of a run: the log and the stopwatch.

Importing this imports neither ``logging`` nor the log itself: a run that is not logged pays nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .config import LogConfig, Stopwatch, effective_config

if TYPE_CHECKING:
    from ..runtime.observer import Observer

__all__ = ["LogConfig", "Stopwatch", "make_observer", "effective_config"]


def make_observer(config: bool | LogConfig | None, whole_run: bool) -> Observer:
    """Make the log of one run.

    ``config`` says how it looks and where it goes; a bool or None is a ``LogConfig()``. ``whole_run`` says whether the
    run is logged: if it is not, only steps with ``log=True`` and warnings are. Raises ``TypeError`` if ``config`` is
    something else.
    """
    from .run_log import RunLog

    effective, _ = effective_config(config, None)
    return RunLog(effective, whole_run)
