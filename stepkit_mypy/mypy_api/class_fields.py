"""The state of instances: the fields of classes that have some, and what methods set on ``self``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mypy.expandtype import expand_type_by_instance
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import SymbolTableNode, TypeInfo, Var
from mypy.types import (
    CallableType,
    Instance,
    LiteralType,
    TupleType,
    Type,
    TypedDictType,
    TypeType,
    TypeVarType,
    UnionType,
    get_proper_type,
)

from .type_ops import is_recursive

LIBRARY_BASES = frozenset(["builtins.object", "msgspec.Struct", "pydantic.main.BaseModel"])
KW_ONLY = "dataclasses.KW_ONLY"  # a marker; mypy has it among the fields


def is_made_of_fields(info: TypeInfo) -> bool:
    """Whether instances are saved by their fields, or as members of an enum."""
    if info.is_enum or info.is_named_tuple or "dataclass" in info.metadata or "attrs" in info.metadata:
        return info.fullname not in LIBRARY_BASES
    return any(base.fullname in LIBRARY_BASES and base is not info for base in info.mro[:-1])


def state_of(instance: Instance) -> Iterator[tuple[str, Type]]:
    """The attributes that an instance has of its own, with their types."""
    for base in instance.type.mro:
        if base.fullname in LIBRARY_BASES:
            break
        seen_as = map_instance_to_supertype(instance, base) if base is not instance.type else instance
        fields = _declared(base)
        for name, symbol in base.names.items():
            if isinstance(symbol.node, Var) and symbol.node.type is not None and _is_state(name, symbol, fields):
                yield name, expand_type_by_instance(symbol.node.type, seen_as)


def _is_state(name: str, symbol: SymbolTableNode, fields: Mapping[str, bool] | None) -> bool:
    node = symbol.node
    assert isinstance(node, Var)
    if fields is None:
        # those of a frozen class are properties for mypy, too
        return not (node.is_classvar or node.is_inferred or name.startswith("__") or name == "model_config")
    if isinstance(node.type, Instance) and node.type.type.fullname == KW_ONLY:
        return False
    return fields.get(name, symbol.implicit)  # an implicit one was set on self by a method


def _declared(info: TypeInfo) -> dict[str, bool] | None:
    """The fields of a dataclass or an attrs class, and whether they stay in its instances; None for other classes."""
    for kind in ("attrs", "dataclass"):
        if kind in info.metadata and not any(base.fullname in LIBRARY_BASES for base in info.mro[:-1]):
            attributes: Any = info.metadata[kind]["attributes"]
            return {each["name"]: not each.get("is_init_var") for each in attributes}
    return None


def annotated_in(info: TypeInfo) -> Iterator[Type]:
    """The types that the class statement names for its attributes; for an enum those of its members."""
    for base in info.mro[:-1]:
        for symbol in base.names.values():
            node = symbol.node
            if isinstance(node, Var) and node.type is not None and (info.is_enum or not node.is_inferred):
                yield node.type


def classes_in(type: Type, *, builtins: bool = False) -> list[TypeInfo]:
    """The classes that a type is made of, but for those that are built in."""
    found: list[TypeInfo] = []
    waiting = [type]
    seen: set[Type] = set()
    while waiting:
        each = waiting.pop()
        if is_recursive(each):
            if each in seen:
                continue
            seen.add(each)
        proper = get_proper_type(each)
        if isinstance(proper, Instance):
            if proper.type.is_newtype:
                waiting.append(proper.type.tuple_type or proper.type.bases[0])
                continue
            found += [] if proper.type.module_name == "builtins" and not builtins else [proper.type]
            waiting += proper.args
        elif isinstance(proper, UnionType):
            waiting += proper.items
        elif isinstance(proper, TupleType):
            waiting += [proper.partial_fallback, *proper.items]
        elif isinstance(proper, TypedDictType):
            waiting += proper.items.values()
        elif isinstance(proper, LiteralType):
            waiting.append(proper.fallback)
        elif isinstance(proper, CallableType):
            waiting += [*proper.arg_types, proper.ret_type]
        elif isinstance(proper, TypeType):
            waiting.append(proper.item)
        elif isinstance(proper, TypeVarType):
            waiting += [proper.upper_bound, *proper.values]
    return found
