"""mypy's semantic analyzer: where it is, and what it shall know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mypy.nodes import (
    GDEF,
    AssignmentStmt,
    ClassDef,
    Context,
    Decorator,
    FuncDef,
    MypyFile,
    NameExpr,
    SymbolTableNode,
    TypeAlias,
    TypeInfo,
    Var,
)
from mypy.types import (
    CallableType,
    Type,
    UnboundType,
)

from .nodes import union_parts
from .type_aliases import make_alias
from .type_ops import any_type, last_name

AFTER_ANALYSIS = 1000
"""The priority of what is done when a module's semantic analysis is over: after all that mypy itself does then."""


def after_analysis(api: Any, work: Callable[[], None]) -> None:
    """Do something once the module's semantic analysis is over: all names are known then."""
    api.schedule_patch(AFTER_ANALYSIS, work)


def belongs_to_interface(api: Any, func: FuncDef) -> None:
    """Have a step's body checked with its class: what it returns is part of the class's interface.

    Noted once the module's semantic analysis is over. Before that, mypy would analyze the body with the class too, as
    often as a name of the module has to wait for another, and then once more without the locals that it found.
    """
    if not func.def_or_infer_vars:
        after_analysis(api, lambda: setattr(func, "def_or_infer_vars", True))


def analyzing_module(analyzer: Any) -> tuple[Any, MypyFile]:
    """The semantic analyzer behind a type analyzer, and the module that it is in."""
    return analyzer.api, analyzer.api.cur_mod_node


def function_being_annotated(analyzer: Any, annotation: Type) -> FuncDef | None:
    """The function whose return annotation is analyzed."""
    statement = analyzer.statement
    function = statement.func if isinstance(statement, Decorator) else statement
    if isinstance(function, FuncDef) and isinstance(function.type, CallableType):
        return function if any(each is annotation for each in union_parts(function.type.ret_type)) else None
    return None


def resolve_in_class(api: Any, cls: ClassDef, names: tuple[str, ...]) -> None:
    """Resolve the annotations in a class's body that name it: mypy has found the aliases of its bases there."""
    own = [f"{cls.name}.{name}" for name in names]
    for statement in cls.defs.body:
        if not isinstance(statement, AssignmentStmt) or statement.unanalyzed_type is None:
            continue
        written, target = statement.unanalyzed_type, statement.lvalues[0]
        if isinstance(written, UnboundType) and last_name(written.name) in ("ClassVar", "Final"):
            if len(written.args) != 1:
                continue
            written = written.args[0]
        if not isinstance(target, NameExpr) or not isinstance(target.node, Var) or target.node.info is not cls.info:
            continue
        if any(name in str(written) for name in own):
            found = api.anal_type(written)
            if found is not None:
                statement.type = target.node.type = found


def module_alias(module: MypyFile, name: str, place: Context) -> TypeAlias:
    """A type alias at the top level of a module, made if it is not there."""
    symbol = module.names.get(name)
    if symbol is not None and isinstance(symbol.node, TypeAlias):
        return symbol.node
    alias = make_alias(any_type(), f"{module.fullname}.{name}", module.fullname, place)
    module.names[name] = SymbolTableNode(GDEF, alias, plugin_generated=True)
    return alias


def class_called(analyzer: Any, fullname: str) -> TypeInfo | None:
    """The class of this name, in the semantic phase."""
    symbol = analyzer.lookup_fully_qualified_or_none(fullname) if "." in fullname else None
    return symbol.node if symbol is not None and isinstance(symbol.node, TypeInfo) else None
