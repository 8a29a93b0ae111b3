"""What an inherited ``on_step_complete`` does is judged for each subclass: it has other steps, and other keys."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from mypy.nodes import ComparisonExpr, Expression, FuncItem, MemberExpr, NameExpr, RefExpr, StrExpr, SuperExpr, TypeInfo
from mypy.nodes import Context as Node
from mypy.types import TupleType, Type, get_proper_type

from .. import messages
from ..algebra.contexts import Key
from ..algebra.encoding import decode, table_of, tables_inside
from ..algebra.interpreter import Known, collect_paths, start, walk
from ..algebra.table import Table, Watch
from ..flow_class.work import Work
from ..mypy_api import checking, deferral, inference, inserting, nodes, own_methods, type_ops
from ..mypy_api.checking import TypeChecker
from ..names import CHECKPOINT, FLOW, ON_STEP_COMPLETE
from ..savable import Judge, Problem, known_of
from ..syntax.callbacks import Search
from ..syntax.step_names import text_of, values_compared
from .gates import always_stops
from .overriding import attributes_of_step, is_taken_away, own_declaration


def watch_of(checker: TypeChecker, info: TypeInfo) -> Watch | None:
    """What the class's own method does; None where it has none whose body can be seen."""
    symbol = info.names.get(ON_STEP_COMPLETE)
    function = own_methods.plain_method(None if symbol is None else symbol.node)
    if function is None or inserting.has_no_body(function) or len(function.arguments) < 2:
        return None
    decisions = [each for each in checking.decisions_in(function) if values_compared(each)]
    names: list[str] = []
    all_known = all(not isinstance(each, ComparisonExpr) or set(each.operators) <= {"==", "in"} for each in decisions)
    for each in (value for decision in decisions for value in values_compared(decision)):
        found = _texts(checker, each)
        names += found
        all_known = all_known and bool(found)
    takes = _takes(function) or Search(checker, _takes, _takes_all).handed_to(function) is not None
    saves: Literal["", "all", "named"] = "all" if takes and not decisions else "named" if takes and all_known else ""
    inside = checking.expressions_in(function)
    hands_up = any(isinstance(each, (SuperExpr, MemberExpr)) and each.name == ON_STEP_COMPLETE for each in inside)
    return Watch(tuple(dict.fromkeys(names)), saves, hands_up, always_stops(function))


def _texts(checker: TypeChecker, expression: Expression) -> list[str]:
    """The texts that a value of a comparison stands for; none where a subclass may have others."""
    if isinstance(expression, NameExpr) and nodes.is_local(expression):
        return []
    if isinstance(expression, MemberExpr) and not expression.fullname:  # self.GATES
        return []
    if not isinstance(expression, (StrExpr, RefExpr)):
        return []
    text = text_of(checker, expression)
    if text is not None:
        return [text]
    type = get_proper_type(inference.infer_quietly(checker, expression))
    items = type.items if isinstance(type, TupleType) else []
    return [name for name in map(type_ops.known_string, items) if name is not None]


def _takes(function: FuncItem) -> bool:
    """Whether a function reads the checkpoint of something that it is given."""
    given = {argument.variable for argument in function.arguments}
    return any(
        isinstance(each, MemberExpr)
        and each.name == CHECKPOINT
        and isinstance(each.expr, NameExpr)
        and each.expr.node in given
        for each in nodes.references_in(function.body)
    )


def _takes_all(function: FuncItem) -> bool:
    return not any(values_compared(each) for each in checking.decisions_in(function))


def check_inherited_callbacks(checker: TypeChecker, work: Work, table: Table, paths: Collection[str] | None) -> None:
    """``paths``: those of all steps; None where there are more, which cannot be known."""
    for owner, base, watch in _inherited(work, table):
        between = [each for each in work.info.mro[1:] if owner in each.mro]
        before = [(each, found) for each in between if (found := table_of(each)) is not None]
        if paths is not None:
            _check_names(checker, work, owner, base, watch, before, paths)
        if watch.saves:
            _check_saved(checker, work, table, owner, watch, [found for _, found in before])


def _inherited(work: Work, table: Table) -> Iterator[tuple[TypeInfo, Table, Watch]]:
    """The bases whose methods are called after a step of this class."""
    if ON_STEP_COMPLETE in work.info.names and (table.watch is None or not table.watch.hands_up):
        return
    for base in work.info.mro[1:]:
        if ON_STEP_COMPLETE not in base.names or base.fullname == FLOW:
            continue
        found = table_of(base)
        if found is None or found.watch is None:
            return
        yield base, found, found.watch
        if not found.watch.hands_up:
            return


def _check_names(
    checker: TypeChecker,
    work: Work,
    owner: TypeInfo,
    base: Table,
    watch: Watch,
    before: list[tuple[TypeInfo, Table]],
    paths: Collection[str],
) -> None:
    """A step whose name is compared with is there in the base, and must be here."""
    for name in watch.names:
        if name in paths or not all(name in _paths(each, found) for each, found in before):
            continue
        attributes = attributes_of_step(base, name)
        if any(is_taken_away(work, each) for each in attributes):
            continue
        own = own_declaration(work, attributes)
        node: Node = work.info.defn if own is None else own.function or own.node
        messages.lost_gate(checker, node, work.info.name, owner.name, name)


def _paths(info: TypeInfo, table: Table) -> list[str]:
    paths: list[str] = []
    collect_paths(table.rows, "", paths, (info,))
    return paths


def _check_saved(
    checker: TypeChecker, work: Work, table: Table, owner: TypeInfo, watch: Watch, before: list[Table]
) -> None:
    """What is saved must be savable; what is wrong in a base was told there."""
    judge = _judge(work, table)
    if judge is None:
        return
    told = {name for each in before for name in _unsavable(judge, each, watch)}
    for name, (key, problem) in _unsavable(judge, table, watch).items():
        if name not in told:
            own = own_declaration(work, attributes_of_step(table, key.giver)) if key.giver else None
            node: Node = work.info.defn if own is None else own.function or own.node
            messages.unsavable(checker, node, name, key, work.info.name, problem, owner.name)
    for cls in judge.classes:
        if cls.module_name != checker.tree.fullname:
            deferral.add_dependency(checker, f"{cls.fullname}[wildcard]")


def _judge(work: Work, table: Table) -> Judge | None:
    tables = [table]
    for row in (each for outer in table.rows for each in (outer, *outer.members)):
        for flow in row.flows:
            inside = None if flow is None else tables_inside(flow.type, work.info)
            if inside is None:
                return None
            tables += [each for each in map(decode, inside) if each is not None]
    known = known_of(tables)
    return None if known is None else Judge(known)


def _unsavable(judge: Judge, table: Table, watch: Watch) -> dict[str, tuple[Key[Type], Problem]]:
    """The keys that cannot be saved after the steps that are saved."""
    found: dict[str, tuple[Key[Type], Problem]] = {}
    seen: set[Key[Type]] = set()

    def visit(path: str, row: object, before: Known, after: Known) -> None:
        if watch.saves == "named" and path not in watch.names:
            return
        for name, key, problem in judge.problems(after.keys, seen, found):
            found[name] = key, problem

    walk(start(table), table.rows, visit)
    return found
