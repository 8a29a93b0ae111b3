"""What each hook does: finds the flow class that is meant, and hands on. No crash leaves the plugin."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from mypy.nodes import CallExpr, Decorator, MemberExpr, SuperExpr, TypeInfo
from mypy.nodes import Context as Node
from mypy.plugin import (
    AnalyzeTypeContext,
    AttributeContext,
    ClassDefContext,
    FunctionContext,
    FunctionSigContext,
    MethodContext,
    MethodSigContext,
)
from mypy.types import CallableType, FunctionLike, Instance, NoneType, Type, get_proper_type

from . import messages
from .algebra.table import TABLE
from .checks import fallbacks, own_callbacks, when
from .codes import CODES
from .features import (
    containers,
    events,
    flow_views,
    helper_types,
    mixins,
    nested_flow,
    run_calls,
    steps,
    team_decorators,
    unpacking,
)
from .features.class_end import finish_if_complete
from .features.comparisons import Comparisons
from .features.event_reads import EventReads
from .flow_class.work import Work, Works, declaration_at
from .mypy_api import checking, deferral, inference, inserting, type_aliases, type_ops
from .mypy_api.checking import TypeChecker
from .names import ON_STEP_COMPLETE, OWN_CALLBACKS, STEP_DECORATOR
from .semantic import tag_flow
from .syntax.declarations import Declaration
from .syntax.makers import Trees

Result = TypeVar("Result")


def _safe(otherwise: Callable[[Any], Any]) -> Callable[[Callable[[Any, Any], Any]], Callable[[Any, Any], Any]]:
    """An unexpected state becomes one error at the class, or else at the place, and the hook's default result."""

    def wrap(hook: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        @wraps(hook)
        def safe(self: Any, context: Any) -> Any:
            try:
                return hook(self, context)
            except Exception as error:
                if isinstance(context, (ClassDefContext, AnalyzeTypeContext)):
                    place = context.cls if isinstance(context, ClassDefContext) else context.context
                    context.api.fail(messages.internal_text(error), place, code=CODES["stepkit-internal"])
                else:
                    self.report(checking.checker_of(context.api), context.context, error)
                return otherwise(context)

        return safe

    return wrap


_return = _safe(lambda context: context.default_return_type)
_signature = _safe(lambda context: context.default_signature)
_attribute = _safe(lambda context: context.default_attr_type)


class Hooks:
    """The hooks of one plugin object."""

    def __init__(self, trees: Trees) -> None:
        self.works = Works(trees)
        self.tables = flow_views.Tables()
        self.comparisons = Comparisons()
        self.event_reads = EventReads()
        self._broken: dict[str, tuple[TypeInfo, str]] = {}
        """What was said first of a class that something unexpected was met in."""

    def report(self, checker: TypeChecker, node: Node, error: Exception) -> None:
        """Say that something unexpected was met. mypy drops repetitions, so what is said of a class is said once."""
        function = checking.function_being_checked(checker)
        info = checking.class_being_checked(checker) or (function and function.info)
        if not info or type_aliases.alias_of(info, TABLE) is None:
            messages.internal(checker, node, messages.internal_text(error))
            return
        known = self._broken.get(info.fullname)
        if known is None or known[0] is not info:
            known = self._broken[info.fullname] = info, messages.internal_text(error)
        messages.internal(checker, info.defn, known[1])

    @_safe(lambda context: None)
    def tag(self, context: ClassDefContext) -> None:
        self.tables.generation += 1
        tag_flow(context)

    @_safe(lambda context: type_ops.any_type())
    def helper_type(self, context: AnalyzeTypeContext) -> Type:
        return helper_types.analyze(context, self.tables)

    @_safe(lambda context: type_ops.any_type())
    def unpacked_type(self, context: AnalyzeTypeContext) -> Type:
        return unpacking.analyze(context)

    @_safe(lambda context: type_ops.any_type())
    def decorator_type(self, context: AnalyzeTypeContext) -> Type:
        """``StepDecorator`` in an annotation: as what a function returns, it says how the function makes it."""
        return team_decorators.analyze(context, self.works.trees)

    @_attribute
    def entered(self, context: AttributeContext) -> Type:
        """The body of a step, or of a class's own callback, begins."""
        checker = checking.checker_of(context.api)
        function = checking.function_being_checked(checker)
        node = context.context
        if function is None or not isinstance(node, MemberExpr) or inserting.entered_by(function) is not node:
            return context.default_attr_type
        info = function.info
        work = self._work(checker, info)
        if work is not None:
            declaration = work.by_node.get(function)
            if declaration is not None:
                steps.enter(checker, work, declaration, node)
            elif function.name in OWN_CALLBACKS:
                own_callbacks.enter(checker, function)
                if function.name == ON_STEP_COMPLETE:
                    events.check_own_saver(checker, self.tables, function, node)
        return NoneType()

    @_return
    def decorated(self, context: MethodContext | FunctionContext) -> Type:
        """A step's decorator was applied, or called with its options."""
        node, default = context.context, type_ops.without_any(context.default_return_type)
        checker = checking.checker_of(context.api)
        if isinstance(node, CallExpr):
            info = checking.class_being_checked(checker)
            if info is None or type_aliases.alias_of(info, TABLE) is None:
                assigned = info is not None and type_ops.is_any(default)  # flow.step("name")(function) in a mixin
                return (
                    mixins.unseen(checker)
                    if assigned
                    else team_decorators.kept(checker, node, default, self.works.trees)
                )
            if not when.has_condition(node):
                return default
        decorated = context.arg_types[0][0] if context.arg_types and context.arg_types[0] else None
        work, declaration = self._declared(checker, node)
        if work is None or declaration is None:
            info = checking.class_being_checked(checker)
            if info is not None and isinstance(node, Decorator):
                found = mixins.mixed_in(checker, info, node, decorated, self.works.trees)
                return found or default
            return default
        if not isinstance(node, Decorator):
            when.check(checker, work, declaration)
            return default
        if steps.is_step(decorated):  # the plugin's own decorator, above one that made the step
            return decorated
        if _is_inserted(context, declaration) and declaration.direct:
            return steps.hidden(checker, work, declaration, decorated)
        if declaration.call is None and "when" in declaration.options:
            when.check_behind(checker, work, declaration)
        call = steps.made(checker, work, declaration, decorated)
        return steps.step_type(checker, declaration, call or type_ops.any_type())

    @_return
    def partial_called(self, context: MethodContext) -> Type:
        """A partial function of a partial function lost what tells ``StepDecorator | Any`` from ``StepDecorator``."""
        made = inference.partial_called(context)
        decorator = get_proper_type(type_ops.without_any(made))
        return decorator if type_ops.is_instance(decorator, STEP_DECORATOR) else made

    @_return
    def declared(self, context: MethodContext | FunctionContext) -> Type:
        """A nested flow or a group was declared."""
        checker = checking.checker_of(context.api)
        work, declaration = self._declared(checker, context.context)
        if work is not None and declaration is not None:
            when.check(checker, work, declaration)
            if declaration.kind == "subflow":
                containers.declared(checker, work, declaration)
                if checking.is_silenced(checker):
                    finish_if_complete(checker, work)
        return type_ops.without_any(context.default_return_type)

    @_return
    def class_ends(self, context: MethodContext) -> Type:
        checker = checking.checker_of(context.api)
        info = checking.class_ended(checker, context.context)
        work = None if info is None else self._work(checker, info)
        if work is not None:
            work.ended = True
            from .checks import definitions  # it asks the runtime, which is imported where there is a flow to ask about

            definitions.check(checker, work)
            finish_if_complete(checker, work)
            for other in self.works.open():  # flows that waited for this one
                again = self._work(checker, other.info) if other.info.module_name == checker.tree.fullname else None
                if again is not None:
                    steps.go_on(checker, again)
        return context.default_return_type

    @_return
    def step_read(self, context: MethodContext) -> Type:
        """``Calc().add_one`` and ``super().add_one`` are the plain method; ``Calc.add_one`` is the step."""
        if not isinstance(context.context, (MemberExpr, SuperExpr)):
            return type_ops.any_type()  # an override check: a step may be redefined with other parameters
        owner = context.arg_types[0][0] if context.arg_types and context.arg_types[0] else None
        if owner is None or isinstance(get_proper_type(owner), NoneType):
            return context.type
        return type_ops.first_argument(context.type) or context.default_return_type

    @_return
    def container_read(self, context: MethodContext) -> Type:
        """A nested flow or a group may be anything in a subclass, or None: that is an override check."""
        is_read = isinstance(context.context, (MemberExpr, SuperExpr))
        return context.type if is_read else type_ops.any_type()

    @_signature
    def step_called(self, context: MethodSigContext) -> FunctionLike:
        """``Calc.add_one(calc, ...)``: the plain method with the flow before its arguments."""
        method = get_proper_type(type_ops.first_argument(context.type) or context.default_signature)
        return type_ops.unbound(method) if isinstance(method, CallableType) else context.default_signature

    @_signature
    def options(self, context: MethodSigContext | FunctionSigContext) -> FunctionLike:
        """A step's options are about to be checked."""
        call, default = context.context, type_ops.without_variables(context.default_signature)
        if not isinstance(call, CallExpr):
            return default
        if not (when.has_condition(call) or fallbacks.has_lambda(call) or nested_flow.are_made_here(call)):
            return default
        checker = checking.checker_of(context.api)
        work, declaration = self._declared(checker, call)
        if work is None or declaration is None or not isinstance(default, CallableType):
            return default
        signature = nested_flow.signature(checker, work, declaration, default)
        signature = fallbacks.signature(checker, work, declaration, signature)
        return when.signature(checker, work, declaration, signature)

    @_signature
    def run_signature(self, context: MethodSigContext) -> FunctionLike:
        instance, default = get_proper_type(context.type), context.default_signature
        if not isinstance(instance, Instance) or not isinstance(default, CallableType):
            return default
        checker = checking.checker_of(context.api)
        return run_calls.run_signature(checker, self.tables, instance, default, context.context, self.works.early)

    @_signature
    def start_signature(self, context: MethodSigContext) -> FunctionLike:
        flow, default = run_calls.flow_of(context.type), context.default_signature
        if flow is None or not isinstance(default, CallableType):
            return default
        checker = checking.checker_of(context.api)
        return run_calls.run_signature(
            checker, self.tables, flow, default, context.context, self.works.early, is_start=True
        )

    @_attribute
    def check_method(self, context: AttributeContext) -> Type:
        flow = run_calls.flow_of(context.type)
        if flow is None or not isinstance(context.context, MemberExpr):  # mypy compares a method that hides it
            return context.default_attr_type
        return run_calls.check_method(checking.checker_of(context.api), flow)

    @_attribute
    def load_method(self, context: AttributeContext) -> Type:
        flow, checker = run_calls.flow_of(context.type), checking.checker_of(context.api)
        if flow is None or not isinstance(context.context, MemberExpr):
            return context.default_attr_type
        found = run_calls.load_method(checker, self.tables, flow, context.context)
        return context.default_attr_type if found is None else found

    @_return
    def checked(self, context: MethodContext) -> Type:
        """``check`` was called."""
        asked = get_proper_type(context.type)
        flow = get_proper_type(asked.args[0]) if isinstance(asked, Instance) and asked.args else None
        if isinstance(flow, Instance):
            for expression in context.args[context.callee_arg_names.index("override_data")]:
                run_calls.check_override(checking.checker_of(context.api), self.tables, flow.type, expression)
        return context.default_return_type

    @_return
    def ran(self, context: MethodContext) -> Type:
        """``run`` or its like was called."""
        instance, checker = get_proper_type(context.type), checking.checker_of(context.api)
        if not isinstance(instance, Instance):
            return context.default_return_type
        events.check_saver(checker, self.tables, instance, context.context)
        if "override_data" in context.callee_arg_names:
            for expression in context.args[context.callee_arg_names.index("override_data")]:
                run_calls.check_override(checker, self.tables, instance.type, expression)
        return context.default_return_type

    @_attribute
    def event_context(self, context: AttributeContext) -> Type:
        checker = checking.checker_of(context.api)
        node, keyed = context.context, self.event_reads.needs_key(checker, context.context)
        keyed = keyed and self.comparisons.narrow(checker)
        found = events.event_context(checker, self.tables, context.type, node, keyed=keyed)
        return found or context.default_attr_type

    @_attribute
    def event_step_name(self, context: AttributeContext) -> Type:
        checker = checking.checker_of(context.api)
        return self.comparisons.step_name(
            checker, self.tables, context.type, context.context, context.default_attr_type
        )

    @_attribute
    def event_checkpoint(self, context: AttributeContext) -> Type:
        events.check_savable(checking.checker_of(context.api), self.tables, context.type, context.context)
        return context.default_attr_type

    def _declared(self, checker: TypeChecker, node: object) -> tuple[Work | None, Declaration | None]:
        """The class and the declaration that a call in a class body is."""
        info = checking.class_being_checked(checker)
        if info is None or type_aliases.alias_of(info, TABLE) is None:
            return None, None
        work = self._work(checker, info)
        return work, None if work is None else declaration_at(work, node)

    def _finished(self, checker: TypeChecker, info: TypeInfo) -> None:
        """The flow's types are known: tell those that waited for them."""
        self.tables.generation += 1
        helper_types.fill(checker, self.tables, info)
        unpacking.fill(checker, info, helper_types.modules_that_ask(checker, info))
        info.metadata.pop("stepkit", None)
        deferral.recheck_above(checker, info)
        if info.fullname in self.works.early:
            self.works.early.discard(info.fullname)
            deferral.recheck_module(checker)

    def _work(self, checker: TypeChecker, info: TypeInfo) -> Work | None:
        work = self.works.get(info)
        if work is not None and work.checker is not checker:
            found = work
            work.checker = checker
            work.resolve = lambda slot: containers.resolve(checker, found, slot)
            work.finished = lambda: self._finished(checker, info)
        return work


def _is_inserted(context: MethodContext | FunctionContext, declaration: Declaration) -> bool:
    """Whether it is the plugin's own decorator that was applied, not one that was written."""
    if not isinstance(context, FunctionContext):
        return False
    called = "step" if "merge" in context.callee_arg_names else "transform"
    return declaration.call is not None or called != declaration.kind


@cache
def config_data() -> dict[str, str]:
    """What a cache depends on: the sources of the plugin, of which mypy looks at the first only, and of the runtime."""
    digest = hashlib.sha256()
    runtime = find_spec("stepkit")
    folders = [Path(__file__).parent, *(map(Path, runtime.submodule_search_locations or ()) if runtime else ())]
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.read_bytes())
    return {"stepkit_mypy": digest.hexdigest()}
