"""Callbacks that may stop a run: its result is then what the context was after any of its steps."""

from __future__ import annotations

from mypy.nodes import FuncItem, TypeInfo

from ..algebra.contexts import merged
from ..algebra.interpreter import Known, start, walk
from ..algebra.table import Table
from ..mypy_api import nodes, type_ops
from ..mypy_api.checking import TypeChecker
from ..names import ON_STEP_COMPLETE, STOP_PIPELINE
from ..syntax.callbacks import Search, callback_of


def call_may_stop(checker: TypeChecker, call: object) -> bool:
    """Whether the callback that ``run`` or its like is given here may stop the run."""
    callback = callback_of(call)
    return callback is not None and Search(checker, _asks_for_stop).callback(callback)


def class_may_stop(checker: TypeChecker, info: TypeInfo) -> bool:
    """Whether the class has a method of its own that is called after every step and may stop the run."""
    symbol = info.names.get(ON_STEP_COMPLETE)
    return symbol is not None and Search(checker, _asks_for_stop).node(symbol.node)


def stopped(table: Table) -> Known:
    """What a run of the flow gives, if it may be stopped after any step."""
    contexts: list[Known] = []
    state = walk(start(table), table.rows, lambda path, row, before, after: contexts.append(after))
    return merged([state.result(type_ops.join), *contexts], type_ops.join)


def _asks_for_stop(function: FuncItem) -> bool:
    return STOP_PIPELINE in nodes.members_in(function.body)
