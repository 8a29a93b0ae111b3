"""The table of hooks, and nothing else: each leads to the function of a feature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mypy.nodes import MypyFile, TypeInfo, Var
from mypy.options import Options
from mypy.plugin import (
    AnalyzeTypeContext,
    AttributeContext,
    ClassDefContext,
    FunctionContext,
    FunctionSigContext,
    MethodContext,
    MethodSigContext,
    Plugin,
    ReportConfigContext,
)
from mypy.types import FunctionLike, Type

from . import names
from .algebra.kinds import KINDS
from .caching import config_data
from .features import (
    access,
    bodies,
    classes,
    declaring,
    events,
    helper_types,
    run_calls,
    team_decorators,
    unpacking,
)
from .features.guard import guarded
from .features.session import Session
from .flow_class.work import Works
from .mypy_api import inserting, type_aliases, type_ops, unpack

METHODS: dict[str, Callable[[Session, MethodContext], Type]] = {
    f"{names.STEP_DECORATOR}.__call__": declaring.decorated,
    f"{names.BRANCH_DECORATOR}.__call__": declaring.decorated,
    names.PARALLEL_STEP: declaring.decorated,
    names.PARALLEL_SUBFLOW: declaring.declared,
    f"{names.STEP}.__get__": access.step_read,
    f"{names.BRANCH}.__get__": access.step_read,
    f"{names.SUBFLOW}.__get__": access.container_read,
    f"{names.PARALLEL}.__get__": access.container_read,
    f"{names.APPROVAL}.__get__": access.container_read,
    f"{names.CHECK_METHOD}.__call__": run_calls.checked,
    "functools.partial.__call__": team_decorators.partial_called,
}
METHOD_SIGNATURES: dict[str, Callable[[Session, MethodSigContext], FunctionLike]] = {
    names.PARALLEL_STEP: declaring.options,
    names.PARALLEL_SUBFLOW: declaring.options,
    f"{names.STEP}.__call__": access.step_called,
    f"{names.BRANCH}.__call__": access.step_called,
}
FUNCTIONS: dict[str, Callable[[Session, FunctionContext], Type]] = {
    traits.function: declaring.decorated if traits.decorates else declaring.declared for traits in KINDS.values()
}
FUNCTION_SIGNATURES: dict[str, Callable[[Session, FunctionSigContext], FunctionLike]] = {
    traits.function: declaring.approval_options if traits.decides else declaring.options for traits in KINDS.values()
}
OF_FLOWS: dict[str, Callable[[Session, AttributeContext], Type]] = {
    names.CHECK: run_calls.check_method,
    names.LOAD: run_calls.load_method,
}
"""Methods that a flow class has as well as its instances."""
ATTRIBUTES: dict[str, Callable[[Session, AttributeContext], Type]] = {
    f"{names.FLOW}.{inserting.ENTER}": bodies.entered,
    **{f"{names.FLOW}.{name}": hook for name, hook in OF_FLOWS.items()},
    f"{names.EVENT}.{names.CONTEXT}": events.context_read,
    f"{names.EVENT}.{names.STEP_NAME}": events.step_name_read,
    f"{names.EVENT}.{names.CHECKPOINT}": events.checkpoint_read,
}
TYPES: dict[str, Callable[[Session, AnalyzeTypeContext], Type]] = {
    names.STEP_DECORATOR: team_decorators.analyze,
    **dict.fromkeys(unpack.UNPACK, unpacking.analyze),
    **dict.fromkeys(names.HELPER_TYPES, helper_types.analyze),
}


class StepkitPlugin(Plugin):
    """Knows the context's type across the steps of a flow."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.session = session = Session(Works(lambda name: (self._modules or {}).get(name)))
        self.methods = {name: guarded(session, hook) for name, hook in METHODS.items()}
        self.method_signatures = {name: guarded(session, hook) for name, hook in METHOD_SIGNATURES.items()}
        self.functions = {name: guarded(session, hook) for name, hook in FUNCTIONS.items()}
        self.function_signatures = {name: guarded(session, hook) for name, hook in FUNCTION_SIGNATURES.items()}
        self.of_flows = {name: guarded(session, hook) for name, hook in OF_FLOWS.items()}
        self.attributes = {name: guarded(session, hook) for name, hook in ATTRIBUTES.items()}
        self.types = {name: guarded(session, hook) for name, hook in TYPES.items()}

    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        """Called for each file that is read; in the daemon for each that changed."""
        self.session.tables.generation += 1  # what was found out about its classes may be so no longer
        return []

    def get_base_class_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        return guarded(self.session, classes.begins) if self._is_flow(fullname) else None

    def get_type_analyze_hook(self, fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
        if fullname == names.FLOW:
            symbol = self.lookup_fully_qualified(names.FLOW)
            if symbol is not None and isinstance(symbol.node, TypeInfo):
                type_ops.excuse_defaults(symbol.node)
        return self.types.get(fullname)

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        hook = self.methods.get(fullname)
        if hook is not None:
            return hook
        owner, _, name = fullname.rpartition(".")
        if name == "__init_subclass__" and self._is_flow(owner):
            return guarded(self.session, classes.ends)
        return guarded(self.session, run_calls.ran) if name in names.RUNS and self._is_flow(owner) else None

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        hook = self.method_signatures.get(fullname)
        if hook is not None:
            return hook
        owner, _, name = fullname.rpartition(".")
        if name == names.START_CHECKPOINT and self._is_flow(owner):
            return guarded(self.session, run_calls.start_signature)
        return guarded(self.session, run_calls.run_signature) if name in names.RUNS and self._is_flow(owner) else None

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        return self.functions.get(fullname)

    def get_function_signature_hook(self, fullname: str) -> Callable[[FunctionSigContext], FunctionLike] | None:
        return self.function_signatures.get(fullname)

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        return self.attributes.get(fullname)

    def get_class_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        owner, _, name = fullname.rpartition(".")
        if name not in self.of_flows or not self._is_flow(owner):
            return None
        symbol = self.lookup_fully_qualified(owner)
        info = None if symbol is None else type_aliases.class_behind(symbol.node)
        found = None if info is None else info.get(name)  # a step may be called so
        is_own = found is not None and isinstance(found.node, Var) and found.node.info.fullname == names.FLOW
        return self.of_flows[name] if is_own else None

    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        return config_data()

    def _is_flow(self, fullname: str) -> bool:
        symbol = self.lookup_fully_qualified(fullname)
        info = None if symbol is None else type_aliases.class_behind(symbol.node)
        return info is not None and info.has_base(names.FLOW)


def plugin(version: str) -> type[Plugin]:
    """mypy's entry point; ``version`` is mypy's own."""
    return StepkitPlugin
