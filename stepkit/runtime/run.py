"""What all frames of a run share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ..table import CompleteCallback, ErrorCallback, FlowOptions, ProgressCallback, StartCallback
from .cancellation import Observed, TaskWatch
from .deadline import Deadline
from .observer import Observer
from .ports import Caller, Journal


class Run:
    """A run of a flow: what its caller asked for, and what all its frames share."""

    # Defaults stand here, so that starting a run writes only what differs.
    complete_callbacks: tuple[CompleteCallback, ...] = ()
    error_callbacks: tuple[ErrorCallback, ...] = ()
    start_callbacks: tuple[StartCallback, ...] = ()
    progress_callbacks: tuple[ProgressCallback, ...] = ()
    observer: Observer | None = None
    cancel: Any = None
    deadline: Deadline | None = None
    """When the whole run has to be over."""
    watch: TaskWatch | None = None
    """Knows whether the run's task was cancelled; made before anything of the user's is awaited."""
    by_hand = False
    """Whether no event loop drives this run."""
    is_over = False
    observed: Observed | None = None
    """What an event loop throws into this run comes through here."""
    journal: Journal | None = None
    caller: Caller | None = None
    """Calls what is called on the event loop itself; None calls it directly."""
    failure: tuple[Exception, str] | None = None
    """The last error of a step, and the path of the step."""
    notices: tuple[str, ...] = ()
    """What the run begins by warning of."""
    watched = False
    """Whether there is more to do for each step than to notify of its completion: to log it, to record it, to look at
    ``cancel`` or at the deadline."""
    decision: Mapping[str, Any] | None = None
    """The keys of the decision for the gate that the checkpoint waits at, until the gate is passed."""
    expires: float | None = None
    """When that gate can no longer be decided, in seconds since 1970."""
    _id: str | None = None

    def __init__(self, owner: Any, options: FlowOptions, take: Callable[..., str]) -> None:
        self.owner = owner
        self.options = options
        self.take = take
        """Takes the checkpoint as it is seen from a frame of this run: after a step, or at one."""

    @property
    def flow(self) -> str:
        return self.options.name

    @property
    def limit(self) -> int:
        """The size that no checkpoint may exceed, in bytes."""
        return self.options.max_checkpoint_size

    @property
    def id(self) -> str:
        """The run's id: the same after a resume. It is made when it is first asked for."""
        if self._id is None:
            import uuid

            # Members of a group ask at the same time: the first one's stays.
            vars(self).setdefault("_id", uuid.uuid4().hex)
            assert self._id is not None
        return self._id

    @id.setter
    def id(self, id: str) -> None:
        self._id = id

    def set_deadline(self, at: float) -> None:
        """Let the run be over by then, in seconds since 1970; infinity is no deadline."""
        self.deadline = None if at == math.inf else Deadline(at)
        self.watched = True

    def warn(self, path: str, message: str) -> None:
        """Log a warning, also where the run is not logged."""
        if self.observer is not None:
            self.observer.warned(path, message)
        else:
            import logging

            about = {"flow": self.flow, "step": path, "run_id": self.id}
            where = f"{self.flow}: {path}" if path else self.flow
            logging.getLogger("stepkit").warning("flow %s: %s", where, message, extra=about)
