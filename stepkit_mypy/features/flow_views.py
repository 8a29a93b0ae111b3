"""What was read of the tables of flows: the contexts of their events, and what follows from them."""

from __future__ import annotations

from dataclasses import field

from mypy.nodes import TypeInfo
from mypy.types import Type

from ..algebra.contexts import Context, Key, merged
from ..algebra.encoding import as_type, decode, table_of, tables_inside
from ..algebra.interpreter import collect_paths, start, walk
from ..algebra.table import TABLE, Row, Table
from ..caching import Kept
from ..checks.early_stop import stopped
from ..mypy_api import deferral, type_aliases, type_ops
from ..mypy_api.checking import TypeChecker
from ..records import dataclass
from ..savable import Judge, Problem, known_of


@dataclass(eq=False)
class Entry:
    """What was read of a flow's table, as long as it stays what it is, and those of the flows inside it."""

    targets: list[Type]
    table: Table
    after: dict[str, Context[Type]] = field(default_factory=dict)
    after_any: Context[Type] | None = None
    complete: bool = True
    """Whether the paths of all steps are known."""
    keys: dict[str, Type] = field(default_factory=dict)
    stopped: Type | None = None


class Tables:
    """The tables that were read last; reading one costs what its steps cost."""

    def __init__(self) -> None:
        self.generation = 0
        """Grows whenever some flow's table changes: as long as it does not, no tables need be compared."""
        self._current: Kept[Entry | None] = Kept(32)
        self._entries: Kept[Entry | None] = Kept(32)
        self.contexts: Kept[Type | None] = Kept()
        """What the event holds that was asked for last."""
        self.unsavable: Kept[dict[str, tuple[Key[Type], str, Problem]]] = Kept()
        """What cannot be saved of it."""

    def _entry(self, info: TypeInfo) -> Entry | None:
        return self._current.answer((info, self.generation), lambda: self._read(info), key=info.fullname)

    def _read(self, info: TypeInfo) -> Entry | None:
        targets = tables_inside(info)
        if targets is None:
            return None
        return self._entries.answer((info, *targets), lambda: _read_from(targets), key=info.fullname)

    def judge(self, info: TypeInfo) -> Judge | None:
        """What tells the types that the flow's checkpoints can save; None where its codecs cannot be seen."""
        entry = self._entry(info)
        known = None if entry is None else known_of(t for t in map(decode, entry.targets) if t is not None)
        return None if known is None else Judge(known)

    def after(self, info: TypeInfo) -> dict[str, Context[Type]] | None:
        """The context in the event of every step whose path is known, by that."""
        entry = self._entry(info)
        if entry is None:
            return None
        table, contexts = entry.table, entry.after
        if entry.after_any is None:
            paths: list[str] = []
            entry.complete = collect_paths(table.rows, "", paths, (info,))
            known, others = set(paths), list[Context[Type]]()

            def visit(path: str, row: Row, before: Context[Type], after: Context[Type]) -> None:
                if path in known and row.facts.named:
                    contexts[path] = after if path not in contexts else merged([contexts[path], after], type_ops.join)
                else:
                    others.append(after)

            end = walk(start(table), table.rows, visit)
            entry.after_any = merged([*contexts.values(), *others] or [end.context], _same_or_any)
        return contexts

    def after_any(self, info: TypeInfo) -> Context[Type]:
        """The context in the event of a step whose name is not known: every key, if there, as some step has it."""
        self.after(info)
        entry = self._entry(info)
        return Context(rest=type_ops.any_type()) if entry is None or entry.after_any is None else entry.after_any

    def anywhere(self, info: TypeInfo) -> list[Context[Type]] | None:
        """The context before the first step and after every one. None where that is not known yet."""
        after, entry = self.after(info), self._entry(info)
        return None if after is None or entry is None else [entry.table.input, *after.values()]

    def is_complete(self, info: TypeInfo) -> bool:
        """Whether the paths of all steps of the flow are known."""
        self.after(info)
        entry = self._entry(info)
        return entry is not None and entry.complete

    def before(self, info: TypeInfo) -> dict[str, Context[Type]] | None:
        """The context that every step sees, by its path."""
        entry = self._entry(info)
        if entry is None:
            return None
        contexts: dict[str, Context[Type]] = {}

        def visit(path: str, row: Row, before: Context[Type], after: Context[Type]) -> None:
            contexts[path] = before if path not in contexts else merged([contexts[path], before], type_ops.join)

        walk(start(entry.table), entry.table.rows, visit)
        return contexts

    def stopped(self, checker: TypeChecker, info: TypeInfo) -> Type | None:
        """What a run of the flow gives that may be stopped after any step."""
        entry = self._entry(info)
        if entry is None:
            return None
        if entry.stopped is None:
            entry.stopped = as_type(checker, stopped(entry.table))
        return entry.stopped

    def seen_keys(self, info: TypeInfo) -> dict[str, Type] | None:
        """Every key that some step may see, with all types that it has on the way. None where that is not known."""
        entry = self._entry(info)
        if entry is None:
            return None
        table, keys = entry.table, entry.keys
        if keys:
            return keys
        contexts = [table.input]
        asked: dict[str, Type] = {}  # what only the inputs of flows inside name: an override goes there too

        def visit(path: str, row: Row, before: Context[Type], after: Context[Type]) -> None:
            contexts.append(Context({n: k for n, k in after.keys.items() if before.keys.get(n) is not k}, after.rest))
            # What a step reads and nothing gives was reported there: to give it here would mend it.
            contexts.append(
                Context({name: before.keys.get(name, Key(type_ops.any_type(), False)) for name in row.wrong})
            )
            for flow in row.flows:
                inside = None if flow is None else table_of(flow.type)
                if flow is not None and inside is not None:
                    wanted = inside.input.keys.items()
                    asked.update({name: type_ops.for_instance(flow, key.type) for name, key in wanted})

        walk(start(table), table.rows, visit)
        if any(context.open for context in contexts):
            return None
        for context in contexts:
            for name, key in context.keys.items():
                keys[name] = key.type if name not in keys else type_ops.join(keys[name], key.type)
        for name, type in asked.items():
            keys.setdefault(name, type)
        return keys


def _same_or_any(first: Type, second: Type) -> Type:
    return first if first is second or first == second else type_ops.any_type()


def depend_on(checker: TypeChecker, info: TypeInfo) -> None:
    found = type_aliases.inherited_alias(info, TABLE)
    if found is not None:
        deferral.add_dependency(checker, f"{found[1].fullname}.{TABLE}")


def _read_from(targets: list[Type]) -> Entry | None:
    table = decode(targets[0])
    return None if table is None else Entry(targets, table)
