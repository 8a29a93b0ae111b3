"""Callbacks that may stop a run: its result is then what the context was after any of its steps."""

from __future__ import annotations

from mypy.checker import TypeChecker
from mypy.nodes import FuncItem, TypeInfo

from .. import mypy_api
from ..algebra.contexts import merged
from ..algebra.interpreter import Known, start, walk
from ..algebra.table import Table
from ..syntax.callbacks import CALLBACK, Search, callback_of

STOP = "stop_pipeline"


def call_may_stop(checker: TypeChecker, call: object) -> bool:
    """Whether the callback that ``run`` or its like is given here may stop the run."""
    callback = callback_of(call)
    return callback is not None and Search(checker, _asks_for_stop).callback(callback)


def class_may_stop(checker: TypeChecker, info: TypeInfo) -> bool:
    """Whether the class has a method of its own that is called after every step and may stop the run."""
    symbol = info.names.get(CALLBACK)
    return symbol is not None and Search(checker, _asks_for_stop).node(symbol.node)


def stopped(table: Table) -> Known:
    """What a run of the flow gives, if it may be stopped after any step."""
    contexts: list[Known] = []
    state = walk(start(table), table.rows, lambda path, row, before, after: contexts.append(after))
    return merged([state.result(mypy_api.join), *contexts], mypy_api.join)


def _asks_for_stop(function: FuncItem) -> bool:
    return STOP in mypy_api.members_in(function.body)
