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

from . import hooks, names
from .mypy_api import inserting, type_aliases, type_ops, unpack


class StepkitPlugin(Plugin):
    """Knows the context's type across the steps of a flow."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.hooks = hooks.Hooks(lambda name: (self._modules or {}).get(name))
        self.methods: dict[str, Callable[[MethodContext], Type]] = {
            f"{names.STEP_DECORATOR}.__call__": self.hooks.decorated,
            f"{names.BRANCH_DECORATOR}.__call__": self.hooks.decorated,
            names.PARALLEL_STEP: self.hooks.decorated,
            names.PARALLEL_SUBFLOW: self.hooks.declared,
            f"{names.STEP}.__get__": self.hooks.step_read,
            f"{names.BRANCH}.__get__": self.hooks.step_read,
            f"{names.SUBFLOW}.__get__": self.hooks.container_read,
            f"{names.PARALLEL}.__get__": self.hooks.container_read,
            f"{names.CHECK_METHOD}.__call__": self.hooks.checked,
            "functools.partial.__call__": self.hooks.partial_called,
        }
        self.asking: dict[str, Callable[[AttributeContext], Type]] = {
            names.CHECK: self.hooks.check_method,
            names.LOAD: self.hooks.load_method,
        }
        self.attributes: dict[str, Callable[[AttributeContext], Type]] = {
            f"{names.FLOW}.{inserting.ENTER}": self.hooks.entered,
            **{f"{names.FLOW}.{name}": hook for name, hook in self.asking.items()},
            f"{names.EVENT}.{names.CONTEXT}": self.hooks.event_context,
            f"{names.EVENT}.{names.STEP_NAME}": self.hooks.event_step_name,
            f"{names.EVENT}.{names.CHECKPOINT}": self.hooks.event_checkpoint,
        }
        self.functions: dict[str, Callable[[FunctionContext], Type]] = {
            names.STEP_FUNCTION: self.hooks.decorated,
            names.TRANSFORM_FUNCTION: self.hooks.decorated,
            names.BRANCH_FUNCTION: self.hooks.decorated,
            names.SUBFLOW_FUNCTION: self.hooks.declared,
            names.PARALLEL_FUNCTION: self.hooks.declared,
        }

    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        """Called for each file that is read; in the daemon for each that changed."""
        self.hooks.tables.generation += 1  # what was found out about its classes may be so no longer
        return []

    def get_base_class_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        return self.hooks.tag if self._is_flow(fullname) else None

    def get_type_analyze_hook(self, fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
        if fullname == names.FLOW:
            symbol = self.lookup_fully_qualified(names.FLOW)
            if symbol is not None and isinstance(symbol.node, TypeInfo):
                type_ops.excuse_defaults(symbol.node)
        if fullname == names.STEP_DECORATOR:
            return self.hooks.decorator_type
        if fullname in unpack.UNPACK:
            return self.hooks.unpacked_type
        return self.hooks.helper_type if fullname in names.HELPER_TYPES else None

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        hook = self.methods.get(fullname)
        if hook is not None:
            return hook
        owner, _, name = fullname.rpartition(".")
        if name == "__init_subclass__" and self._is_flow(owner):
            return self.hooks.class_ends
        return self.hooks.ran if name in names.RUNS and self._is_flow(owner) else None

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        if fullname in (names.PARALLEL_STEP, names.PARALLEL_SUBFLOW):
            return self.hooks.options
        if fullname in (f"{names.STEP}.__call__", f"{names.BRANCH}.__call__"):
            return self.hooks.step_called
        owner, _, name = fullname.rpartition(".")
        if name == names.START_CHECKPOINT and self._is_flow(owner):
            return self.hooks.start_signature
        return self.hooks.run_signature if name in names.RUNS and self._is_flow(owner) else None

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        return self.functions.get(fullname)

    def get_function_signature_hook(self, fullname: str) -> Callable[[FunctionSigContext], FunctionLike] | None:
        return self.hooks.options if fullname in self.functions else None

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        return self.attributes.get(fullname)

    def get_class_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        owner, _, name = fullname.rpartition(".")
        if name not in self.asking or not self._is_flow(owner):
            return None
        symbol = self.lookup_fully_qualified(owner)
        info = None if symbol is None else type_aliases.class_behind(symbol.node)
        found = None if info is None else info.get(name)  # a step may be called so
        is_own = found is not None and isinstance(found.node, Var) and found.node.info.fullname == names.FLOW
        return self.asking[name] if is_own else None

    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        return hooks.config_data()

    def _is_flow(self, fullname: str) -> bool:
        symbol = self.lookup_fully_qualified(fullname)
        info = None if symbol is None else type_aliases.class_behind(symbol.node)
        return info is not None and info.has_base(names.FLOW)


def plugin(version: str) -> type[Plugin]:
    """mypy's entry point; ``version`` is mypy's own."""
    return StepkitPlugin
