"""The one place that reads signatures: which keys a function reads, and whether it is async."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from .table import Parameters


class UnreadableSignature(Exception):
    """The parameters cannot be injected from a context; the message says why."""


def read_parameters(function: Callable[..., Any], *, method: bool, takes_error: bool = False) -> Parameters:
    """Return the keys that ``function`` reads from the context.

    A method's first parameter is left out. Where ``method`` is false, a first parameter called ``self`` is
    not a key: it receives the flow. With ``takes_error`` the one after it is no key either. ``functools.wraps`` is
    looked through, as ``inspect.signature`` does; no annotation is evaluated. Raises ``UnreadableSignature``.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        raise UnreadableSignature(f"its signature cannot be read ({error})") from None

    takes_self = method or bool(parameters and parameters[0].name == "self")
    before = ["self"] if takes_self else []
    for name in [*before, "error"] if takes_error else before:
        if not parameters or parameters[0].kind in (
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
            inspect.Parameter.KEYWORD_ONLY,
        ):
            raise UnreadableSignature(f"it has no {name} parameter")
        parameters = parameters[1:]

    whole = False
    required: list[str] = []
    optional: list[str] = []
    keyword_only: set[str] = set()
    for place, parameter in enumerate(parameters):
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            raise UnreadableSignature(f"it takes *{parameter.name}; name every key that it reads")
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            raise UnreadableSignature(
                f"it takes **{parameter.name}; name every key that it reads, or take the whole context "
                "with one positional-only parameter: (self, ctx, /)"
            )
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            if place > 0:
                raise UnreadableSignature(
                    f'it has more than one positional-only parameter ("{parameter.name}"); '
                    "the first receives the whole context, keys are ordinary parameters"
                )
            whole = True
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            keyword_only.add(parameter.name)
        if parameter.default is inspect.Parameter.empty:
            required.append(parameter.name)
        else:
            optional.append(parameter.name)
    return Parameters(tuple(required), tuple(optional), whole, frozenset(keyword_only), takes_self)


def is_async(function: Callable[..., Any]) -> bool:
    """Return whether calling ``function`` gives an awaitable, as far as its definition says."""
    while isinstance(function, functools.partial):
        function = function.func
    unwrapped = inspect.unwrap(function)
    return (
        inspect.iscoroutinefunction(function)
        or (
            # functools.wraps around a sync wrapper of an async function: what the wrapper returns decides
            unwrapped is not function and inspect.iscoroutinefunction(unwrapped)
        )
        or inspect.iscoroutinefunction(getattr(function, "__call__", None))
    )
