"""What is wrong with fallbacks: they read keys as a step does, take any error, and give a mapping or None."""

from __future__ import annotations

from typing import NamedTuple

from mypy.nodes import ArgKind, CallExpr, Decorator, FuncDef, LambdaExpr
from mypy.nodes import Context as Node
from mypy.types import CallableType, NoneType, Type

from .. import messages, notes
from ..algebra.contexts import Context
from ..algebra.kinds import KINDS
from ..algebra.table import Row
from ..flow_class.work import Slot, Work
from ..mypy_api import checking, deferral, nodes, type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..rows.fallbacks import Fallback, error_place, is_step, method, of_declaration, read, type_of
from ..rows.parameters import is_told, parameter_type
from ..rows.progress import context_before
from ..syntax.declarations import Declaration


def check(checker: TypeChecker, work: Work) -> None:
    """Called when the rows of a class are known: judge what its fallbacks read and give, as a step is judged."""
    for outer in work.slots:
        for slot in outer.inside():
            row, context = slot.row, context_before(checker, work, slot.attribute)
            found = _own(checker, work, slot)
            if slot.inherited is not None and found is None:
                name = slot.inherited.facts.fallback_name
                if is_step(work, name):
                    from stepkit.fallback import no_method

                    text = f"{slot.attribute}: {no_method(name, [])}"
                    messages.definition(checker, work.info.defn, text)
            if row is None or row.facts.on_error != "fallback" or found is None or context is None:
                continue
            declaration = slot.declaration
            place: Node = work.info.defn if declaration is None else declaration.options["on_error"]
            function = found.written if isinstance(found.written, LambdaExpr) else found.node
            if declaration is None and function is not None and checking.stands_in_module(checker, function.fullname):
                place = function
            if function is not None:
                parameters = _parameters(checker, function, found.named)
                _check_function(checker, place, row, function.name, parameters, context)
            _check_returned(checker, work, slot, row, found, place, context)


def _own(checker: TypeChecker, work: Work, slot: Slot) -> Fallback | None:
    """The fallback that the class declares, or by which it replaces that of a step which it inherits."""
    if slot.declaration is not None:
        return of_declaration(checker, work, slot.declaration)
    if slot.inherited is None or slot.row is None:
        return None
    return method(checker, work, slot.row.facts.fallback_name)


def _check_returned(
    checker: TypeChecker, work: Work, slot: Slot, row: Row, found: Fallback, place: Node, context: Context[Type]
) -> None:
    step, transform = row.facts.name, KINDS[row.facts.kind].replaces
    constants = work.body.constants if slot.declaration is None else slot.declaration.constants
    result = read(checker, work, found, slot.attribute, constants, transform=transform)
    if result is None:
        return
    if result.no_mapping:
        node, type = result.no_mapping[0]
        messages.bad_return(checker, node or place, step, type, transform=transform, of_fallback=True)
    elif transform and result.may_be_none:
        messages.bad_return(checker, result.none_at or place, step, NoneType(), transform=True, of_fallback=True)
    elif result.shape.open and not context.open and not row.change.open and work.is_first_note(place):
        notes.open_fallback(checker, place, step)


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
                nodes.has_default(argument),
                _annotation(type),
                argument,
            )
            for argument, type in zip(function.arguments, types, strict=True)
        ]
    else:
        called = type_ops.called_type(type_of(function))
        if called is None or called.is_ellipsis_args:
            return None
        found = [
            _Parameter(name, kind, name is not None, kind.is_optional(), _annotation(type), None)
            for name, kind, type in zip(called.arg_names, called.arg_kinds, called.arg_types, strict=True)
        ]
    return found[1:] if named or found and found[0].name == "self" else found


def _is_here(checker: TypeChecker, function: FuncDef) -> bool:
    return checking.stands_in_module(checker, function.fullname)


def _annotation(type: Type | None) -> Type | None:
    return None if type is None or type_ops.is_any(type) else type


def _check_function(
    checker: TypeChecker,
    written: Node,
    row: Row,
    name: str,
    parameters: list[_Parameter] | None,
    context: Context[Type],
) -> None:
    if parameters is None:
        return
    said = f"{row.facts.attribute}: on_error: {name}"
    if not parameters or parameters[0].kind.is_star() or parameters[0].kind.is_named():
        messages.definition(checker, written, f"{said}: it has no error parameter")
        return
    wanted = parameters[0].type
    exception = type_ops.named(checker, "builtins.Exception", [])
    if wanted is not None and not is_subtype(checker, exception, wanted):
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
    elif wanted is not None and not is_subtype(checker, key.type, wanted):
        messages.key_type(checker, node, step, name, wanted, key, fallback=fallback)
    elif not key.certain and not default:
        messages.maybe_missing(checker, node, step, name, key, fallback=fallback)


def has_lambda(call: CallExpr) -> bool:
    """Whether a step's options have a lambda for a fallback, whose parameters the context types."""
    return "on_error" in call.arg_names and isinstance(call.args[call.arg_names.index("on_error")], LambdaExpr)


def signature(checker: TypeChecker, work: Work, declaration: Declaration, default: CallableType) -> CallableType:
    """The declaring function's signature, its ``on_error`` typed from the context if it is a lambda."""
    written = declaration.options.get("on_error")
    context = context_before(checker, work, declaration.key, condition=False)
    if not isinstance(written, LambdaExpr) or "on_error" not in default.arg_names or context is None:
        return default
    place_of_error = error_place(written, method=False)
    inferred = deferral.infer_attributes(checker, written, work.info)
    this = type_ops.this_instance(work.info) if inferred else type_ops.any_type()
    given = [this][:place_of_error] + [type_ops.named(checker, "builtins.Exception", [])]
    given += [parameter_type(checker, argument, context) for argument in written.arguments[place_of_error + 1 :]]
    function = type_ops.named(checker, "builtins.function", [])
    arguments = given[: len(written.arguments)]
    types = list(default.arg_types)
    types[default.arg_names.index("on_error")] = CallableType(
        arguments, written.arg_kinds, written.arg_names, type_ops.any_type(), function
    )
    return default.copy_modified(arg_types=types)
