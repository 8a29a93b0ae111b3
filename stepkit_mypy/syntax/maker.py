"""What an expression is to a flow class: a function of stepkit's, what it gives, or a team's own around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Literal

from mypy.nodes import ArgKind, CallExpr, EllipsisExpr, Expression

from ..algebra.kinds import KINDS, Kind
from ..records import dataclass

FUNCTIONS: dict[str, Kind] = {traits.function: kind for kind, traits in KINDS.items()}
DECORATORS: dict[str, Kind] = {traits.function: kind for kind, traits in KINDS.items() if traits.decorates}
MADE: dict[str, Kind] = {traits.made: kind for kind, traits in KINDS.items() if not traits.decorates}
METHOD = EllipsisExpr()
"""Stands for the method that is decorated."""
UNSEEN = EllipsisExpr()
"""Stands for an option of which only that it was given is known."""

Argument = tuple[Expression, ArgKind, str | None]
Stage = Literal["function", "decorator", "made"]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a team's own function that makes declarations."""

    name: str
    kind: ArgKind
    default: Expression | None = None


@dataclass(frozen=True, eq=False)
class Maker:
    """What an expression is to a flow class, and the options that are known of it."""

    kind: Kind
    stage: Stage
    """A function to be called; a decorator; or the declaration itself."""
    options: Mapping[str, Expression] = field(default_factory=dict)
    complete: bool = True
    """Whether all options can be seen."""
    group: str | None = None
    call: CallExpr | None = None
    """The call of stepkit's own function, which mypy checks at this place."""
    function: Expression | None = None
    """What a step was made of, where that is no decorated method."""
    direct: bool = False
    """Whether it is stepkit's own function or what that gives, at this place."""
    given: tuple[Argument, ...] = ()
    """The arguments that a partial function holds."""
    house: House | None = None
    """A team's own function."""


@dataclass(frozen=True, eq=False)
class House:
    """A function that returns what one of stepkit's functions gives for its arguments."""

    parameters: tuple[Parameter, ...] | None
    """None where they cannot be seen."""
    result: Maker
    spread: str | None = None
    """The ``**options`` that it passes on."""
    defaults: Mapping[str, Expression] = field(default_factory=dict)
    """What it puts into them where they are not given."""


def not_here(maker: Maker) -> Maker:
    """What stands behind a name: mypy checks the call that made it somewhere else."""
    return replace(maker, direct=False, call=None)
