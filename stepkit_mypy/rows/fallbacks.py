"""Fallbacks: what ``on_error=`` names gives the keys of a step that has failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from mypy.nodes import Decorator, Expression, FuncDef, LambdaExpr, RefExpr, Var
from mypy.types import AnyType, CallableType, Instance, Type, get_proper_type

from ..algebra.contexts import Context
from ..algebra.kinds import KINDS
from ..algebra.table import Row, has_other_fallback
from ..flow_class.work import Work
from ..mypy_api import (
    checking,
    class_fields,
    contextless,
    deferral,
    inference,
    inserting,
    own_methods,
    retyping,
    type_ops,
    unannotated,
)
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..names import DECLARATIONS
from ..records import dataclass
from ..returns.returned import Reader, Returned, returned
from ..syntax.constants import Constants
from ..syntax.declarations import Declaration
from .parameters import parameter_type
from .readers import agreed


@dataclass(frozen=True, eq=False)
class Fallback:
    """What ``on_error=`` names or is, in the class that is checked."""

    node: FuncDef | Decorator | None = None
    written: Expression | None = None
    """What is no function with a name of its own: a lambda, an object that can be called."""
    type: Type | None = None
    """Of a variable that holds it."""
    named: bool = True
    """Whether it is a method that is named."""


def of_declaration(checker: TypeChecker, work: Work, declaration: Declaration) -> Fallback | None:
    """The fallback in a step's options; None where there is none, or where it has no such method."""
    written = declaration.options.get("on_error")
    if written is None:
        return None
    name = declaration.constants.of(checker, written)
    if isinstance(name, str):
        return method(checker, work, name)
    node = written.node if isinstance(written, RefExpr) else None
    return Fallback(node if isinstance(node, (FuncDef, Decorator)) else None, written, named=False)


def method(checker: TypeChecker, work: Work, name: str) -> Fallback | None:
    """The method of that name; None where the class has none, or one that is no plain method."""
    symbol = None if is_step(work, name) else work.info.get(name)
    node = None if symbol is None else symbol.node
    if isinstance(node, (FuncDef, Decorator)):
        return Fallback(node) if _is_plain(node) else None
    if not isinstance(node, Var):
        return None
    value = work.body.constants.set_once(checker, node)
    if value is not None and work.body.constants.of(checker, value) is None:
        return None
    if isinstance(value, RefExpr) and isinstance(value.node, FuncDef):
        return Fallback(value.node)
    return Fallback(written=value if isinstance(value, LambdaExpr) else None, type=node.type)


def is_step(work: Work, name: str) -> bool:
    """Whether an attribute of the class is a step; one with decorators that are not understood only may be."""
    slot = work.slot_of.get(name)
    if slot is None or slot.declaration is None or slot.declaration.understood:
        return slot is not None
    node = slot.declaration.node
    made = get_proper_type(node.var.type) if isinstance(node, Decorator) else None
    return isinstance(made, Instance) and made.type.fullname in DECLARATIONS


def _is_plain(node: FuncDef | Decorator) -> bool:
    """Whether a method is a function that takes ``self``."""
    function = node.func if isinstance(node, Decorator) else node
    type = get_proper_type(type_of(node))
    return not (function.is_static or function.is_class or function.is_property or isinstance(type, Instance))


def with_fallback(checker: TypeChecker, work: Work, declaration: Declaration, row: Row) -> Row:
    """The row, with what its fallback gives, if it has one."""
    if "on_error" not in declaration.options or row.facts.on_error != "unknown":
        return row
    found = of_declaration(checker, work, declaration)
    if found is None and row.facts.fallback:  # it was said that there is no such method
        facts = replace(row.facts, on_error="fallback")
        return replace(row, facts=facts, fallback=Context(rest=type_ops.any_type()))
    return row if found is None else _with(checker, work, row, found, declaration.key, declaration.constants)


def overridden(checker: TypeChecker, work: Work, row: Row) -> Row:
    """The row of a base class, whose fallback may be another method here."""
    if not has_other_fallback(work.info, row):
        return row
    found = method(checker, work, row.facts.fallback_name)
    return row if found is None else _with(checker, work, row, found, row.facts.attribute, work.body.constants)


def _with(checker: TypeChecker, work: Work, row: Row, found: Fallback, attribute: str, constants: Constants) -> Row:
    gives = read(checker, work, found, attribute, constants, transform=KINDS[row.facts.kind].replaces)
    if gives is None:
        return row
    name = row.facts.fallback_name
    symbol = work.info.get(name) if name else None
    fullname = name if symbol is None or symbol.node is None else symbol.node.fullname
    facts = replace(row.facts, on_error="fallback", fallback=fullname, fallback_names=_named_by(found))
    return replace(row, facts=facts, fallback=None if gives.never else gives.shape)


def _named_by(found: Fallback) -> Literal["", "return", "more"]:
    """What the annotations of a fallback name."""
    called = type_ops.called_type(found.type or type_of(found.node))
    if called is None or isinstance(found.written, LambdaExpr):
        return ""
    keys = [
        type for name, type in zip(called.arg_names, called.arg_types, strict=True) if name not in ("self", "error")
    ]
    if any(not type_ops.is_any(type) and class_fields.classes_in(type) for type in keys):
        return "more"
    return "" if type_ops.is_any(type_ops.awaited(called.ret_type)) else "return"


def read(
    checker: TypeChecker, work: Work, found: Fallback, attribute: str, constants: Constants, *, transform: bool
) -> Returned | None:
    """What a fallback gives; None where it may be no fallback, but a policy."""
    node, written = found.node, found.written
    if node is not None:
        deferral.add_dependency(checker, node.fullname)
    function = _read_here(checker, work, node)
    if function is not None:
        if not retyping.returns_inferred(function):
            return returned(checker, function, constants, transform=transform)
        if function.is_generator or inserting.has_no_body(function) or inserting.is_unread(function):
            return Returned(Context(rest=type_ops.any_type()))
        context = work.context_before(attribute) or Context(rest=type_ops.any_type())
        arguments = _argument_types(checker, work, function, context, method=found.named)
        with unannotated.body_read(checker, function, work.info, arguments):
            return _as_its_readers_want(
                checker,
                work,
                attribute,
                lambda wanted: returned(checker, function, constants, wanted, transform=transform),
            )
    if isinstance(written, LambdaExpr) and inference.type_of(checker, written) is not None:
        return _as_its_readers_want(
            checker,
            work,
            attribute,
            lambda wanted: _of_lambda(checker, written, constants, wanted, transform=transform),
        )
    type = found.type or type_of(node) or (None if written is None else inference.type_of(checker, written))
    called = type_ops.called_type(type)
    if called is None:
        return None if not found.named and _may_be_policy(type) else Returned(Context(rest=type_ops.any_type()))
    reader = Reader(checker, {}, constants)
    return reader.all_of(reader.of_type(type_ops.awaited(called.ret_type)), transform=transform)


def _read_here(checker: TypeChecker, work: Work, node: FuncDef | Decorator | None) -> FuncDef | None:
    """The function of this module that says what a fallback gives; None where a decorator, or only its type, does."""
    if node is None or not checking.stands_in_module(checker, node.fullname):
        return None
    plain = own_methods.plain_method(node)
    if plain is not None or not isinstance(node, Decorator):
        return plain
    if node.var.type is None:  # it stands below the step
        deferral.check_now(checker, node, work.info)
    called, own = type_ops.called_type(node.var.type), node.func.type
    if called is None or not isinstance(own, CallableType) or not retyping.returns_inferred(node.func):
        return None
    return node.func if type_ops.awaited(called.ret_type) == type_ops.awaited(own.ret_type) else None


def _as_its_readers_want(
    checker: TypeChecker, work: Work, attribute: str, read: Callable[[Mapping[str, Type]], Returned]
) -> Returned:
    """What is returned, its values inferred for those that read them, as those of the step are."""
    result = read({})
    wanted: dict[str, Type] = {}
    for name, key in result.shape.keys.items():
        type = agreed(checker, work, attribute, name, key.type)
        if type is not None:
            wanted[name] = type
    return read(wanted) if wanted else result


def _of_lambda(
    checker: TypeChecker, function: LambdaExpr, constants: Constants, wanted: Mapping[str, Type], *, transform: bool
) -> Returned:
    def judge(name: str, value: Expression, type: Type) -> Type:
        want = wanted.get(name)
        if want is None or is_subtype(checker, type, want):
            return type
        found = inference.infer_with_context(checker, contextless.unwrapped(value), want)
        return want if is_subtype(checker, found, want) else type

    reader = Reader(checker, {}, constants, judge)
    return reader.all_of(reader.shapes(function.expr()), transform=transform)


def _may_be_policy(type: Type | None) -> bool:
    """Whether a value of the type may be the name of a policy."""
    return type is None or any(
        isinstance(each, AnyType) or type_ops.may_be_string(each) for each in type_ops.union_items(type)
    )


def type_of(node: FuncDef | Decorator | None) -> Type | None:
    return node.var.type if isinstance(node, Decorator) else None if node is None else node.type


def error_place(function: FuncDef | LambdaExpr, *, method: bool) -> int:
    """The place of the parameter that receives the error."""
    has_self = method or bool(function.arguments and function.arguments[0].variable.name == "self")
    return 1 if has_self else 0


def _argument_types(
    checker: TypeChecker, work: Work, function: FuncDef, context: Context[Type], *, method: bool
) -> list[Type]:
    place_of_error = error_place(function, method=method)
    written = function.unanalyzed_type
    types: list[Type] = []
    for place, argument in enumerate(function.arguments):
        known = function.type.arg_types[place] if isinstance(function.type, CallableType) else type_ops.any_type()
        annotated = isinstance(written, CallableType) and not type_ops.is_any(written.arg_types[place])
        if place < place_of_error:
            types.append(type_ops.this_instance(work.info))
        elif annotated:
            types.append(known)
        elif place == place_of_error:
            types.append(type_ops.named(checker, "builtins.Exception", []))
        else:
            types.append(parameter_type(checker, argument, context))
    return types
