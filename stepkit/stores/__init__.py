"""Where durable runs are kept: in memory, SQLite, PostgreSQL or Redis, encrypted if you like, behind one contract."""

from typing import TYPE_CHECKING, Any

from .contract import (
    Claim,
    Decision,
    DurabilityWarning,
    Lease,
    NewSave,
    Page,
    RunRecord,
    RunState,
    Save,
    Store,
    as_datetime,
    as_microseconds,
)
from .opening import open_store

if TYPE_CHECKING:
    from .encrypted import EncryptedStore
    from .memory import MemoryStore
    from .postgres import PostgresStore
    from .redis import RedisStore
    from .sqlite import SqliteStore

__all__ = [
    "Claim",
    "Decision",
    "DurabilityWarning",
    "EncryptedStore",
    "Lease",
    "MemoryStore",
    "NewSave",
    "Page",
    "PostgresStore",
    "RedisStore",
    "RunRecord",
    "RunState",
    "Save",
    "SqliteStore",
    "Store",
    "as_datetime",
    "as_microseconds",
    "open_store",
]

_MODULES = {
    "EncryptedStore": "encrypted",
    "MemoryStore": "memory",
    "PostgresStore": "postgres",
    "RedisStore": "redis",
    "SqliteStore": "sqlite",
}


def __getattr__(name: str) -> Any:
    """A store is imported when it is first named: nobody loads the module of another one."""
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(f".{_MODULES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
