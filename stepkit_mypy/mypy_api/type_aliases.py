"""Type aliases in classes, and what else the table of a class holds."""

from __future__ import annotations

from typing import Any

from mypy.expandtype import expand_type_by_instance
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import (
    MDEF,
    Context,
    Expression,
    RefExpr,
    SymbolTableNode,
    TypeAlias,
    TypeInfo,
)
from mypy.types import (
    Instance,
    Type,
    TypeAliasType,
    get_proper_type,
)

from .type_ops import is_any


def hidden_name(name: str) -> str:
    """The name of a plugin's alias where the class body has something else under the usual one."""
    return f"__stepkit_{name}__"


def alias_of(info: TypeInfo, name: str) -> TypeAlias | None:
    symbol = info.names.get(hidden_name(name)) or info.names.get(name)
    return symbol.node if symbol is not None and isinstance(symbol.node, TypeAlias) else None


def inherited_alias(info: TypeInfo, name: str) -> tuple[TypeAlias, TypeInfo] | None:
    for base in info.mro:
        alias = alias_of(base, name)
        if alias is not None:
            return alias, base
    return None


def class_behind(node: object) -> TypeInfo | None:
    """The class that a name stands for: itself, or what it is an alias of."""
    if isinstance(node, TypeAlias):
        target = get_proper_type(node.target)
        return target.type if isinstance(target, Instance) else None
    return node if isinstance(node, TypeInfo) else None


def is_written_without_arguments(expression: Expression, fullname: str) -> bool:
    """Whether a base is this class, under any name, and none of its type arguments was written."""
    node = expression.node if isinstance(expression, RefExpr) else None
    info = class_behind(node)
    return info is not None and info.fullname == fullname and (not isinstance(node, TypeAlias) or node.no_args)


def add_alias(info: TypeInfo, module: str, name: str, target: Type) -> TypeAlias:
    """Put a type alias into a class, or give the one that is there another target."""
    alias = alias_of(info, name)
    if alias is None:
        alias = make_alias(target, f"{info.fullname}.{name}", module, info)
        info.names[name] = SymbolTableNode(MDEF, alias, plugin_generated=True)
    else:
        set_target(alias, target)
    return alias


def set_target(alias: TypeAlias, target: Type) -> None:
    alias.target = target
    alias._is_recursive = None


def alias_type(alias: TypeAlias) -> TypeAliasType:
    return TypeAliasType(alias, [])


def alias_target(instance: Instance, name: str) -> Type | None:
    """What one of a flow's aliases stands for, for this very instance; None where it is not known."""
    found = inherited_alias(instance.type, name)
    if found is None or is_any(found[0].target):
        return None
    alias, owner = found
    target = alias.target
    if instance.args:
        target = expand_type_by_instance(target, map_instance_to_supertype(instance, owner))
    return target


def make_alias(target: Type, fullname: str, module: str, place: Context) -> TypeAlias:
    make: Any = TypeAlias
    try:
        alias = make(target, fullname, module, place.line, place.column)
    except TypeError:  # before mypy 2.0
        alias = make(target, fullname, place.line, place.column)
    assert isinstance(alias, TypeAlias)
    return alias
