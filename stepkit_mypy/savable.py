"""Which types no checkpoint can save. Only what is clearly so: any other class may have a codec.

That is what has no form on the wire, and instances of classes that the flow names nowhere: in its input, in the
annotation of a parameter or of a return. They could be saved, but not found again.
"""

from __future__ import annotations

from collections.abc import Iterable

from mypy.nodes import TypeInfo, Var
from mypy.types import (
    CallableType,
    Instance,
    Overloaded,
    TupleType,
    Type,
    TypedDictType,
    TypeType,
    UnionType,
    get_proper_type,
)

from . import compat
from .rows import Row, Table

UNSAVABLE = frozenset(
    """
    types.ModuleType types.FunctionType types.MethodType types.CodeType types.FrameType types.TracebackType
    typing.Generator typing.AsyncGenerator typing.Coroutine typing.IO io.IOBase builtins.function builtins.type
    builtins.map builtins.filter builtins.zip builtins.enumerate builtins.reversed
    sqlite3.Connection sqlite3.Cursor sqlite3.dbapi2.Connection sqlite3.dbapi2.Cursor
    socket.socket ssl.SSLContext selectors.BaseSelector select.epoll mmap.mmap subprocess.Popen
    threading.Thread threading.Lock threading.RLock threading._RLock threading.Condition threading.Event
    threading.Semaphore threading.Barrier threading.local _thread.lock _thread.LockType _thread.RLock
    multiprocessing.process.BaseProcess multiprocessing.connection._ConnectionBase queue.Queue queue.SimpleQueue
    asyncio.futures.Future asyncio.tasks.Task _asyncio.Future _asyncio.Task asyncio.queues.Queue asyncio.locks.Lock
    asyncio.locks.Event asyncio.locks.Condition asyncio.locks.Semaphore asyncio.events.AbstractEventLoop
    asyncio.streams.StreamReader asyncio.streams.StreamWriter concurrent.futures._base.Future
    concurrent.futures._base.Executor logging.Logger weakref.ReferenceType contextvars.Context
    """.split()
)


def is_unsavable(type: Type) -> bool:
    """Whether a value of this type, or some item of it, is of a kind that has no form on the wire."""
    waiting = [type]
    seen: set[Type] = set()
    while waiting:
        each = waiting.pop()
        if compat.is_recursive(each):
            if each in seen:
                continue
            seen.add(each)
        proper = get_proper_type(each)
        if isinstance(proper, (CallableType, Overloaded, TypeType)):
            return True
        if isinstance(proper, (TupleType, UnionType)):
            waiting += proper.items
        elif isinstance(proper, TypedDictType):
            waiting += proper.items.values()
        elif isinstance(proper, Instance):
            if any(base.fullname in UNSAVABLE for base in proper.type.mro):
                return True
            if proper.type.module_name == "builtins":
                waiting += proper.args
    return False


def made_of_fields(type: Type) -> list[TypeInfo]:
    """The classes with fields or members that stand in a type: they come back only where the flow names them."""
    return [info for info in compat.classes_in(type) if _is_made_of_fields(info)]


def is_named(info: TypeInfo, named: set[TypeInfo]) -> bool:
    """Whether the class, or one that is derived from it, is among those that a flow names."""
    return any(info in each.mro for each in named)


def _is_made_of_fields(info: TypeInfo) -> bool:
    if info.is_enum or info.is_named_tuple or "dataclass" in info.metadata or "attrs" in info.metadata:
        return True
    return any(base.fullname in ("msgspec.Struct", "pydantic.main.BaseModel") for base in info.mro)


def named_classes(tables: Iterable[Table]) -> set[TypeInfo] | None:
    """The classes that flows with these tables name in annotations, and those of their fields.

    None where that cannot be told: a flow inside is not known, or an annotation names the whole context.
    """
    named: set[TypeInfo] = set()
    for table in tables:
        for key in table.input.keys.values():
            _name(key.type, named)
        for row in (each for outer in table.rows for each in (outer, *outer.members)):
            if row.facts.names_whole or None in row.flows:
                return None
            _name_of_row(row, named)
    return named


def _name_of_row(row: Row, named: set[TypeInfo]) -> None:
    for parameter in row.facts.parameters:
        if parameter.annotated and parameter.name in row.reads:
            _name(row.reads[parameter.name], named)
    if row.facts.names_return:
        for key in row.change.keys.values():
            _name(key.type, named)
        if row.change.rest is not None:
            _name(row.change.rest, named)


def _name(type: Type, named: set[TypeInfo]) -> None:
    waiting = compat.classes_in(type)
    while waiting:
        info = waiting.pop()
        if info in named:
            continue
        named.add(info)
        if _is_made_of_fields(info):
            for base in info.mro:
                for symbol in base.names.values():
                    if isinstance(symbol.node, Var) and symbol.node.type is not None and not symbol.node.is_classvar:
                        waiting += compat.classes_in(symbol.node.type)
