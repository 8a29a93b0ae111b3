"""Where a flow meets its callers: ``run`` and its like, ``check`` and ``load``, their callbacks and overrides."""

from __future__ import annotations

from mypy.nodes import ARG_POS, DictExpr, Expression, MemberExpr, StrExpr, TypeInfo
from mypy.nodes import Context as Node
from mypy.plugin import AttributeContext, MethodContext, MethodSigContext
from mypy.types import CallableType, FunctionLike, Instance, NoneType, Type, TypeType, UnionType, get_proper_type

from .. import messages
from ..algebra.contexts import merged
from ..algebra.encoding import as_type, is_ready
from ..checks.early_stop import call_may_stop
from ..mypy_api import checking, deferral, inference, retyping, type_aliases, type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..names import CHECK_METHOD, LOAD, ON_STEP_COMPLETE, RUN_CHECKPOINT_SYNC
from .events import check_saver
from .flow_views import Tables, depend_on
from .session import Session


def run_signature(session: Session, context: MethodSigContext) -> FunctionLike:
    instance, default = get_proper_type(context.type), context.default_signature
    if not isinstance(instance, Instance) or not isinstance(default, CallableType):
        return default
    checker = checking.checker_of(context.api)
    return _signature(checker, session.tables, instance, default, context.context, session.works.early)


def start_signature(session: Session, context: MethodSigContext) -> FunctionLike:
    flow, default = _flow_of(context.type), context.default_signature
    if flow is None or not isinstance(default, CallableType):
        return default
    checker = checking.checker_of(context.api)
    return _signature(checker, session.tables, flow, default, context.context, session.works.early, is_start=True)


def check_method(session: Session, context: AttributeContext) -> Type:
    """``flow.check`` is something that is called, so that the plugin is told of its override data."""
    flow = _flow_of(context.type)
    if flow is None or not isinstance(context.context, MemberExpr):  # mypy compares a method that hides it
        return context.default_attr_type
    return type_ops.named(checking.checker_of(context.api), CHECK_METHOD, [flow])


def load_method(session: Session, context: AttributeContext) -> Type:
    flow, checker = _flow_of(context.type), checking.checker_of(context.api)
    if flow is None or not isinstance(context.context, MemberExpr):
        return context.default_attr_type
    found = _load_method(checker, session.tables, flow, context.context)
    return context.default_attr_type if found is None else found


def checked(session: Session, context: MethodContext) -> Type:
    """``check`` was called."""
    asked = get_proper_type(context.type)
    flow = get_proper_type(asked.args[0]) if isinstance(asked, Instance) and asked.args else None
    if isinstance(flow, Instance):
        for expression in context.args[context.callee_arg_names.index("override_data")]:
            check_override(checking.checker_of(context.api), session.tables, flow.type, expression)
    return context.default_return_type


def ran(session: Session, context: MethodContext) -> Type:
    """``run`` or its like was called."""
    instance, checker = get_proper_type(context.type), checking.checker_of(context.api)
    if not isinstance(instance, Instance):
        return context.default_return_type
    check_saver(checker, session.tables, instance, context.context)
    if "override_data" in context.callee_arg_names:
        for expression in context.args[context.callee_arg_names.index("override_data")]:
            check_override(checker, session.tables, instance.type, expression)
    return context.default_return_type


def _signature(
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
        if not deferral.defer(checker, node) and info.module_name == checker.tree.fullname:
            early.add(info.fullname)
        return default
    targets = {name: type_aliases.alias_target(instance, name) for name in ("Input", "Output", "Event")}
    types, kinds = list(default.arg_types), list(default.arg_kinds)
    for place, name in enumerate(default.arg_names):
        if name == "input" and targets["Input"] is not None:
            typed = type_ops.typed_dict_of(targets["Input"])
            if typed is not None and typed.required_keys:
                types[place], kinds[place] = targets["Input"], ARG_POS
            else:
                types[place] = UnionType([targets["Input"], NoneType()])
        elif name == ON_STEP_COMPLETE and targets["Event"] is not None:
            anything = type_ops.named(checker, "builtins.object", [])
            function = type_ops.named(checker, "builtins.function", [])
            callback = CallableType([targets["Event"]], [ARG_POS], [None], anything, function)
            types[place] = UnionType([callback, NoneType()])
    result, output = default.ret_type, targets["Output"]
    if output is not None and not is_start:
        if call_may_stop(checker, node):
            output = type_ops.for_instance(instance, tables.stopped(checker, info) or output)
        is_async = type_ops.awaited(result) is not result
        result = type_ops.coroutine(checker, output) if is_async else output
    return default.copy_modified(arg_types=types, arg_kinds=kinds, ret_type=result)


def _is_run_by_itself(checker: TypeChecker, info: TypeInfo) -> bool:
    """Whether a step of the flow runs it, and is itself known by what its body gives: the result is Any there."""
    method = checking.method_being_checked(checker)
    return method is not None and method.info is info and retyping.returns_inferred(method)


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
            found = inference.infer_with_context(checker, value, wanted)
            if not is_subtype(checker, found, wanted):
                messages.override_type(checker, value, info.name, key.value, wanted, type_ops.clean(found))
        return
    type = inference.type_of(checker, expression)
    typed = type_ops.typed_dict_of(type)
    if typed is None:
        return
    for name, item in typed.items.items():
        if name not in keys:
            messages.override_unknown(checker, expression, info.name, name, keys)
        elif not is_subtype(checker, item, keys[name]):
            messages.override_type(checker, expression, info.name, name, keys[name], item)


def _flow_of(owner: Type) -> Instance | None:
    """The flow that is asked: the class and its instances have the same methods."""
    asked = get_proper_type(owner)
    if isinstance(asked, TypeType):
        asked = asked.item
    elif isinstance(asked, FunctionLike) and asked.is_type_obj():
        asked = get_proper_type(asked.items[0].ret_type)
    return asked if isinstance(asked, Instance) else None


def _load_method(checker: TypeChecker, tables: Tables, flow: Instance, node: Node) -> Type | None:
    """The type of ``flow.load``; it gives what the context is before or after any step. None where unknown."""
    if is_ready(flow.type) is None:
        return None
    depend_on(checker, flow.type)
    contexts = tables.anywhere(flow.type)
    method = flow.type.get_method(RUN_CHECKPOINT_SYNC)  # it takes a checkpoint as ``load`` does
    takes = None if method is None else get_proper_type(method.type)
    if contexts is None:
        deferral.defer(checker, node)
        return None
    if not isinstance(takes, CallableType):
        return None
    place = takes.arg_names.index("checkpoint")
    result = type_ops.for_instance(flow, as_type(checker, merged(contexts, type_ops.join)))
    return CallableType([takes.arg_types[place]], [ARG_POS], ["checkpoint"], result, takes.fallback, name=LOAD)
