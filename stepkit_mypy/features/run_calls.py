"""Where a flow meets its callers: ``run`` and its like, their callbacks and overrides, and what an event holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import is_

from mypy.checker import TypeChecker
from mypy.nodes import ARG_POS, DictExpr, Expression, FuncDef, StrExpr, TypeInfo
from mypy.nodes import Context as Node
from mypy.subtypes import is_subtype
from mypy.types import CallableType, FunctionLike, Instance, NoneType, Type, TypeType, UnionType, get_proper_type

from .. import messages, mypy_api
from ..algebra.contexts import Context, Key, merged
from ..algebra.interpreter import start, walk
from ..algebra.paths import collect_paths
from ..algebra.table import TABLE, Row, Table, decode, is_ready, table_of, tables_inside
from ..checks.early_stop import call_may_stop, stopped
from ..checks.savers import handed_to_loose_saver, loose_saver
from ..savable import Judge, Problem, known_of
from .class_end import as_type

CHECK = "stepkit.definition.CheckMethod"
CHECKED_RUN = "run_checkpoint_sync"
"""A method that takes a checkpoint as ``load`` does."""


@dataclass(eq=False)
class Entry:
    """What was read of a flow's table, as long as it stays what it is, and those of the flows inside it."""

    info: TypeInfo
    targets: list[Type]
    table: Table
    after: dict[str, Context[Type]] = field(default_factory=dict)
    after_any: Context[Type] | None = None
    complete: bool = True
    """Whether the paths of all steps are known."""
    keys: dict[str, Type] = field(default_factory=dict)
    stopped: Type | None = None
    generation: int = -1
    """When the targets were compared last."""


class Tables:
    """The tables that were read last; reading one costs what its steps cost."""

    def __init__(self) -> None:
        self._tables: dict[str, Entry] = {}
        self.generation = 0
        """Grows whenever some flow's table changes: as long as it does not, nothing need be compared."""
        self.asked: tuple[tuple[object, ...], Type | None] | None = None
        self.checked: tuple[tuple[object, ...], dict[str, tuple[Key[Type], str, Problem]]] | None = None

    def _entry(self, info: TypeInfo) -> Entry | None:
        entry = self._tables.get(info.fullname)
        if entry is not None and entry.generation == self.generation and entry.info is info:
            return entry
        targets = tables_inside(info)
        if targets is None:
            return None
        if entry is None or len(entry.targets) != len(targets) or not all(map(is_, entry.targets, targets)):
            table = decode(targets[0])
            if table is None:
                return None
            if len(self._tables) > 32:
                self._tables.clear()
            entry = self._tables[info.fullname] = Entry(info, targets, table)
        entry.generation = self.generation
        return entry

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
                    contexts[path] = after if path not in contexts else merged([contexts[path], after], mypy_api.join)
                else:
                    others.append(after)

            end = walk(start(table), table.rows, visit)
            entry.after_any = merged([*contexts.values(), *others] or [end.context], _same_or_any)
        return contexts

    def after_any(self, info: TypeInfo) -> Context[Type]:
        """The context in the event of a step whose name is not known: every key, if there, as some step has it."""
        self.after(info)
        entry = self._entry(info)
        return Context(rest=mypy_api.any_type()) if entry is None or entry.after_any is None else entry.after_any

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
            contexts[path] = before if path not in contexts else merged([contexts[path], before], mypy_api.join)

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
                Context({name: before.keys.get(name, Key(mypy_api.any_type(), False)) for name in row.wrong})
            )
            for flow in row.flows:
                inside = None if flow is None else table_of(flow.type)
                if flow is not None and inside is not None:
                    wanted = inside.input.keys.items()
                    asked.update({name: mypy_api.for_instance(flow, key.type) for name, key in wanted})

        walk(start(table), table.rows, visit)
        if any(context.open for context in contexts):
            return None
        for context in contexts:
            for name, key in context.keys.items():
                keys[name] = key.type if name not in keys else mypy_api.join(keys[name], key.type)
        for name, type in asked.items():
            keys.setdefault(name, type)
        return keys


def _same_or_any(first: Type, second: Type) -> Type:
    return first if first is second or first == second else mypy_api.any_type()


def depend_on(checker: TypeChecker, info: TypeInfo) -> None:
    found = mypy_api.inherited_alias(info, TABLE)
    if found is not None:
        mypy_api.add_dependency(checker, f"{found[1].fullname}.{TABLE}")


def run_signature(
    checker: TypeChecker,
    tables: Tables,
    instance: Instance,
    default: CallableType,
    node: Node,
    early: set[str],
    *,
    is_start: bool = False,
) -> CallableType:
    """The signature of ``run`` and its like for this very flow; of ``start_checkpoint``, which only takes its input."""
    info = instance.type
    ready = is_ready(info)
    if ready is None or _is_run_by_itself(checker, info):
        return default
    depend_on(checker, info)
    if not ready:
        if not mypy_api.defer(checker, node) and info.module_name == checker.tree.fullname:
            early.add(info.fullname)
        return default
    targets = {name: mypy_api.alias_target(instance, name) for name in ("Input", "Output", "Event")}
    types, kinds = list(default.arg_types), list(default.arg_kinds)
    for place, name in enumerate(default.arg_names):
        if name == "input" and targets["Input"] is not None:
            typed = mypy_api.typed_dict_of(targets["Input"])
            if typed is not None and typed.required_keys:
                types[place], kinds[place] = targets["Input"], ARG_POS
            else:
                types[place] = UnionType([targets["Input"], NoneType()])
        elif name == "on_step_complete" and targets["Event"] is not None:
            anything = mypy_api.named(checker, "builtins.object", [])
            function = mypy_api.named(checker, "builtins.function", [])
            callback = CallableType([targets["Event"]], [ARG_POS], [None], anything, function)
            types[place] = UnionType([callback, NoneType()])
    result, output = default.ret_type, targets["Output"]
    if output is not None and not is_start:
        if call_may_stop(checker, node):
            output = mypy_api.for_instance(instance, tables.stopped(checker, info) or output)
        is_async = mypy_api.awaited(result) is not result
        result = mypy_api.coroutine(checker, output) if is_async else output
    return default.copy_modified(arg_types=types, arg_kinds=kinds, ret_type=result)


def _is_run_by_itself(checker: TypeChecker, info: TypeInfo) -> bool:
    """Whether a step of the flow runs it, and is itself known by what its body gives: the result is Any there."""
    method = mypy_api.method_being_checked(checker)
    return method is not None and method.info is info and mypy_api.returns_inferred(method)


def check_override(checker: TypeChecker, tables: Tables, info: TypeInfo, expression: Expression) -> None:
    """Check ``override_data``: any key that some step may see, each optional."""
    if not is_ready(info):
        return
    keys = tables.seen_keys(info)
    if keys is None:
        return
    if isinstance(expression, DictExpr):
        for key, value in expression.items:
            if not isinstance(key, StrExpr):
                continue
            if key.value not in keys:
                messages.override_unknown(checker, key, info.name, key.value, keys)
                continue
            wanted = keys[key.value]
            found = mypy_api.infer_with_context(checker, value, wanted)
            if not is_subtype(found, wanted, options=checker.options):
                messages.override_type(checker, value, info.name, key.value, wanted, mypy_api.clean(found))
        return
    type = mypy_api.type_of(checker, expression)
    typed = mypy_api.typed_dict_of(type)
    if typed is None:
        return
    for name, item in typed.items.items():
        if name not in keys:
            messages.override_unknown(checker, expression, info.name, name, keys)
        elif not is_subtype(item, keys[name], options=checker.options):
            messages.override_type(checker, expression, info.name, name, keys[name], item)


def _contexts_of(checker: TypeChecker, tables: Tables, event: Type, node: Node) -> list[tuple[TypeInfo, Context[Type]]]:
    """The flow and the context of every event that an expression of this type may be. Empty where unknown."""
    contexts: list[tuple[TypeInfo, Context[Type]]] = []
    known: dict[TypeInfo, dict[str, Context[Type]]] = {}
    for item in mypy_api.union_items(event):
        flow = get_proper_type(item.args[2]) if isinstance(item, Instance) and len(item.args) == 3 else None
        if not isinstance(item, Instance) or not isinstance(flow, Instance):
            return []
        if flow.type not in known:
            depend_on(checker, flow.type)
            found = tables.after(flow.type)
            if found is None:
                mypy_api.defer(checker, node)
                return []
            known[flow.type] = found
        after, names = known[flow.type], mypy_api.literal_values(item.args[0])
        contexts += [(flow.type, after[name]) for name in names if name in after]
        if not names:
            contexts.append((flow.type, tables.after_any(flow.type)))
    return contexts


def event_context(checker: TypeChecker, tables: Tables, event: Type, node: Node, *, keyed: bool) -> Type | None:
    """What ``event.context`` holds: the context after the very step that the event tells of. None where unknown.

    Of several events, it has the keys of all, each certain where all have it. ``keyed``: a key of it is read as if it
    was there, so one that an event never has is left out.
    mypy asks once for each item of a union, always about the whole: the answer is kept until something else is asked.
    """
    question = _question(tables, event, node)
    if tables.asked is None or tables.asked[0] != question:
        found = _event_context(checker, tables, event, node, keyed=keyed)
        if found is None:
            return None
        tables.asked = (question, found)
    return tables.asked[1]


def _question(tables: Tables, event: Type, node: Node) -> tuple[object, ...]:
    """What the answer about an event depends on: the place, the union as it is narrowed there, the flows' tables."""
    return (node, *mypy_api.outline(event), tables.generation)


def _event_context(checker: TypeChecker, tables: Tables, event: Type, node: Node, *, keyed: bool) -> Type | None:
    contexts = [context for _, context in _contexts_of(checker, tables, event, node)]
    if not contexts:
        return None
    context = merged(contexts, mypy_api.join)
    if keyed and not any(map(_has_no_name, mypy_api.union_items(event))):
        everywhere = {name for name in context.keys if all(name in each.keys for each in contexts)}
        context = Context({name: key for name, key in context.keys.items() if name in everywhere}, context.rest)
    return as_type(checker, context)


def _has_no_name(event: Type) -> bool:
    """Whether the name of the event's step is not known: then mypy narrows none of the others by a comparison."""
    proper = get_proper_type(event)
    return isinstance(proper, Instance) and not mypy_api.literal_values(proper.args[0])


def check_savable(checker: TypeChecker, tables: Tables, event: Type, node: Node) -> None:
    """Where a checkpoint is read, no key that the context may have then is of an unsavable type.

    What was found is said each time that mypy asks: it asks while it tries things out, too, and drops repetitions.
    """
    question = _question(tables, event, node)
    if tables.checked is None or tables.checked[0] != question:
        tables.checked = question, _unsavable(checker, tables, event, node)
    for name, (key, flow, problem) in tables.checked[1].items():
        messages.unsavable(checker, node, name, key, flow, problem)


def _unsavable(
    checker: TypeChecker, tables: Tables, event: Type, node: Node
) -> dict[str, tuple[Key[Type], str, Problem]]:
    """The keys that cannot be saved where an event's checkpoint is read."""
    found: dict[str, tuple[Key[Type], str, Problem]] = {}
    seen: set[Key[Type]] = set()  # most contexts hold the keys of the one before
    judges: dict[TypeInfo, Judge | None] = {}
    for info, context in _contexts_of(checker, tables, event, node):
        if info not in judges:
            judges[info] = tables.judge(info)
        judge = judges[info]
        if judge is None:
            continue
        for name, key in context.keys.items():
            if key in seen or name in found:
                continue
            seen.add(key)
            problem = judge.problem(key.type)
            if problem is not None:
                found[name] = key, info.name, problem
    for judge in judges.values():
        for cls in judge.classes if judge is not None else ():
            # A module is checked whole after an edit. In its own, a dataclass changes with each check of a function:
            # mypy's plugin for them adds its methods once more, and the daemon would never end.
            if cls.module_name != checker.tree.fullname:
                mypy_api.add_dependency(checker, f"{cls.fullname}[wildcard]")
    return found


def check_saver(checker: TypeChecker, tables: Tables, instance: Instance, call: Node) -> None:
    """Where a run is given a callback that saves checkpoints of any flow, all steps of this one can be saved."""
    place = loose_saver(checker, call) if is_ready(instance.type) else None
    events = mypy_api.alias_target(instance, "Event")
    if place is not None and events is not None:
        check_savable(checker, tables, events, place)


def check_own_saver(checker: TypeChecker, tables: Tables, function: FuncDef, node: Node) -> None:
    """The same for a flow's own callback, which is called after all of its steps."""
    ready, flow = is_ready(function.info), mypy_api.this_instance(function.info)
    if ready is None or not isinstance(flow, Instance):
        return
    if not ready:
        mypy_api.defer(checker, node)
        return
    place, events = handed_to_loose_saver(checker, function), mypy_api.alias_target(flow, "Event")
    if place is not None and events is not None:
        check_savable(checker, tables, events, place)


def flow_of(owner: Type) -> Instance | None:
    """The flow that is asked: the class and its instances have the same methods."""
    asked = get_proper_type(owner)
    if isinstance(asked, TypeType):
        asked = asked.item
    elif isinstance(asked, FunctionLike) and asked.is_type_obj():
        asked = get_proper_type(asked.items[0].ret_type)
    return asked if isinstance(asked, Instance) else None


def check_method(checker: TypeChecker, flow: Instance) -> Type:
    """The type of ``flow.check``: something that is called, so that the plugin is told of its override data."""
    return mypy_api.named(checker, CHECK, [flow])


def load_method(checker: TypeChecker, tables: Tables, flow: Instance, node: Node) -> Type | None:
    """The type of ``flow.load``; it gives what the context is before or after any step. None where unknown."""
    if is_ready(flow.type) is None:
        return None
    depend_on(checker, flow.type)
    contexts = tables.anywhere(flow.type)
    method = flow.type.get_method(CHECKED_RUN)
    takes = None if method is None else get_proper_type(method.type)
    if contexts is None:
        mypy_api.defer(checker, node)
        return None
    if not isinstance(takes, CallableType):
        return None
    place = takes.arg_names.index("checkpoint")
    result = mypy_api.for_instance(flow, as_type(checker, merged(contexts, mypy_api.join)))
    return CallableType([takes.arg_types[place]], [ARG_POS], ["checkpoint"], result, takes.fallback, name="load")
