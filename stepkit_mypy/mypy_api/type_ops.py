"""Types of mypy: made, compared and taken apart in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from mypy.checker import TypeChecker
from mypy.erasetype import erase_typevars
from mypy.expandtype import expand_type_by_instance
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import (
    ARG_POS,
    FuncDef,
    TypeInfo,
    Var,
)
from mypy.typeops import make_simplified_union, tuple_fallback
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Instance,
    LiteralType,
    ProperType,
    TupleType,
    Type,
    TypeAliasType,
    TypedDictType,
    TypeOfAny,
    TypeType,
    TypeVarType,
    UninhabitedType,
    UnionType,
    get_proper_type,
)
from mypy.typevars import fill_typevars

from ..names import EVENT


def named(checker: TypeChecker, fullname: str, args: list[Type]) -> Instance:
    """An instance of a class of the standard library or of stepkit, wherever the checker is."""
    module, _, name = fullname.rpartition(".")
    node = checker.modules[module].names[name].node
    assert isinstance(node, TypeInfo)
    return Instance(node, args)


def any_type() -> AnyType:
    return AnyType(TypeOfAny.special_form)


def typed_dict(
    checker: TypeChecker, items: Mapping[str, Type], required: set[str], *, readonly: bool = False
) -> TypedDictType:
    return _typed_dict(items, required, set(items) if readonly else set(), named(checker, "typing._TypedDict", []))


def display_type(api: Any, items: Mapping[str, Type]) -> TypedDictType:
    """A TypedDict of the semantic phase."""
    return _typed_dict(items, set(items), set(), api.named_type("typing._TypedDict"))


def _typed_dict(items: Mapping[str, Type], required: set[str], readonly: set[str], base: Instance) -> TypedDictType:
    """The one place where a TypedDict is built."""
    return TypedDictType(items=dict(items), required_keys=required, readonly_keys=readonly, fallback=base)


def tuple_type(checker: TypeChecker, items: list[Type]) -> TupleType:
    return TupleType(items, named(checker, "builtins.tuple", [any_type()]))


def literal(checker: TypeChecker, value: str) -> LiteralType:
    return LiteralType(value, named(checker, "builtins.str", []))


def literal_in_analysis(analyzer: Any, value: str) -> LiteralType:
    """The same in the semantic phase."""
    return LiteralType(value, analyzer.named_type("builtins.str"))


def is_instance(type: ProperType | None, fullname: str) -> TypeGuard[Instance]:
    return isinstance(type, Instance) and type.type.fullname == fullname


def without_any(type: Type) -> Type:
    """``X`` of ``X | Any`` or ``X | T``: as checkers without the plugin see it, so that a subclass may take it away."""
    items = [item for item in union_items(type) if not isinstance(item, AnyType | TypeVarType)]
    return items[0] if len(items) == 1 else type


def without_variables(signature: FunctionLike) -> FunctionLike:
    """The signature with Any for its type variables: mypy checks the arguments of a generic function twice."""
    if not isinstance(signature, CallableType) or not signature.variables:
        return signature
    erased = erase_typevars(signature)
    assert isinstance(erased, CallableType)
    return erased.copy_modified(variables=())


def excuse_defaults(info: TypeInfo) -> None:
    """The defaults of type variables are no Any that ``disallow_any_explicit`` or ``_expr`` would forbid."""
    for variable in info.defn.type_vars:
        if isinstance(variable, TypeVarType) and is_any(variable.default):
            variable.default = any_type()


def is_any(type: Type) -> bool:
    return isinstance(get_proper_type(type), AnyType)


def is_error(type: Type) -> bool:
    """Whether the type is unknown because of a mistake that mypy has reported."""
    proper = get_proper_type(type)
    return isinstance(proper, AnyType) and proper.type_of_any == TypeOfAny.from_error


def returned_by(type: Type) -> ProperType:
    """What a function gives; any other type as it is."""
    proper = get_proper_type(type)
    return get_proper_type(proper.ret_type) if isinstance(proper, CallableType) else proper


def join(first: Type, second: Type) -> Type:
    """The union of two types."""
    if first is second:
        return first
    if is_any(first):
        return first
    if is_any(second):
        return second
    if first == second:
        return first
    return make_simplified_union([first, second])


def clean(type: Type) -> Type:
    """The type of a value that is kept: ``1`` is an int, an empty list a list of Any.

    A recursive alias stays an alias: what it stands for was written by hand, and has no end.
    """
    if is_recursive(type):
        return type
    proper = get_proper_type(type)
    if isinstance(proper, Instance):
        if proper.last_known_value is not None:
            proper = proper.copy_modified(last_known_value=None)
        args = [
            clean(each) if not isinstance(get_proper_type(each), UninhabitedType) else any_type()
            for each in proper.args
        ]
        if any(new is not old for new, old in zip(args, proper.args, strict=True)):
            return proper.copy_modified(args=args)
        return type if proper is get_proper_type(type) else proper
    if isinstance(proper, UnionType):
        items = [clean(each) for each in proper.items]
        return (
            make_simplified_union(items) if any(a is not b for a, b in zip(items, proper.items, strict=True)) else type
        )
    if isinstance(proper, TupleType) and proper.partial_fallback.type.fullname == "builtins.tuple":
        return proper.copy_modified(items=[clean(each) for each in proper.items])
    if isinstance(proper, UninhabitedType) or proper.__class__.__name__ in ("PartialType", "DeletedType", "ErasedType"):
        return any_type()
    return type


def is_recursive(type: Type) -> bool:
    """Whether the type is an alias, a TypedDict or a NamedTuple that holds itself."""
    return isinstance(type, TypeAliasType) and type.is_recursive


def typed_dict_of(type: Type | None) -> TypedDictType | None:
    proper = get_proper_type(type)
    return proper if isinstance(proper, TypedDictType) else None


def instance_of_callable(type: Type | None) -> Instance | None:
    """The instance that a class, an instance, or a function that makes one stands for."""
    proper = get_proper_type(type)
    if proper is not None and proper.__class__.__name__ == "Overloaded":
        proper = get_proper_type(proper.items[0])  # type: ignore[attr-defined]
    if isinstance(proper, CallableType):
        proper = get_proper_type(proper.ret_type)
    elif proper is not None and proper.__class__.__name__ == "TypeType":
        proper = get_proper_type(proper.item)  # type: ignore[attr-defined]
    if isinstance(proper, TupleType):
        proper = tuple_fallback(proper)
    return proper if isinstance(proper, Instance) else None


def called_type(type: Type | None) -> CallableType | None:
    """What a value is as a function; None where it is none, is overloaded, or cannot be seen."""
    proper = get_proper_type(type)
    if isinstance(proper, Instance):
        symbol = proper.type.get("__call__")
        method = get_proper_type(symbol.type) if symbol is not None and symbol.type is not None else None
        if not isinstance(method, CallableType) or symbol is None or not isinstance(symbol.node, FuncDef):
            return None
        owner = map_instance_to_supertype(proper, symbol.node.info)
        proper = get_proper_type(expand_type_by_instance(bound(method), owner))
    return proper if isinstance(proper, CallableType) and not proper.is_type_obj() else None


def awaited(type: Type) -> Type:
    """What ``await`` gives of a coroutine; any other type as it is."""
    proper = get_proper_type(type)
    if isinstance(proper, Instance):
        if proper.type.fullname in ("typing.Coroutine", "types.CoroutineType") and len(proper.args) == 3:
            return proper.args[2]
        if proper.type.fullname == "typing.Awaitable" and len(proper.args) == 1:
            return proper.args[0]
    return type


def union_items(type: Type) -> list[ProperType]:
    proper = get_proper_type(type)
    if isinstance(proper, UnionType):
        return [each for item in proper.items for each in union_items(item)]
    return [proper]


def outline(type: Type) -> tuple[int, Type, Type]:
    """What tells two narrowings of one union apart, without looking at all its items."""
    proper = get_proper_type(type)
    if isinstance(proper, UnionType):
        return len(proper.items), proper.items[0], proper.items[-1]
    return 1, proper, proper


def is_event(type: Type) -> TypeGuard[Instance]:
    proper = get_proper_type(type)
    return isinstance(proper, Instance) and proper.type.fullname == EVENT and len(proper.args) == 3


def attribute_type(instance: Instance, name: str) -> Type | None:
    """The type of an instance's attribute, with the type arguments that its class has there."""
    for base in instance.type.mro:
        symbol = base.names.get(name)
        if symbol is not None:
            type = symbol.type
            return None if type is None else expand_type_by_instance(type, map_instance_to_supertype(instance, base))
    return None


def is_no_mapping(type: Type) -> bool:
    """Whether no value of this type is a mapping."""
    for item in union_items(type):
        if isinstance(item, Instance):
            info = item.type
            if info.has_base("typing.Mapping") or info.is_protocol or info.fallback_to_any:
                return False
            if info.fullname == "builtins.object":
                return False
        elif not isinstance(item, (TupleType, CallableType, LiteralType, TypeType)):
            return False
    return True


def is_left_out(type: Type) -> bool:
    """Whether no annotation was written, and none was given yet."""
    return isinstance(type, AnyType) and type.type_of_any == TypeOfAny.unannotated


def is_unannotated(type: Type) -> bool:
    proper = get_proper_type(type)
    return isinstance(proper, AnyType) and proper.type_of_any in (TypeOfAny.unannotated, TypeOfAny.special_form)


def may_be_string(type: Type) -> bool:
    return all(
        isinstance(item, (AnyType, LiteralType)) or isinstance(item, Instance) and item.type.has_base("builtins.str")
        for item in union_items(type)
    )


def may_be_mapping(type: ProperType) -> bool:
    if isinstance(type, Instance):
        return type.type.has_base("typing.Mapping") or type.type.fallback_to_any
    return isinstance(type, (AnyType, TypedDictType, UninhabitedType))


def first_argument(type: Type) -> Type | None:
    """The first type argument, if it says something."""
    proper = get_proper_type(type)
    if isinstance(proper, Instance) and proper.args and not is_any(proper.args[0]):
        return proper.args[0]
    return None


def seen_as(info: TypeInfo, fullname: str) -> Instance | None:
    """A class as its base of that name, with the type arguments that it has there."""
    base = next((each for each in info.mro if each.fullname == fullname), None)
    own = fill_typevars(info)
    if isinstance(own, TupleType):
        own = tuple_fallback(own)
    return None if base is None else map_instance_to_supertype(own, base)


def this_instance(info: TypeInfo) -> Type:
    return fill_typevars(info)


def for_instance(instance: Instance, type: Type) -> Type:
    """A type of a generic class's inside, as it is for an instance of it."""
    return expand_type_by_instance(type, instance) if instance.args else type


def literal_values(type: Type) -> list[str]:
    return [item.value for item in union_items(type) if isinstance(item, LiteralType) and isinstance(item.value, str)]


def is_text_literal(type: ProperType) -> bool:
    """Whether a type is that of one text which mypy knows, and of no member of an enum."""
    if isinstance(type, Instance) and type.last_known_value is not None:
        type = type.last_known_value
    return isinstance(type, LiteralType) and type.fallback.type.fullname == "builtins.str"


def known_string(type: Type) -> str | None:
    """The one string that a value of this type is; None where it may be another."""
    proper = get_proper_type(type)
    if isinstance(proper, Instance) and proper.last_known_value is not None:
        proper = proper.last_known_value
    if not isinstance(proper, LiteralType) or not isinstance(proper.value, str):
        return None
    owner = proper.fallback.type
    if not owner.is_enum:
        return proper.value if owner.fullname == "builtins.str" else None
    member = owner.names.get(proper.value)  # of a StrEnum: the literal's value is the member's name
    if not owner.has_base("builtins.str") or member is None or not isinstance(member.node, Var):
        return None
    return None if member.node.type is None else known_string(member.node.type)


def member_strings(type: Type) -> set[str]:
    """The strings that the members of a StrEnum are; empty for any other type, and where one is not known."""
    proper = get_proper_type(type)
    if not isinstance(proper, Instance) or not proper.type.is_enum:
        return set()
    found = [known_string(LiteralType(name, proper)) for name in proper.type.enum_members]
    return {each for each in found if each is not None} if None not in found else set()


def bound(type: CallableType) -> CallableType:
    """A method's type without ``self``."""
    return type.copy_modified(
        arg_types=type.arg_types[1:], arg_kinds=type.arg_kinds[1:], arg_names=type.arg_names[1:], definition=None
    )


def unbound(type: CallableType) -> CallableType:
    """A method's type with something for ``self`` before its parameters again."""
    return type.copy_modified(
        arg_types=[any_type(), *type.arg_types],
        arg_kinds=[ARG_POS, *type.arg_kinds],
        arg_names=[None, *type.arg_names],
    )


def coroutine(checker: TypeChecker, type: Type) -> Type:
    return named(checker, "typing.Coroutine", [any_type(), any_type(), type])


def last_name(name: str) -> str:
    return name.rpartition(".")[2]


def values_of(mapping: Instance) -> Type:
    """The type of a mapping's values."""
    base = next((each for each in mapping.type.mro if each.fullname == "typing.Mapping"), None)
    return any_type() if base is None else map_instance_to_supertype(mapping, base).args[1]
