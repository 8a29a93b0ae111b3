"""``StepNames``, ``StepInput``, ``StepOutput``: type aliases where they are used, filled once the flow is known."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

from mypy.nodes import MypyFile, TypeAlias, TypeInfo
from mypy.plugin import AnalyzeTypeContext
from mypy.types import Instance, Type, UnionType, get_proper_type

from .. import messages
from ..algebra.contexts import Context
from ..algebra.encoding import as_type, is_ready
from ..algebra.table import TABLE
from ..codes import CODES
from ..mypy_api import analysis, type_aliases, type_ops
from ..mypy_api.checking import TypeChecker
from .flow_views import Tables
from .session import Session

PREFIX = "__stepkit"


def analyze(session: Session, context: AnalyzeTypeContext) -> Type:
    """Called in the semantic phase. A flow of this import cycle is not known yet: its alias is filled later."""
    unbound, tables = context.type, session.tables
    kind = type_ops.last_name(unbound.name)
    arguments = [context.api.analyze_type(argument) for argument in unbound.args]
    flow = get_proper_type(arguments[0]) if arguments else None
    wanted = 1 if kind == "StepNames" else 2
    if not isinstance(flow, Instance) or len(arguments) != wanted or type_aliases.alias_of(flow.type, TABLE) is None:
        return _loose(context, kind)
    steps = type_ops.literal_values(arguments[1]) if wanted == 2 else [""]
    if len(steps) != 1:
        return _loose(context, kind)
    analyzer, module = analysis.analyzing_module(context.api)
    analyzer.add_plugin_dependency(f"<{flow.type.fullname}.{TABLE}>")
    alias = analysis.module_alias(module, _encode(kind, flow.type, steps[0]), unbound)
    if is_ready(flow.type):
        target = target_of(analyzer, tables, flow.type, kind, steps[0])
        if target is None:
            text = messages.unknown_step_text(flow.type.name, steps[0], tables.after(flow.type) or {})
            context.api.fail(text, unbound, code=CODES["stepkit-missing-key"])
        type_aliases.set_target(alias, target or type_ops.any_type())
    else:
        type_aliases.set_target(alias, type_ops.any_type())
        if flow.type.module_name != module.fullname:
            asked(flow.type, module)
    return type_aliases.alias_type(alias)


def _encode(kind: str, info: TypeInfo, step: str) -> str:
    parts = (kind, info.fullname, step)
    return "|".join([PREFIX, *(quote(part, safe="").replace(".", "%2E") for part in parts)])


def _loose(context: AnalyzeTypeContext, kind: str) -> Type:
    api = context.api
    if kind == "StepNames":
        return api.named_type("builtins.str", [])
    return api.named_type("builtins.dict", [api.named_type("builtins.str", []), type_ops.any_type()])


def fill(checker: TypeChecker, tables: Tables, info: TypeInfo) -> None:
    """Fill what was asked about a flow that is known now."""
    modules = modules_that_ask(checker, info)
    for module in modules:
        for name, symbol in list(module.names.items()):
            if name.startswith(PREFIX + "|"):
                kind, fullname, step = (unquote(part) for part in name.split("|")[1:])
                if fullname == info.fullname and isinstance(symbol.node, TypeAlias):
                    _fill_one(checker, tables, info, symbol.node, kind, step, report=module is checker.tree)


def modules_that_ask(checker: TypeChecker, info: TypeInfo) -> list[MypyFile]:
    """The module of a flow, and those of its import cycle that wait for it."""
    names: Any = info.metadata.get("stepkit", {}).get("asked", [])
    return [checker.tree, *(checker.modules[name] for name in names if name in checker.modules)]


def asked(info: TypeInfo, module: MypyFile) -> None:
    """Note that another module of the flow's import cycle waits for it."""
    names = info.metadata.setdefault("stepkit", {}).setdefault("asked", [])
    if module.fullname not in names:
        names.append(module.fullname)


def _fill_one(
    checker: TypeChecker, tables: Tables, info: TypeInfo, alias: TypeAlias, kind: str, step: str, *, report: bool
) -> None:
    target = target_of(checker, tables, info, kind, step)
    if target is None:
        if report:
            known = tables.after(info) or {}
            messages.unknown_step(checker, alias, messages.unknown_step_text(info.name, step, known))
        target = type_ops.any_type()
    type_aliases.set_target(alias, target)


def target_of(checker: TypeChecker, tables: Tables, info: TypeInfo, kind: str, step: str) -> Type | None:
    """What a helper type stands for; None for a step that the flow does not have."""
    if kind == "StepNames":
        names = [type_ops.literal(checker, name) for name in tables.after(info) or {}]
        if not names or not tables.is_complete(info):
            return type_ops.named(checker, "builtins.str", [])
        return UnionType.make_union(list(names))
    contexts = tables.before(info) if kind == "StepInput" else tables.after(info)
    if contexts is None or step not in contexts and not tables.is_complete(info):
        return as_type(checker, Context(rest=type_ops.any_type()))
    return None if step not in contexts else as_type(checker, contexts[step])
