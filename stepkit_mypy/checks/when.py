"""``when=`` functions: their parameters are injected by name from the context at their step."""

from __future__ import annotations

from mypy.nodes import Argument, CallExpr, Expression, LambdaExpr, TypeInfo
from mypy.nodes import Context as Node
from mypy.types import AnyType, CallableType, Type, UnionType, get_proper_type

from .. import messages
from ..algebra.contexts import Context
from ..algebra.table import Parameter
from ..flow_class.work import Work
from ..mypy_api import deferral, inference, nodes, type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..rows.parameters import is_told, whole_context
from ..rows.progress import context_before
from ..syntax.declarations import Declaration, name_of


def context_at(checker: TypeChecker, work: Work, declaration: Declaration) -> Context[Type] | None:
    return context_before(checker, work, declaration.key, condition=False)


def has_condition(call: CallExpr) -> bool:
    """Whether a step's options may say when it runs; most steps have none, and cost nothing more here."""
    return "when" in call.arg_names


def signature(checker: TypeChecker, work: Work, declaration: Declaration, default: CallableType) -> CallableType:
    """The declaring function's signature, its ``when`` typed from the context if it is a lambda."""
    when = declaration.options.get("when")
    if not isinstance(when, LambdaExpr) or "when" not in default.arg_names:
        return default
    condition = _typed(checker, work, declaration, when)
    if condition is None:
        return default
    types = list(default.arg_types)
    types[default.arg_names.index("when")] = UnionType([_boolean(checker), condition])
    return default.copy_modified(arg_types=types)


def check_behind(checker: TypeChecker, work: Work, declaration: Declaration) -> None:
    """Check a ``when`` that was given to a team's own decorator, or to one that was kept under a name.

    mypy has looked at a lambda there without knowing what its parameters are: it looks once more.
    """
    when = declaration.options.get("when")
    if isinstance(when, LambdaExpr):
        condition = _typed(checker, work, declaration, when)
        if condition is None:
            return
        checker.expr_checker.accept(when, condition)
    check(checker, work, declaration)


def _typed(checker: TypeChecker, work: Work, declaration: Declaration, when: LambdaExpr) -> CallableType | None:
    """The type of a lambda whose parameters are keys of the context. None while that is not known."""
    context = context_at(checker, work, declaration)
    if context is None:
        return None
    step = name_of(declaration)
    inferred = deferral.infer_attributes(checker, when, work.info)
    wrong = work.wrong_conditions[declaration.key] = set()
    types = [
        _lambda_parameter(checker, argument, place, context, step, work.info if inferred else None, wrong)
        for place, argument in enumerate(when.arguments)
    ]
    work.conditions[declaration.key] = {
        Parameter(argument.variable.name, not nodes.has_default(argument), annotated=False): type
        for place, (argument, type) in enumerate(zip(when.arguments, types, strict=True))
        if not argument.pos_only and not _is_self(place, argument.variable.name)
    }
    function = type_ops.named(checker, "builtins.function", [])
    # Any, as mypy would blame the lambda for its result, and the call for the lambda: ``check`` does it once.
    return CallableType(types, when.arg_kinds, when.arg_names, type_ops.any_type(), function)


def _boolean(checker: TypeChecker) -> Type:
    return type_ops.named(checker, "builtins.bool", [])


def _lambda_parameter(
    checker: TypeChecker,
    argument: Argument,
    place: int,
    context: Context[Type],
    step: str,
    info: TypeInfo | None,
    wrong: set[str],
) -> Type:
    name = argument.variable.name
    if _is_self(place, name):
        return type_ops.any_type() if info is None else type_ops.this_instance(info)
    if argument.pos_only:
        return whole_context(checker, context)
    if _judge(checker, argument, step, name, None, nodes.has_default(argument), context):
        wrong.add(name)
    key = context.keys.get(name)
    type = key.type if key is not None else context.rest
    if type is None:
        return type_ops.any_type()
    if argument.initializer is not None:
        type = type_ops.join(type, type_ops.clean(inference.infer_quietly(checker, argument.initializer)))
    return type


def check(checker: TypeChecker, work: Work, declaration: Declaration) -> None:
    """Check the result of a ``when`` that is a lambda, and the parameters of one that is another function."""
    when = declaration.options.get("when")
    if when is None:
        return
    found, context = inference.type_of(checker, when), context_at(checker, work, declaration)
    if found is None or context is None:
        return
    if isinstance(when, LambdaExpr):
        given = type_ops.returned_by(found)
        wanted = UnionType([_boolean(checker), type_ops.named(checker, "typing.Awaitable", [_boolean(checker)])])
        if not is_subtype(checker, given, wanted):
            messages.when_result(checker, when.expr(), name_of(declaration), type_ops.clean(given))
        return
    type = get_proper_type(found)
    if not isinstance(type, CallableType) or type.is_type_obj() or type.is_ellipsis_args:
        return
    step = name_of(declaration)
    wrong = work.wrong_conditions[declaration.key] = set()
    reads = work.conditions[declaration.key] = {}
    for place, (argument, kind, name) in enumerate(zip(type.arg_types, type.arg_kinds, type.arg_names, strict=True)):
        if name is None or kind.is_star() or _is_self(place, name):
            continue
        reads[Parameter(name, not kind.is_optional(), annotated=True)] = argument
        if _judge(checker, when, step, name, argument, kind.is_optional(), context):
            wrong.add(name)


def _is_self(place: int, name: str) -> bool:
    return place == 0 and name == "self"


def _judge(
    checker: TypeChecker,
    node: Node | Expression,
    step: str,
    name: str,
    wanted: Type | None,
    has_default: bool,
    context: Context[Type],
) -> bool:
    """Whether the condition is wrong about the key; said once."""
    key, told = context.keys.get(name), is_told(checker, context, name, wanted)
    if key is None:
        if not context.open and not told:
            messages.when_missing(checker, node, step, name, context)
        return not context.open
    if wanted is not None and not isinstance(get_proper_type(wanted), AnyType):
        if not is_subtype(checker, key.type, wanted):
            if not told:
                messages.key_type(checker, node, step, name, wanted, key, code="stepkit-when")
            return True
    if not key.certain and not has_default and not told:
        messages.when_maybe_missing(checker, node, step, name, key)
        return True
    return False
