"""The base of all errors."""

from __future__ import annotations

from collections.abc import Mapping
from types import BuiltinFunctionType
from typing import Any, Self, TypeVar

_Error = TypeVar("_Error", bound="StepkitError")


class StepkitError(Exception):
    """The base of all errors of stepkit. All come back from ``pickle`` and ``copy`` with their attributes and notes."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message  # KeyError's own __str__ would show the repr

    # Made anew without __init__: what an error is made of is not what it was called with. Else an error that comes out
    # of a process pool breaks the pool.

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self.args, _picklable(vars(self)))

    def __copy__(self) -> Self:
        return _remade(type(self), self.args, vars(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        from copy import deepcopy

        return _remade(type(self), deepcopy(self.args, memo), deepcopy(vars(self), memo))


def _remade(error_class: type[_Error], arguments: tuple[Any, ...], attributes: Mapping[str, Any]) -> _Error:
    """Return an error that is as another one was."""
    builtin: Any = error_class
    while not isinstance(vars(builtin).get("__new__"), BuiltinFunctionType):
        builtin = builtin.__base__  # of several bases the one whose objects these are, which may not be the first
    error: _Error = builtin.__new__(error_class)
    BaseException.__init__(error, *arguments)
    vars(error).update(attributes)
    return error


def _picklable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes for pickling; what would not come back, as a class inside of a function, becomes None."""
    import pickle

    kept: dict[str, Any] = {}
    for name, value in attributes.items():
        try:
            pickle.loads(pickle.dumps(value))
        except Exception:
            value = None
        kept[name] = value
    return kept
