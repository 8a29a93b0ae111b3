"""The kinds of rows: one entry for each, which says what the rest of the plugin asks of it."""

from __future__ import annotations

from typing import Final, Literal

from .. import names
from ..records import dataclass

Kind = Literal["step", "transform", "parallel", "branch", "subflow", "approval"]


@dataclass(frozen=True)
class Traits:
    """What a row of a kind is."""

    function: str
    """The function that declares it."""
    made: str
    """The class of what stands in the class body."""
    returns_keys: bool = False
    """Whether what its method returns is what it gives."""
    merges: bool = False
    """Whether what it gives is merged into the context."""
    replaces: bool = False
    """Whether the context is only that afterwards."""
    decides: bool = False
    """Whether what it gives is a decision, whose type its declaration names."""
    chooses: bool = False
    """Whether its method returns the name of a case."""
    nests: bool = False
    """Whether it is a flow that is nested."""
    has_members: bool = False
    """Whether it is a group of other rows."""

    @property
    def decorates(self) -> bool:
        """Whether it is made of a method that is decorated."""
        return self.returns_keys or self.chooses

    @property
    def runs_flows(self) -> bool:
        """Whether what it gives is what a flow inside it gives."""
        return self.nests or self.chooses


KINDS: Final[dict[Kind, Traits]] = {
    "step": Traits(names.STEP_FUNCTION, names.STEP, returns_keys=True, merges=True),
    "transform": Traits(names.TRANSFORM_FUNCTION, names.STEP, returns_keys=True, replaces=True),
    "branch": Traits(names.BRANCH_FUNCTION, names.BRANCH, chooses=True),
    "subflow": Traits(names.SUBFLOW_FUNCTION, names.SUBFLOW, nests=True),
    "approval": Traits(names.APPROVAL_FUNCTION, names.APPROVAL, merges=True, decides=True),
    "parallel": Traits(names.PARALLEL_FUNCTION, names.PARALLEL, has_members=True),
}
