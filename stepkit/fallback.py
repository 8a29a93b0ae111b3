"""What ``on_error=`` says beside a policy: a method, by its name, or a function that stands in for a failed step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from .errors.wording import nearest, quoted
from .flow import Declaration
from .signature import UnreadableSignature, is_async, read_parameters
from .table import ERROR_POLICIES, Fallback

WANTED = f"{quoted(ERROR_POLICIES)}, the name of a method, or a function of (self, error) and keys"


def read_fallback(value: object, flow_class: type) -> Fallback:
    """The fallback that ``on_error=`` names or is. Raises ``UnreadableSignature``, whose message says what is wrong."""
    function = value
    if isinstance(value, str):
        function = inspect.getattr_static(flow_class, value, None)
        if not inspect.isfunction(function) or value not in _methods(flow_class):
            raise UnreadableSignature(no_method(value, _methods(flow_class), function))
    if not callable(function) or isinstance(function, type):
        raise UnreadableSignature(f"on_error is one of {WANTED}, not {value!r}")
    return _fallback(function, method=isinstance(value, str))


def no_method(name: str, methods: Iterable[str], found: object = None) -> str:
    """What is to be said of a name that no plain method has, but perhaps something else."""
    hint = nearest(name, [each for each in (*ERROR_POLICIES, *methods) if each != name])
    kinds = {staticmethod: "a static method", classmethod: "a class method", Declaration: "a step"}
    what = next((f": it is {text}" for kind, text in kinds.items() if isinstance(found, kind)), "")
    return f'on_error is one of {WANTED}; "{name}" is no plain method of the class{what or hint}'


def _fallback(function: Callable[..., Any], *, method: bool) -> Fallback:
    name = getattr(function, "__name__", type(function).__name__)
    try:
        parameters = read_parameters(function, method=method, takes_error=True)
    except UnreadableSignature as error:
        raise UnreadableSignature(f"on_error: {name}: {error}") from None
    return Fallback(name, function, parameters, is_async(function))


def _methods(flow_class: type) -> list[str]:
    own = [base for base in flow_class.__mro__ if not base.__module__.startswith(("stepkit.", "typing", "builtins"))]
    return [name for base in own for name, value in vars(base).items() if inspect.isfunction(value)]
