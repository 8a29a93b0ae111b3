"""What one plugin object keeps between its hooks. All of it can be found again from the syntax and the types."""

from __future__ import annotations

from dataclasses import field

from mypy.nodes import TypeInfo

from ..algebra.table import TABLE
from ..flow_class.work import Work, Works, declaration_at
from ..mypy_api import checking, type_aliases
from ..mypy_api.checking import TypeChecker
from ..records import dataclass
from ..syntax.declarations import Declaration
from .comparisons import Comparisons
from .event_reads import EventReads
from .flow_views import Tables


@dataclass(eq=False)
class Session:
    works: Works
    """The flow classes that are being checked."""
    tables: Tables = field(default_factory=Tables)
    """What was read of the tables of flows."""
    comparisons: Comparisons = field(default_factory=Comparisons)
    event_reads: EventReads = field(default_factory=EventReads)
    broken: dict[str, tuple[TypeInfo, str]] = field(default_factory=dict)
    """What was said first of a class that something unexpected was met in."""

    def declared(self, checker: TypeChecker, node: object) -> tuple[Work | None, Declaration | None]:
        """The class and the declaration that a call in a class body is."""
        info = checking.class_being_checked(checker)
        if info is None or type_aliases.alias_of(info, TABLE) is None:
            return None, None
        work = self.works.get(info)
        return work, None if work is None else declaration_at(work, node)
