"""Fallbacks: what ``on_error=`` names gives the keys of a step that has failed."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from mypy.checker import TypeChecker
from mypy.nodes import ArgKind, CallExpr, Decorator, Expression, FuncDef, LambdaExpr, RefExpr
from mypy.nodes import Context as Node
from mypy.subtypes import is_subtype
from mypy.types import CallableType, Type

from .. import messages, mypy_api
from ..algebra.contexts import Context
from ..algebra.table import Row
from ..flow_class.work import Work
from ..returns.returned import Reader, one_of, returned
from ..syntax.declarations import Declaration
from .injecting import parameter_type
from .judging import is_told


def has_lambda(call: CallExpr) -> bool:
    """Whether a step's options have a lambda for a fallback, whose parameters the context types."""
    return "on_error" in call.arg_names and isinstance(call.args[call.arg_names.index("on_error")], LambdaExpr)


def signature(checker: TypeChecker, work: Work, declaration: Declaration, default: CallableType) -> CallableType:
    """The declaring function's signature, its ``on_error`` typed from the context if it is a lambda."""
    written = declaration.options.get("on_error")
    context = work.context_before(declaration.key, condition=False)
    if not isinstance(written, LambdaExpr) or "on_error" not in default.arg_names or context is None:
        return default
    place_of_error = _error_place(written, method=False)
    settled = mypy_api.settle_attributes(checker, written, work.info)
    this = mypy_api.this_instance(work.info) if settled else mypy_api.any_type()
    given = [this][:place_of_error] + [mypy_api.named(checker, "builtins.Exception", [])]
    given += [parameter_type(checker, argument, context) for argument in written.arguments[place_of_error + 1 :]]
    function = mypy_api.named(checker, "builtins.function", [])
    arguments = given[: len(written.arguments)]
    types = list(default.arg_types)
    types[default.arg_names.index("on_error")] = CallableType(
        arguments, written.arg_kinds, written.arg_names, mypy_api.any_type(), function
    )
    return default.copy_modified(arg_types=types)


def with_fallback(checker: TypeChecker, work: Work, declaration: Declaration, row: Row) -> Row:
    """The row, with what its fallback gives, if it has one that can be seen."""
    written = declaration.options.get("on_error")
    if written is None or row.facts.on_error != "unknown":
        return row
    gives = _gives(checker, work, declaration, written)
    if gives is None:
        return row
    return replace(row, facts=replace(row.facts, on_error="fallback"), fallback=gives)


def _gives(checker: TypeChecker, work: Work, declaration: Declaration, written: Expression) -> Context[Type] | None:
    """What a fallback gives; None where it cannot be seen what it is."""
    transform = declaration.kind == "transform"
    node = _node(checker, work, declaration, written)
    if node is not None:
        mypy_api.add_dependency(checker, node.fullname)
    if isinstance(node, FuncDef) and mypy_api.stands_in_module(checker, node.fullname):
        if not mypy_api.returns_inferred(node):
            return returned(checker, node, declaration.constants, transform=transform).shape
        if node.is_generator or mypy_api.has_no_body(node) or mypy_api.is_unread(node):
            return Context(rest=mypy_api.any_type())
        context = work.context_before(declaration.key) or Context(rest=mypy_api.any_type())
        arguments = _argument_types(checker, work, node, context, method=_is_named(declaration, checker))
        with mypy_api.body_read(checker, node, work.info, arguments):
            return returned(checker, node, declaration.constants, transform=transform).shape
    reader = Reader(checker, {}, declaration.constants)
    if isinstance(written, LambdaExpr):
        if mypy_api.type_of(checker, written) is None:
            return None
        return one_of(list(reader.shapes(written.expr())), transform=transform)
    called = mypy_api.called_type(_type_of(node) or mypy_api.type_of(checker, written))
    if called is None:
        return None
    return one_of(list(reader.of_type(mypy_api.awaited(called.ret_type))), transform=transform)


def _type_of(node: FuncDef | Decorator | None) -> Type | None:
    return node.var.type if isinstance(node, Decorator) else None if node is None else node.type


def _node(
    checker: TypeChecker, work: Work, declaration: Declaration, written: Expression
) -> FuncDef | Decorator | None:
    """What a name in ``on_error=`` stands for."""
    name = declaration.constants.of(checker, written)
    found: object = None
    if isinstance(name, str):
        symbol = work.info.get(name) if name not in work.slot_of else None
        found = None if symbol is None else symbol.node
    elif isinstance(written, RefExpr):
        found = written.node
    return found if isinstance(found, (FuncDef, Decorator)) else None


def _is_named(declaration: Declaration, checker: TypeChecker) -> bool:
    """Whether the fallback is written as the name of a method."""
    return isinstance(declaration.constants.of(checker, declaration.options["on_error"]), str)


def _error_place(function: FuncDef | LambdaExpr, *, method: bool) -> int:
    """The place of the parameter that receives the error."""
    has_self = method or bool(function.arguments and function.arguments[0].variable.name == "self")
    return 1 if has_self else 0


def _argument_types(
    checker: TypeChecker, work: Work, function: FuncDef, context: Context[Type], *, method: bool
) -> list[Type]:
    place_of_error = _error_place(function, method=method)
    written = function.unanalyzed_type
    types: list[Type] = []
    for place, argument in enumerate(function.arguments):
        known = function.type.arg_types[place] if isinstance(function.type, CallableType) else mypy_api.any_type()
        annotated = isinstance(written, CallableType) and not mypy_api.is_any(written.arg_types[place])
        if place < place_of_error:
            types.append(mypy_api.this_instance(work.info))
        elif annotated:
            types.append(known)
        elif place == place_of_error:
            types.append(mypy_api.named(checker, "builtins.Exception", []))
        else:
            types.append(parameter_type(checker, argument, context))
    return types


# -- what is wrong with them -----------------------------------------------------------------------------------------


def check(checker: TypeChecker, work: Work) -> None:
    """Called when the rows of a class are known: judge what its fallbacks read, as a step's reads are judged."""
    for outer in work.slots:
        for slot in outer.inside():
            declaration, row = slot.declaration, slot.row
            if declaration is None or row is None or row.fallback is None:
                continue
            context = work.context_before(declaration.key)
            written = declaration.options["on_error"]
            node = _node(checker, work, declaration, written)
            named = _is_named(declaration, checker)
            function = written if isinstance(written, LambdaExpr) else node
            if context is not None and function is not None:
                _check_function(
                    checker, declaration, row, function.name, _parameters(checker, function, named), context
                )
            if row.fallback.open and not (context is None or context.open) and not row.change.open:
                if work.is_first_note(written):
                    messages.open_fallback(checker, written, row.facts.name)


class _Parameter(NamedTuple):
    name: str | None
    """None where it is positional-only and from another module."""
    kind: ArgKind
    is_key: bool
    default: bool
    type: Type | None
    """None where it is not annotated."""
    node: Node | None
    """Where it stands, if it stands in this module."""


def _parameters(
    checker: TypeChecker, function: FuncDef | Decorator | LambdaExpr, named: bool
) -> list[_Parameter] | None:
    """The parameters behind ``self``; None where they cannot be seen. Functions of other modules are only types."""
    found: list[_Parameter]
    if isinstance(function, LambdaExpr) or isinstance(function, FuncDef) and _is_here(checker, function):
        type = function.type if isinstance(function, FuncDef) and isinstance(function.type, CallableType) else None
        types = [None] * len(function.arguments) if type is None else type.arg_types
        found = [
            _Parameter(
                argument.variable.name,
                argument.kind,
                not argument.pos_only,
                mypy_api.has_default(argument),
                _annotation(type),
                argument,
            )
            for argument, type in zip(function.arguments, types, strict=True)
        ]
    else:
        called = mypy_api.called_type(_type_of(function))
        if called is None or called.is_ellipsis_args:
            return None
        found = [
            _Parameter(name, kind, name is not None, kind.is_optional(), _annotation(type), None)
            for name, kind, type in zip(called.arg_names, called.arg_kinds, called.arg_types, strict=True)
        ]
    return found[1:] if named or found and found[0].name == "self" else found


def _is_here(checker: TypeChecker, function: FuncDef) -> bool:
    return mypy_api.stands_in_module(checker, function.fullname)


def _annotation(type: Type | None) -> Type | None:
    return None if type is None or mypy_api.is_any(type) else type


def _check_function(
    checker: TypeChecker,
    declaration: Declaration,
    row: Row,
    name: str,
    parameters: list[_Parameter] | None,
    context: Context[Type],
) -> None:
    if parameters is None:
        return
    written = declaration.options["on_error"]
    said = f"{declaration.attribute}: on_error: {name}"
    if not parameters or parameters[0].kind.is_star() or parameters[0].kind.is_named():
        messages.definition(checker, written, f"{said}: it has no error parameter")
        return
    wanted = parameters[0].type
    exception = mypy_api.named(checker, "builtins.Exception", [])
    if wanted is not None and not is_subtype(exception, wanted, options=checker.options):
        messages.fallback_error(checker, parameters[0].node or written, row.facts.name, wanted)
    for parameter in parameters[1:]:
        if parameter.kind.is_star():
            stars = "**" if parameter.kind.name == "ARG_STAR2" else "*"
            text = f"{said}: it takes {stars}{parameter.name}; name every key that it reads"
            messages.definition(checker, written, text)
        elif parameter.is_key:
            _check_read(checker, parameter.node or written, row, name, parameter, context)


def _check_read(
    checker: TypeChecker, node: Node, row: Row, fallback: str, parameter: _Parameter, context: Context[Type]
) -> None:
    step, name, wanted, default = row.facts.name, parameter.name or "", parameter.type, parameter.default
    key = context.keys.get(name)
    if is_told(checker, context, name, wanted) or key is None and context.open:
        return
    if key is None:
        messages.missing_key(checker, node, step, name, context, default=default, fallback=fallback)
    elif wanted is not None and not is_subtype(key.type, wanted, options=checker.options):
        messages.key_type(checker, node, step, name, wanted, key, fallback=fallback)
    elif not key.certain and not default:
        messages.maybe_missing(checker, node, step, name, key, fallback=fallback)
