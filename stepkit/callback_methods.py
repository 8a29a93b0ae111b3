"""The methods of a flow that are called while it runs, and what is wrong with one that never could be."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from .errors.wording import quoted
from .flow import Declaration

CALLBACKS = {
    "on_step_start": ("event",),
    "on_step_complete": ("event",),
    "on_step_error": ("step_name", "error"),
    "on_progress": ("progress",),
}
"""The names of the methods, each with what it is given."""


# What a flow has where nobody says otherwise: so ``super().on_step_complete(event)`` is always right.


def on_step_start(self: object, event: object) -> None:
    """Override it to be called with a ``StepStart`` before every step of this flow that runs, also where it is nested.

    Sync or async. If it raises, the run ends before the step. ``super()`` has one that does nothing.
    """


def on_step_complete(self: object, event: object) -> None:
    """Override it to be called with a ``StepEvent`` after every completed step of this flow, also where it is nested.

    Sync or async. If it raises, the run ends with that error. ``super()`` has one that does nothing.
    """


def on_step_error(self: object, step_name: object, error: object) -> None:
    """Override it to be called with a step's path and the error for every failed attempt, also where it is nested.

    Sync or async. It observes: an error of its own is logged. ``super()`` has one that does nothing.
    """


def on_progress(self: object, progress: object) -> None:
    """Override it to be called with a ``Progress`` whenever a step says how far it is, in the step's thread.

    Sync. It observes: an error of its own is logged. ``super()`` has one that does nothing.
    """


def is_default(callback: object) -> bool:
    """Whether a callback is one of those that do nothing."""
    return any(callback is each for each in (on_step_start, on_step_complete, on_step_error, on_progress))


def name_problem(name: str) -> str | None:
    """Why a method of this name would be waited for in vain, or None."""
    if name in CALLBACKS or not name.startswith("on"):
        return None
    import difflib

    folded = {each.replace("_", ""): each for each in CALLBACKS}
    near = difflib.get_close_matches(name.replace("_", "").lower(), folded, n=1, cutoff=0.85)
    if not near and not name.startswith(("on_step_", "on_progress_")):
        return None
    meant = f'did you mean "{folded[near[0]]}"?' if near else "give it another name"
    return f"it would never be called: a flow calls {quoted(CALLBACKS)}; {meant}"


def signature_problem(name: str, signature: inspect.Signature, *, takes_self: bool) -> str | None:
    """Why a method cannot be called with what it is given, or None."""
    given = CALLBACKS[name]
    try:
        signature.bind(*(("self",) if takes_self else ()), *given)
    except TypeError as error:
        return f"it is called as self.{name}({', '.join(given)}), which its parameters do not take: {error}"
    return None


def problems_of(cls: type) -> Iterator[str]:
    """What is wrong with the callbacks of a flow class and of what it mixes in."""
    for base in cls.__mro__:
        for name, value in vars(base).items():
            is_method = callable(value) or isinstance(value, classmethod)
            problem = name_problem(name) if is_method and not isinstance(value, Declaration) else None
            if problem is not None:
                yield f"{name}: {problem}"
    for name in CALLBACKS:
        problem = _problem_of_callback(cls, name)
        if problem is not None:
            yield f"{name}: {problem}"


def _problem_of_callback(cls: type, name: str) -> str | None:
    found: Any = inspect.getattr_static(cls, name, None)
    if found is None or is_default(found) or isinstance(found, Declaration):
        return None
    takes_self = isinstance(found, FunctionType)
    if isinstance(found, staticmethod | classmethod):
        found = getattr(cls, name)
    elif not takes_self and (hasattr(type(found), "__get__") or hasattr(found, "__wrapped__")):
        return None  # what it gives is known once there is an instance
    if not callable(found):
        return f"it is a method, not {found!r}; write {name} = None to go without an inherited one"
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return None
    return signature_problem(name, signature, takes_self=takes_self)
