"""``dataclass`` as type checkers know it, made for a quick start.

A third of what the plugin adds to each start of mypy went into making classes frozen at run time.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool = False, eq: bool = True, slots: bool = False) -> Any:
        """Return ``dataclasses.dataclass`` of the same meaning, without ``frozen=`` and a ``repr``."""
        return dataclasses.dataclass(eq=eq, slots=slots, unsafe_hash=frozen and eq, repr=False)
