"""The table of hooks, and nothing else."""

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

from . import hooks, mypy_api
from .semantic import FLOW
from .syntax.maker import DECORATOR

HELPER_TYPES = [f"stepkit.helper_types.{name}" for name in ("StepNames", "StepInput", "StepOutput")]
DECLARING_METHODS = ("stepkit.flow.Parallel.step", "stepkit.flow.Parallel.subflow")
STEP_CALLS = ("stepkit.flow.Step.__call__", "stepkit.flow.Branch.__call__")
RUNS = ("run", "run_sync", "run_checkpoint", "run_checkpoint_sync")


class StepkitPlugin(Plugin):
    """Knows the context's type across the steps of a flow."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.hooks = hooks.Hooks(lambda name: (self._modules or {}).get(name))
        self.methods: dict[str, Callable[[MethodContext], Type]] = {
            "stepkit.flow.StepDecorator.__call__": self.hooks.decorated,
            "stepkit.flow.BranchDecorator.__call__": self.hooks.decorated,
            "stepkit.flow.Parallel.step": self.hooks.decorated,
            "stepkit.flow.Parallel.subflow": self.hooks.declared,
            "stepkit.flow.Step.__get__": self.hooks.step_read,
            "stepkit.flow.Branch.__get__": self.hooks.step_read,
            "stepkit.flow.Subflow.__get__": self.hooks.container_read,
            "stepkit.flow.Parallel.__get__": self.hooks.container_read,
            "stepkit.definition.CheckMethod.__call__": self.hooks.checked,
            "functools.partial.__call__": self.hooks.partial_called,
        }
        self.asking: dict[str, Callable[[AttributeContext], Type]] = {
            "check": self.hooks.check_method,
            "load": self.hooks.load_method,
        }
        self.functions: dict[str, Callable[[FunctionContext], Type]] = {
            "stepkit.flow.step": self.hooks.decorated,
            "stepkit.flow.transform": self.hooks.decorated,
            "stepkit.flow.branch": self.hooks.decorated,
            "stepkit.flow.subflow": self.hooks.declared,
            "stepkit.flow.parallel": self.hooks.declared,
        }

    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        """Called for each file that is read; in the daemon for each that changed."""
        self.hooks.tables.generation += 1  # what was found out about its classes may be so no longer
        return []

    def get_base_class_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        return self.hooks.tag if self._is_flow(fullname) else None

    def get_type_analyze_hook(self, fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
        if fullname == FLOW:
            symbol = self.lookup_fully_qualified(FLOW)
            if symbol is not None and isinstance(symbol.node, TypeInfo):
                mypy_api.excuse_defaults(symbol.node)
        if fullname == DECORATOR:
            return self.hooks.decorator_type
        if fullname in mypy_api.UNPACK:
            return self.hooks.unpacked_type
        return self.hooks.helper_type if fullname in HELPER_TYPES else None

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        hook = self.methods.get(fullname)
        if hook is not None:
            return hook
        owner, _, name = fullname.rpartition(".")
        if name == "__init_subclass__" and self._is_flow(owner):
            return self.hooks.class_ends
        return self.hooks.ran if name in RUNS and self._is_flow(owner) else None

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        if fullname in DECLARING_METHODS:
            return self.hooks.options
        if fullname in STEP_CALLS:
            return self.hooks.step_called
        owner, _, name = fullname.rpartition(".")
        if name == "start_checkpoint" and self._is_flow(owner):
            return self.hooks.start_signature
        return self.hooks.run_signature if name in RUNS and self._is_flow(owner) else None

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        return self.functions.get(fullname)

    def get_function_signature_hook(self, fullname: str) -> Callable[[FunctionSigContext], FunctionLike] | None:
        return self.hooks.options if fullname in self.functions else None

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        if fullname == f"{FLOW}.__stepkit_plan__":
            return self.hooks.entered
        if fullname == "stepkit.events.StepEvent.context":
            return self.hooks.event_context
        if fullname == "stepkit.events.StepEvent.step_name":
            return self.hooks.event_step_name
        if fullname == "stepkit.events.StepEvent.checkpoint":
            return self.hooks.event_checkpoint
        return self.asking.get(fullname.removeprefix(f"{FLOW}."))

    def get_class_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        owner, _, name = fullname.rpartition(".")
        if name not in self.asking or not self._is_flow(owner):
            return None
        symbol = self.lookup_fully_qualified(owner)
        info = None if symbol is None else mypy_api.class_behind(symbol.node)
        found = None if info is None else info.get(name)  # a step may be called so
        is_own = found is not None and isinstance(found.node, Var) and found.node.info.fullname == FLOW
        return self.asking[name] if is_own else None

    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        return hooks.config_data()

    def _is_flow(self, fullname: str) -> bool:
        symbol = self.lookup_fully_qualified(fullname)
        info = None if symbol is None else mypy_api.class_behind(symbol.node)
        return info is not None and info.has_base(FLOW)


def plugin(version: str) -> type[Plugin]:
    """mypy's entry point; ``version`` is mypy's own."""
    return StepkitPlugin
