"""The rows of steps that are no decorated methods: assigned functions, steps of other classes, what may be a step."""

from __future__ import annotations

from dataclasses import replace

from mypy.nodes import Decorator, FuncDef, LambdaExpr, MemberExpr, RefExpr, TypeInfo, Var
from mypy.types import AnyType, CallableType, Instance, NoneType, ProperType, Type

from ..algebra.contexts import Context, alternatives
from ..algebra.encoding import decode_row, is_ready, table_of
from ..algebra.kinds import KINDS
from ..algebra.table import NO_STEP, NOT_EVERY_RETURN, TABLE, Facts, Parameter, Row
from ..flow_class.work import Work
from ..mypy_api import deferral, inference, type_ops
from ..mypy_api.checking import TypeChecker
from ..names import DECLARATIONS, FLOW, STEP
from ..returns.returned import Reader
from ..rows.fallbacks import with_fallback
from ..syntax.declarations import ANYWHERE, Declaration, facts_of


def row_of(checker: TypeChecker, work: Work, declaration: Declaration) -> Row | None:
    """The row of a step that was assigned, or of what may be one. None while it is not known yet."""
    if declaration.understood:
        return _of_function(checker, work, declaration)
    if declaration.attribute == ANYWHERE:
        lost = [each for each in work.body.declarations if each.lost]
        found = any(_of_type(checker, work, each) is not NO_STEP for each in lost)
        return _open(work, declaration) if found else NO_STEP
    copied = _class_of_step(declaration)
    if copied is not None:
        row = _of_other_class(checker, work, declaration, *copied)
        if row is not NO_STEP:
            return row
    return _of_type(checker, work, declaration)


def _of_function(checker: TypeChecker, work: Work, declaration: Declaration) -> Row | None:
    function = declaration.made_of
    type = None if function is None else inference.type_of(checker, function)
    if type is None and not (work.ended or deferral.is_last_pass(checker)):
        return None
    facts = facts_of(declaration, work.info.fullname, checker)
    called = type_ops.called_type(type)
    if called is None or KINDS[declaration.kind].chooses:
        return Row(facts, change=Context(rest=type_ops.any_type()))
    parameters, reads, whole = signature_of(called)
    reader = Reader(checker, {}, declaration.constants)
    if isinstance(function, LambdaExpr):
        found = list(reader.shapes(function.expr()))
    else:
        found = list(reader.of_type(type_ops.awaited(called.ret_type)))
    shapes = [each if each is not None else Context() for each in found]
    change: Context[Type] = alternatives(shapes, type_ops.join, NOT_EVERY_RETURN)
    row = Row(replace(facts, parameters=parameters, whole=whole, never=not found), reads, change)
    return with_fallback(checker, work, declaration, row)


def signature_of(type: CallableType) -> tuple[tuple[Parameter, ...], dict[str, Type], bool]:
    """The keys that a function reads by its type, without ``self``, and whether it takes the whole context."""
    parameters: list[Parameter] = []
    reads: dict[str, Type] = {}
    whole = False
    for place, (kind, name) in enumerate(zip(type.arg_kinds, type.arg_names, strict=True)):
        if place == 0 or kind.is_star():
            continue
        if name is None:
            whole = whole or place == 1
            continue
        reads[name] = type.arg_types[place]
        parameters.append(Parameter(name, not kind.is_optional(), not type_ops.is_any(type.arg_types[place])))
    return tuple(parameters), reads, whole


def _class_of_step(declaration: Declaration) -> tuple[TypeInfo, str] | None:
    """The class and the attribute in ``load = Other.load``."""
    value = declaration.made_of
    if isinstance(value, MemberExpr) and isinstance(value.expr, RefExpr) and isinstance(value.expr.node, TypeInfo):
        return value.expr.node, value.name
    return None


def _of_other_class(
    checker: TypeChecker, work: Work, declaration: Declaration, other: TypeInfo, attribute: str
) -> Row | None:
    if not other.has_base(FLOW):
        return NO_STEP
    if is_ready(other, work.info) is False and not deferral.is_last_pass(checker):
        return None
    deferral.add_dependency(checker, f"{other.fullname}.{TABLE}", checker.tree.fullname)
    table = table_of(other)
    rows = () if table is None else table.rows
    found = next(
        (row for row in rows if row.facts.attribute == attribute and not KINDS[row.facts.kind].has_members), NO_STEP
    )
    return found if found is NO_STEP else _renamed(found, work, declaration)


def _renamed(row: Row, work: Work, declaration: Declaration) -> Row:
    """The row under another attribute. A step that is called like its attribute may have no name of its own."""
    new, facts = declaration.attribute, row.facts
    named = facts.named and (facts.name != facts.attribute or new == facts.attribute)
    return replace(row, facts=replace(facts, attribute=new, definer=work.info.fullname, named=named))


def _of_type(checker: TypeChecker, work: Work, declaration: Declaration) -> Row | None:
    """What a class attribute is by its type."""
    node = declaration.node
    symbol = work.info.names.get(declaration.attribute)
    if isinstance(node, FuncDef):
        return _open(work, declaration) if _may_be_method_of_step(node) else NO_STEP
    if isinstance(node, Decorator):
        type = node.var.type
        waits = any(each.node in (node, node.func) for each in checker.deferred_nodes)
    elif symbol is None:  # locals()["name"] = ...
        return _open(work, declaration)
    else:
        type = symbol.node.type if isinstance(symbol.node, Var) else None
        waits = False
    if type is None:
        if not (work.ended or deferral.is_last_pass(checker)):
            return None
        return _open(work, declaration) if waits else NO_STEP  # what is never reached has no type
    items = type_ops.union_items(type)
    if len(items) == 1 and type_ops.is_instance(items[0], STEP) and len(items[0].args) == 2:
        if not type_ops.is_any(items[0].args[1]):
            return _renamed(decode_row(items[0].args[1]), work, declaration)
    return _open(work, declaration) if any(_may_be_step(each) for each in items) else NO_STEP


def _may_be_step(type: ProperType) -> bool:
    if isinstance(type, AnyType):
        return not type_ops.is_error(type)
    return isinstance(type, Instance) and type.type.fullname in DECLARATIONS


def _may_be_method_of_step(function: FuncDef) -> bool:
    """Whether what a method gives is what a step or a route may give, so that it may have had a decorator."""
    if not isinstance(function.type, CallableType):
        return True
    given = type_ops.awaited(function.type.ret_type)
    return any(
        isinstance(each, NoneType) or type_ops.may_be_mapping(each) or type_ops.may_be_string(each)
        for each in type_ops.union_items(given)
    )


def _open(work: Work, declaration: Declaration) -> Row:
    facts = Facts(declaration.attribute, declaration.attribute, "step", work.info.fullname, named=False)
    return Row(facts, change=Context(rest=type_ops.any_type()))
