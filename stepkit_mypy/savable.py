"""Which types no checkpoint can save. Only what is clearly so: any other class may have a codec."""

from __future__ import annotations

from mypy.types import (
    CallableType,
    Instance,
    Overloaded,
    TupleType,
    Type,
    TypedDictType,
    TypeType,
    get_proper_type,
)

from . import compat

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


def is_unsavable(type: Type, depth: int = 0) -> bool:
    """Whether a value of this type, or some item of it, is of a kind that has no form on the wire."""
    proper = get_proper_type(type)
    if depth > 8:
        return False
    if isinstance(proper, (CallableType, Overloaded, TypeType)):
        return True
    if isinstance(proper, TupleType):
        return any(is_unsavable(item, depth + 1) for item in proper.items)
    if isinstance(proper, TypedDictType):
        return any(is_unsavable(item, depth + 1) for item in proper.items.values())
    if isinstance(proper, Instance):
        if any(base.fullname in UNSAVABLE for base in proper.type.mro):
            return True
        return proper.type.module_name == "builtins" and any(is_unsavable(each, depth + 1) for each in proper.args)
    items = compat.union_items(proper)
    return len(items) > 1 and any(is_unsavable(item, depth + 1) for item in items)
