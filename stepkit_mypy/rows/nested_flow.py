"""Which flow an expression stands for: a class, an instance, or a function of ``self`` that makes one."""

from __future__ import annotations

from mypy.nodes import CallExpr, ConditionalExpr, DictExpr, Expression, LambdaExpr
from mypy.types import CallableType, Instance, NoneType, Type, TypedDictType, UnionType, get_proper_type

from .. import messages, notes
from ..algebra.kinds import KINDS
from ..algebra.table import TABLE
from ..flow_class.work import Work
from ..mypy_api import deferral, inference, type_aliases, type_ops
from ..mypy_api.checking import TypeChecker
from ..names import FLOW
from ..syntax.declarations import Declaration, flow_argument


def flow_of(type: Type | None) -> Instance | None:
    """The flow that an expression's type stands for; None where it is none, or cannot be seen."""
    instance = type_ops.instance_of_callable(type)
    if (
        instance is None
        or not instance.type.has_base(FLOW)
        or type_aliases.inherited_alias(instance.type, TABLE) is None
    ):
        return None
    return instance


def flows_of(checker: TypeChecker, expression: Expression) -> tuple[Instance | None, ...]:
    """The flows, one of which an expression stands for; one None where that cannot be seen."""
    made = expression.expr() if isinstance(expression, LambdaExpr) else expression
    if isinstance(made, ConditionalExpr):  # mypy's type of both is their common base
        found = [flow_of(type) for type, _ in inference.alternatives_of(checker, made)]
    else:
        type = inference.type_of(checker, expression)
        result = None if type is None else type_ops.returned_by(type)
        items = result.items if isinstance(result, UnionType) else [type]
        found = [flow_of(item) for item in items]
    return (None,) if None in found or not found else tuple(dict.fromkeys(found))


def judge(
    checker: TypeChecker, work: Work, declaration: Declaration, place: str, node: Expression, *, already_open: bool
) -> None:
    """What stands where a flow must is no flow that can be seen: an error if it is none, otherwise a note."""
    type = inference.type_of(checker, node)
    if type is None or type_ops.is_error(type_ops.returned_by(type)):
        return
    if _is_no_flow(type):
        messages.no_flow(checker, node, place, type_ops.clean(type))
    elif not already_open and work.is_first_note(node, declaration.key):
        notes.unseen_flow(checker, node, place)


def _is_no_flow(type: Type) -> bool:
    proper, made = get_proper_type(type), type_ops.returned_by(type)
    if isinstance(made, (TypedDictType, NoneType)):
        return True
    instance = None if isinstance(made, UnionType) else type_ops.instance_of_callable(type)
    if instance is None or instance.type.has_base(FLOW) or instance.type.fallback_to_any:
        return False
    if instance.type.fullname == "builtins.object":
        return False
    return made is not proper or instance.type.get("__call__") is None


def are_made_here(call: CallExpr) -> bool:
    """Whether a flow is a lambda, or a case one or a call; most are classes, and cost nothing more here."""
    return any(
        isinstance(argument, LambdaExpr)
        or isinstance(argument, DictExpr)
        and any(isinstance(case, (CallExpr, LambdaExpr)) for _, case in argument.items)
        for argument in call.args
    )


def signature(checker: TypeChecker, work: Work, declaration: Declaration, default: CallableType) -> CallableType:
    """The declaring function's signature: lambdas of ``self`` are typed, and cases keep what they are made with."""
    flow, cases = flow_argument(declaration), declaration.options.get("cases")
    types = list(default.arg_types)
    if KINDS[declaration.kind].nests and isinstance(flow, LambdaExpr):
        place = 0 if declaration.group is not None else 1
        types[place] = _factory(checker, work, flow) or types[place]
    elif isinstance(cases, DictExpr) and "cases" in default.arg_names:
        factories = [_factory(checker, work, each) for _, each in cases.items if isinstance(each, LambdaExpr)]
        case: Type = type_ops.named(checker, "builtins.object", [])  # not Any, which would be what a generic flow is of
        if factories:
            known = [each for each in factories if each is not None]
            case = type_ops.any_type()
            if len(known) == len(factories):
                case = UnionType([known[0], case])
        text = type_ops.named(checker, "builtins.str", [])
        types[default.arg_names.index("cases")] = type_ops.named(checker, "typing.Mapping", [text, case])
    return default.copy_modified(arg_types=types)


def _factory(checker: TypeChecker, work: Work, function: LambdaExpr) -> Type | None:
    """The type of a lambda of one parameter, the flow that it stands in. None where that would blame it."""
    if len(function.arguments) != 1 or not deferral.infer_attributes(checker, function, work.info):
        return None
    anything, fallback = (
        type_ops.named(checker, "builtins.object", []),
        type_ops.named(checker, "builtins.function", []),
    )
    return CallableType([type_ops.this_instance(work.info)], function.arg_kinds, [None], anything, fallback)
