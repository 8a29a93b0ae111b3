"""Where a flow meets its callers: ``run`` and its like, their callbacks and overrides, and what an event holds."""

from __future__ import annotations

from mypy.nodes import ARG_POS, DictExpr, Expression, StrExpr, TypeInfo
from mypy.nodes import Context as Node
from mypy.types import CallableType, FunctionLike, Instance, NoneType, Type, TypeType, UnionType, get_proper_type

from .. import messages
from ..algebra.contexts import merged
from ..algebra.encoding import is_ready
from ..checks.early_stop import call_may_stop
from ..mypy_api import checking, deferral, inference, retyping, type_aliases, type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..names import CHECK_METHOD, LOAD, ON_STEP_COMPLETE, RUN_CHECKPOINT_SYNC
from .class_end import as_type
from .flow_views import Tables, depend_on


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
    return type_ops.named(checker, CHECK_METHOD, [flow])


def load_method(checker: TypeChecker, tables: Tables, flow: Instance, node: Node) -> Type | None:
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
