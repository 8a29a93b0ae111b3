"""Annotations that are strings, or stand in functions: what the names in them mean.

An annotation that cannot be resolved (a name under ``TYPE_CHECKING``, a class of a function, a slip) spoils no other.
"""

from __future__ import annotations

import builtins
import inspect
import sys
import types
import typing
from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Any, ForwardRef, Union, cast

from .forms import UNKNOWN


def resolve_reference(annotation: Any, owner: Any) -> Any:
    """Return what a string or a ForwardRef in a class stands for; itself where that cannot be found out."""
    if isinstance(annotation, ForwardRef):
        module = getattr(annotation, "__forward_module__", None) or owner.__module__
        text: Any = annotation.__forward_arg__
    elif isinstance(annotation, str):
        module, text = owner.__module__, annotation
    else:
        return annotation
    namespace = vars(module) if isinstance(module, types.ModuleType) else vars(sys.modules.get(str(module), typing))
    try:
        return eval(text, dict(vars(owner)), dict(namespace))  # as typing.get_type_hints: the module comes first
    except Exception:
        return annotation if isinstance(annotation, ForwardRef) else ForwardRef(text, is_class=True)


def function_annotations(
    function: Callable[..., Any], flow_class: type, scopes: Mapping[tuple[str, str], dict[str, Any]]
) -> dict[str, Any]:
    """Return what can be resolved of a function's annotations: by parameter, and ``return``.

    A parameter with ``= None`` accepts None, too. ``scopes`` is what ``class_scopes`` found for the flow class.
    """
    inner = inspect.unwrap(function)
    while not hasattr(inner, "__globals__") and hasattr(inner, "func"):  # functools.partial
        inner = inspect.unwrap(inner.func)
    if not hasattr(inner, "__globals__"):
        inner = inspect.unwrap(getattr(type(inner), "__call__", inner))
    signature = inspect.signature(function)
    names = getattr(inner, "__globals__", {})
    around = {**scopes.get(_scope(inner), {}), **closure_of(inner)}
    # The flow's own names come last: a step may be called like a type ("date", "list") that others are annotated with.
    visible = ChainMap(around, names, builtins.__dict__, dict(vars(flow_class)))
    found = {}
    for name, parameter in signature.parameters.items():
        annotation = _resolved(parameter.annotation, visible)
        if annotation is not UNKNOWN:
            if parameter.default is None:
                annotation = _optional(annotation)
            found[name] = annotation
    returned = _resolved(signature.return_annotation, visible)
    if returned is not UNKNOWN:
        found["return"] = returned
    return found


def closure_of(function: Any) -> dict[str, Any]:
    """Return the names that a function uses of the functions around it, with their values."""
    found: dict[str, Any] = {}
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            pass  # not filled yet
    return found


def _scope(function: Any) -> tuple[str, str]:
    """Return the class body that a function is written in, as its module and qualified name."""
    return getattr(function, "__module__", ""), getattr(function, "__qualname__", "").rpartition(".")[0]


def class_scopes(flow_class: type) -> dict[tuple[str, str], dict[str, Any]]:
    """Return for each class body the names that its functions use of the functions around it.

    They mean the same in all functions of the body.
    """
    scopes: dict[tuple[str, str], dict[str, Any]] = {}
    for base in flow_class.__mro__:
        for value in vars(base).values():
            function = getattr(value, "function", value)
            if _scope(function) == (base.__module__, base.__qualname__):
                scopes.setdefault(_scope(function), {}).update(closure_of(function))
    return scopes


def _resolved(annotation: Any, visible: Mapping[str, Any]) -> Any:
    if annotation is inspect.Signature.empty:
        return UNKNOWN
    for _ in range(3):  # a quoted annotation under postponed evaluation is a string in a string
        if isinstance(annotation, ForwardRef):
            annotation = annotation.__forward_arg__
        if not isinstance(annotation, str):
            return annotation
        try:
            annotation = eval(annotation, {}, visible)
        except Exception:
            return UNKNOWN
    return UNKNOWN


def _optional(annotation: Any) -> Any:
    try:
        return cast(Any, Union)[annotation, None]
    except Exception:
        return UNKNOWN
