"""What a nested flow is given: whether the context has the keys that it requires, and that its steps read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mypy.nodes import Context as Node
from mypy.types import Instance, Type

from .. import messages
from ..algebra.contexts import Context, State, telling
from ..algebra.encoding import decode, encoded_inside, table_of
from ..algebra.interpreter import walk
from ..algebra.table import Row, Table
from ..mypy_api import type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..rows.parameters import is_told


def check_input(checker: TypeChecker, node: Node, place: str, flow: Instance, context: Context[Type]) -> set[str]:
    """Check that the context has what a flow requires. The keys that are wrong, also if that was said before."""
    problems, wrong = problems_of(checker, flow, context)
    if problems:
        messages.nested_input(checker, node, place, flow.type.name, list(problems.values()))
    return wrong


def problems_of(checker: TypeChecker, flow: Instance, context: Context[Type]) -> tuple[dict[str, str], set[str]]:
    """What is to be said of the keys that a flow requires, by these, and all that are wrong, also if that was said."""
    table = table_of(flow.type)
    if table is None:
        return {}, set()
    problems: dict[str, str] = {}
    wrong: set[str] = set()
    for name, needed in table.input.keys.items():
        key, wanted = context.keys.get(name), type_ops.for_instance(flow, needed.type)
        if key is None:
            if needed.certain and not context.open:
                wrong.add(name)
                problems[name] = f'"{name}" is missing{messages.near(name, context.keys)}'
        elif not is_subtype(checker, key.type, wanted):
            wrong.add(name)
            problems[name] = messages.differs(checker, name, wanted, key)
        elif needed.certain and not key.certain:
            problems[name] = f'"{name}" may be missing: {messages.why(key)}'
        if name in problems and is_told(checker, context, name, wanted):
            del problems[name]
    misread = _misread_inside(checker, flow, table, context)
    problems |= {name: text for name, text in misread.items() if not is_told(checker, context, name, None)}
    return problems, wrong | problems.keys() | misread.keys()


def _misread_inside(checker: TypeChecker, flow: Instance, table: Table, context: Context[Type]) -> dict[str, str]:
    """Keys that the flow does not ask for, but its steps read, if they are there, as another type."""
    extra = {
        name
        for name, wanted in _reads_inside(flow)
        if name in context.keys
        and name not in table.input.keys
        and (flow.args or not is_subtype(checker, context.keys[name].type, wanted))
    }
    if not extra:  # nearly always: to walk a flow costs what all steps inside it cost
        return {}
    alone = _misread(checker, table, table.input, extra)
    inside = _misread(checker, table, context, extra)
    return {
        name: messages.differs(checker, name, wanted, context.keys[name])
        for (path, name), wanted in reversed(inside.items())
        if (path, name) not in alone
    }


def _reads_inside(flow: Instance) -> Iterator[tuple[str, Type]]:
    """What the steps of a flow, and of those inside it, read: each flow is looked at once."""
    for encoded in encoded_inside(flow.type):
        table = None if encoded is None else decode(encoded)
        for row in () if table is None else table.rows:
            for each in (row, *row.members):
                yield from each.reads.items()


def _misread(
    checker: TypeChecker, table: Table, context: Context[Type], names: set[str]
) -> dict[tuple[str, str], Type]:
    """Which of these keys a step reads as a type that it does not have there, or as its default's alone."""
    found: dict[tuple[str, str], Type] = {}

    def visit(path: str, row: Row, before: Context[Type], after: Context[Type]) -> None:
        for name, wanted in row.reads.items():
            key = before.keys.get(name)
            if name not in names:
                continue
            if key is None:  # the step is blamed for it where it stands
                if not before.open and not _is_annotated(row, name):
                    found[path, name] = wanted
            elif not is_subtype(checker, key.type, wanted):
                found[path, name] = wanted

    walk(State(context), table.rows, visit)
    return found


def _is_annotated(row: Row, name: str) -> bool:
    return any(each.name == name and each.annotated for each in row.facts.parameters)


def telling_once(context: Context[Type], wrong: Iterable[str]) -> Context[Type]:
    """The context with what was said just now, which counts once for the row that it was said of."""
    new = dict.fromkeys(name for name in wrong if name not in context.told)
    return telling(context, new, type_ops.any_type())
