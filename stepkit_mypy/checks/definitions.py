"""What the runtime refuses when a class is created, foreseen where it can be seen: by its own rules, in its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    ClassDef,
    Decorator,
    DelStmt,
    DictExpr,
    Expression,
    FloatExpr,
    FuncDef,
    IndexExpr,
    IntExpr,
    LambdaExpr,
    ListExpr,
    NameExpr,
    OverloadedFuncDef,
    RefExpr,
    SetExpr,
    Statement,
    StrExpr,
    TupleExpr,
)
from mypy.nodes import Context as Node

from stepkit import row_builder, table_builder
from stepkit.errors.wording import quoted

from .. import messages
from ..algebra.encoding import table_of
from ..algebra.kinds import KINDS, Kind
from ..algebra.table import Facts, Row
from ..flow_class.work import Slot, Work
from ..mypy_api import type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.formatting import format_type_bare
from ..names import FLOW
from ..records import dataclass
from ..syntax.constants import UNKNOWN
from ..syntax.declarations import name_argument
from ..syntax.maker import DECORATORS
from . import own_callbacks, registering
from .options import aliases_of, check_declaration, name_of_method, say

LITERALS = (StrExpr, IntExpr, FloatExpr, ListExpr, TupleExpr, SetExpr, DictExpr)
STANDARD_DECORATORS = ("builtins.", "functools.", "abc.", "typing.", "typing_extensions.", "contextlib.")


@dataclass(frozen=True, eq=False)
class _Named:
    """A row of the table with the places of its names."""

    attribute: str
    names: tuple[str, ...]
    places: tuple[Node | None, ...]
    """Where each name stands; None in a base class."""
    members: tuple[_Named, ...] = ()


def check(checker: TypeChecker, work: Work) -> None:
    """Called at the end of a class."""
    for slot in work.slots:
        for each in (slot, *slot.members):
            if each.declaration is not None and each.declaration.understood:
                check_declaration(checker, work, each.declaration)
    _check_input(checker, work)
    _check_names(checker, work)
    _check_groups(checker, work)
    _check_statements(checker, work)
    _check_class_options(checker, work)
    own_callbacks.check(checker, work)


def _check_input(checker: TypeChecker, work: Work) -> None:
    """What is written in ``Flow[...]`` must be a mapping."""
    info = work.info
    written = [type_ops.seen_as(each, FLOW) for each in info.mro if each.has_base(FLOW) and each.fullname != FLOW]
    inputs = [each.args[0] for each in written if each is not None and each.args]
    if not inputs or not type_ops.is_no_mapping(inputs[0]) or any(type_ops.is_no_mapping(each) for each in inputs[1:]):
        return
    node = next((each for each in info.defn.base_type_exprs if isinstance(each, IndexExpr)), info.defn)
    name = format_type_bare(checker, inputs[0])
    messages.definition(checker, node, table_builder.input_problem(name))


# -- the table ------------------------------------------------------------------------------------------------------


def _check_names(checker: TypeChecker, work: Work) -> None:
    rows = [_named(checker, work, slot) for slot in work.slots]
    for row, place, text in table_builder.name_clashes([row for row in rows if row is not None]):
        node = row.places[place]
        if node is None:  # inherited: what took its name may be declared here, or come from another base
            if _known_in_a_base(work, row):
                continue
            node = _owner(rows, row, place) or work.info.defn
        messages.definition(checker, node, text)


def _named(checker: TypeChecker, work: Work, slot: Slot) -> _Named | None:
    """The names of a row; None where they are not known, or where the row may not be there."""
    members = [_named(checker, work, each) for each in slot.members]
    found = tuple(each for each in members if each is not None)
    declaration = slot.declaration
    if slot.arms:
        return None
    if declaration is None:
        facts: Facts | None = None if slot.row is None else slot.row.facts
        if facts is None:
            return None
        names = [*([facts.name] if facts.named else []), *facts.aliases]
        return _Named(slot.attribute, tuple(names), (None,) * len(names), found)
    if not declaration.understood or not _is_certain(work, declaration.node):
        return None
    argument = name_argument(declaration)
    place: Node = argument if argument is not None and declaration.direct else name_of_method(declaration)
    name = declaration.attribute if argument is None else declaration.constants.of(checker, argument)
    written = ([(place, name)] if isinstance(name, str) else []) + aliases_of(checker, declaration)
    return _Named(declaration.attribute, tuple(name for _, name in written), tuple(node for node, _ in written), found)


def _owner(rows: Sequence[_Named | None], row: _Named, place: int) -> Node | None:
    """Where the class itself gives the name that an inherited row has."""
    name = row.names[place]
    for other in rows:
        for each in () if other is None else (other, *other.members):
            for own, node in zip(each.names, each.places, strict=True):
                if own == name and node is not None:
                    return node
    return None


def _known_in_a_base(work: Work, row: _Named) -> bool:
    """Whether a base class has two steps of that name: it was told there."""
    for base in work.info.mro[1:]:
        table = table_of(base)
        every = [] if table is None else [each for top in table.rows for each in (top, *top.members)]
        taken = [each for each in every if each.facts.named and {each.facts.name, *each.facts.aliases} & {*row.names}]
        if len(taken) > 1:
            return True
    return False


def _is_certain(work: Work, node: Node) -> bool:
    """Whether a statement stands in the class body itself, not under an ``if``."""
    return any(statement is node for statement in work.info.defn.defs.body)


def _check_groups(checker: TypeChecker, work: Work) -> None:
    everything_is_seen = not any(_may_declare(statement, work) for statement in work.info.defn.defs.body)
    for slot in work.slots:
        declaration = slot.declaration
        if declaration is None or not KINDS[declaration.kind].has_members:
            continue
        if not slot.members and everything_is_seen:
            text = row_builder.NO_MEMBERS.format(attribute=slot.attribute)
            say(checker, declaration.node, slot.attribute, text)


def _check_members(checker: TypeChecker, work: Work, group: str, node: Node) -> None:
    """Members of a base class's group, where the class puts something else in the group's place."""
    lost = [each for each in _inherited_members(work, group) if each not in work.slot_of]
    if lost:
        messages.definition(checker, node, f"{quoted(lost)}: {table_builder.GROUP_IS_GONE}")


def _inherited_members(work: Work, group: str) -> Iterator[str]:
    seen: set[str] = set()
    for base in work.info.mro[1:]:
        table = table_of(base)
        for row in () if table is None else table.rows:
            for member in row.members if row.facts.attribute == group else ():
                if member.facts.attribute not in seen:
                    seen.add(member.facts.attribute)
                    if member.facts.attribute not in work.body.removed:
                        yield member.facts.attribute


def _may_declare(statement: Statement, work: Work) -> bool:
    """Whether a statement might declare something that is not understood."""
    if statement in work.by_node or isinstance(statement, (FuncDef, ClassDef, OverloadedFuncDef)):
        return False
    if isinstance(statement, Decorator):
        return not all(_is_standard(each) for each in statement.original_decorators)
    return isinstance(statement, AssignmentStmt) and not isinstance(statement.rvalue, LITERALS)


def _is_standard(decorator: Expression) -> bool:
    callee = decorator.callee if isinstance(decorator, CallExpr) else decorator
    return isinstance(callee, RefExpr) and callee.fullname.startswith(STANDARD_DECORATORS)


# -- the other statements -------------------------------------------------------------------------------------------


def _check_statements(checker: TypeChecker, work: Work) -> None:
    inherited = {
        each.attribute
        for slot in work.slots
        for each in (slot, *slot.members)
        if each.declaration is None and each.row and not _may_be_none(each.row)
    }
    body = work.info.defn.defs.body
    deleted = {each.expr.name for each in body if isinstance(each, DelStmt) and isinstance(each.expr, NameExpr)}
    for statement in body:
        for name, node in _set_by(statement):
            if name in work.body.removed or name in work.slot_of and work.slot_of[name].declaration is not None:
                _check_members(checker, work, name, node)
            if statement in work.by_node or name in deleted:
                continue
            kind = _left_decorator(statement)
            if kind is not None:
                say(checker, node, name, table_builder.WITHOUT_METHOD.format(kind=kind))
            elif name in inherited and not checker.is_stub and _is_no_declaration(statement):
                say(checker, node, name, table_builder.HIDES_INHERITED.format(attribute=name))


def _may_be_none(row: Row) -> bool:
    """Whether a base class's row stands for what may be no step."""
    return not row.facts.named and row.change.rest is not None


def _set_by(statement: Statement) -> list[tuple[str, Node]]:
    if isinstance(statement, Decorator):
        return [(statement.name, statement.func)]
    if isinstance(statement, (FuncDef, OverloadedFuncDef, ClassDef)):
        return [(statement.name, statement)]
    if isinstance(statement, AssignmentStmt):
        return [(target.name, target) for target in statement.lvalues if isinstance(target, NameExpr)]
    return []


def _left_decorator(statement: Statement) -> Kind | None:
    """``once = flow.step("once")``: a decorator, and no method below it."""
    if not isinstance(statement, AssignmentStmt) or not isinstance(statement.rvalue, CallExpr):
        return None
    call = statement.rvalue
    kind = DECORATORS.get(call.callee.fullname) if isinstance(call.callee, RefExpr) else None
    first = call.args[0] if call.args and call.arg_names[0] is None else None
    return kind if first is None or isinstance(first, StrExpr) else None


def _is_no_declaration(statement: Statement) -> bool:
    """Whether what stands there is certainly no step."""
    if isinstance(statement, (FuncDef, ClassDef)):
        return True
    if isinstance(statement, OverloadedFuncDef):
        return all(isinstance(each, FuncDef) or _is_no_declaration(each) for each in statement.items)
    if isinstance(statement, Decorator):
        return all(_is_standard(each) for each in statement.original_decorators)
    if not isinstance(statement, AssignmentStmt):
        return False
    value = statement.rvalue
    return isinstance(value, (LambdaExpr, *LITERALS)) or isinstance(value, NameExpr) and isinstance(value.node, FuncDef)


def _check_class_options(checker: TypeChecker, work: Work) -> None:
    keywords, constants = work.info.defn.keywords, work.body.constants
    for keyword in ("name", "max_checkpoint_size"):
        value = constants.of(checker, keywords[keyword]) if keyword in keywords else UNKNOWN
        problem: str | None = None
        if keyword == "name" and isinstance(value, str):
            problem = row_builder.text_problem(value)
        elif keyword == "max_checkpoint_size" and isinstance(value, int):
            problem = row_builder.size_problem(value)
        if problem is not None:
            messages.definition(checker, keywords[keyword], problem)
    registering.check(checker, work)
