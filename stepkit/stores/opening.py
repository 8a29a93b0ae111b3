"""A store from a URL, as it stands in a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from .contract import Store

FORMS = '"sqlite:///runs.db", "postgresql://…", "redis://…", "rediss://…", "unix://…" or "memory:"'


def open_store(url: str) -> Store:
    """The store that a URL names: ``sqlite:``, ``postgresql:``, ``redis:``, ``rediss:``, ``unix:`` or ``memory:``.

    ``sqlite:///runs.db`` is a file in the current folder, ``sqlite:////var/lib/runs.db`` one with a whole path.
    Nothing is connected before the store is used.
    """
    if not isinstance(url, str):
        raise TypeError(f"the URL of a store is a string, not {type(url).__qualname__}")
    scheme = url.partition(":")[0].lower()
    if url == "memory:":
        from .memory import MemoryStore

        return MemoryStore()
    if scheme == "sqlite":
        return _sqlite(url)
    if scheme in ("postgresql", "postgres"):
        from .postgres import PostgresStore

        return PostgresStore(url)
    if scheme in ("redis", "rediss", "unix"):
        from .redis import RedisStore

        return RedisStore(url)
    raise ValueError(f"no store has such a URL; it is one of {FORMS}")  # which may hold a password


def _sqlite(url: str) -> Store:
    from .sqlite import SqliteStore

    parts = urlsplit(url)
    if parts.netloc or parts.query or parts.fragment or not parts.path.startswith("/"):
        raise ValueError('the URL of a SQLite file is "sqlite:///" and its path, without anything behind it')
    return SqliteStore(unquote(parts.path[1:]))
