"""Calls that inject the keys of a context into the parameters of a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from ..table import Parameters

Call = Callable[[Any, Mapping[str, Any]], Any]
"""A call that takes the flow and the context."""


def bind(function: Callable[..., Any], parameters: Parameters) -> Call:
    """Return a call that takes the flow and the context and injects the keys that ``function`` reads.

    The common shapes have closures of their own: most of what an idle step costs is this call.
    """
    required, optional = parameters.required, parameters.optional
    if parameters.takes_self and not (optional or parameters.keyword_only or parameters.whole):
        if not required:
            return lambda owner, context: function(owner)
        if len(required) == 1:
            (key,) = required
            return lambda owner, context: function(owner, context[key])
        if len(required) == 2:
            first, second = required
            return lambda owner, context: function(owner, context[first], context[second])
        get = itemgetter(*required)
        return lambda owner, context: function(owner, *get(context))

    positional = tuple(key for key in required if key not in parameters.keyword_only)
    by_name = tuple(key for key in required if key in parameters.keyword_only)

    def call(owner: Any, context: Mapping[str, Any]) -> Any:
        arguments = [owner] if parameters.takes_self else []
        if parameters.whole:
            arguments.append(MappingProxyType(dict(context)))
        arguments += [context[key] for key in positional]
        named = {key: context[key] for key in by_name}
        named |= {key: context[key] for key in optional if key in context}
        return function(*arguments, **named)

    return call


def missing_key(parameters: Parameters, context: Mapping[str, Any]) -> str | None:
    """Return the first required key that the context does not have."""
    return next((key for key in parameters.required if key not in context), None)
