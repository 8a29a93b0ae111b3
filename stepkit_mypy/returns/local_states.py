"""What is known of a method's local dicts at one place, and where one of several ways leads there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Protocol

from mypy.nodes import CallExpr, Expression, NameExpr, Var
from mypy.types import Type

from ..algebra.contexts import Context, Key, either
from ..algebra.table import NOT_EVERY_RETURN
from ..mypy_api import type_ops
from ..records import dataclass


@dataclass(frozen=True, eq=False)
class Held:
    """What a variable holds, and what is to be said about it where it is returned."""

    shape: Context[Type]
    unknown: tuple[tuple[Expression, str], ...] = ()
    untyped: tuple[Expression, ...] = ()
    wrong: bool = False
    places: Mapping[str, Expression] = field(default_factory=dict)


class Values(Protocol):
    """Reads the shapes of expressions, where it is known what the variables in them hold."""

    def held(self, expression: Expression) -> Held: ...

    def held_arguments(self, call: CallExpr) -> Held: ...

    def held_item(self, key: Expression, value: Expression | None, names: list[str] | None) -> Held: ...

    def keys(self, key: Expression) -> list[str] | None: ...

    def value(self, expression: Expression, names: list[str] | None) -> Type: ...


Known = Mapping[NameExpr, "Held | str"]
"""What is known where a variable is read: a text where its keys are not, for what it is; empty for the usual one."""
State = dict[Var, "Held | str"]
"""What each variable holds that was assigned. A variable that was not is not there."""


def joined(states: Iterable[State | None]) -> State | None:
    """What is known where one of several states holds."""
    result: State | None = None
    for state in states:
        if state is None:
            continue
        if result is None:
            result = dict(state)
            continue
        for variable, held in state.items():
            result[variable] = _either(result[variable], held) if variable in result else held
    return result


def _either(first: Held | str, second: Held | str) -> Held | str:
    if first is second:
        return first
    if isinstance(first, str):
        return first or second if isinstance(second, str) else first
    if isinstance(second, str):
        return second
    return combined(first, second, either(first.shape, second.shape, type_ops.join, NOT_EVERY_RETURN))


def combined(first: Held, second: Held, shape: Context[Type]) -> Held:
    """A variable of this shape, with what is to be said of both."""
    return Held(
        shape,
        tuple(dict.fromkeys((*first.unknown, *second.unknown))),
        tuple(dict.fromkeys((*first.untyped, *second.untyped))),
        first.wrong or second.wrong,
        {**first.places, **second.places},
    )


def is_same(first: State, second: State) -> bool:
    return first.keys() == second.keys() and all(is_same_held(held, second[each]) for each, held in first.items())


def is_same_held(first: Held | str, second: Held | str) -> bool:
    if isinstance(first, str) or isinstance(second, str):
        return first == second
    old, new = first.shape, second.shape
    if old is new:
        return True
    return (
        old.keys.keys() == new.keys.keys()
        and all(_same_key(key, new.keys[name]) for name, key in old.keys.items())
        and (old.rest is None) == (new.rest is None)
        and old.rest == new.rest
    )


def _same_key(first: Key[Type], second: Key[Type]) -> bool:
    return first is second or first.certain == second.certain and first.type == second.type
