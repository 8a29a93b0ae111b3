"""``Unpack[...]`` of a TypedDict, whose keys mypy wants to know in the semantic phase."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mypy.checker import TypeChecker
from mypy.nodes import Decorator, FuncDef, MypyFile, OverloadedFuncDef, TypeAlias
from mypy.plugin import AnalyzeTypeContext
from mypy.types import AnyType, CallableType, Type, TypeAliasType, TypedDictType, TypeOfAny, UnpackType, get_proper_type
from mypy.version import __version__

from .nodes import statements_in

UNPACK = ("typing.Unpack", "typing_extensions.Unpack")
KNOWS_CYCLES = tuple(map(int, __version__.split(".")[:2])) >= (2, 4)
"""Whether this mypy checks all classes of an import cycle before any function in it."""


def unpacked(context: AnalyzeTypeContext) -> tuple[Type, TypeAlias | None]:
    """What mypy makes of ``Unpack[...]``, and the type alias in it, if it is one."""
    analyzer: Any = context.api
    made: Type = analyzer.try_analyze_special_unbound_type(context.type, UNPACK[0])
    inside = made.type if isinstance(made, UnpackType) else None
    return made, inside.alias if isinstance(inside, TypeAliasType) else None


def unpack(keys: TypedDictType) -> Type:
    return UnpackType(keys)


def fill_unpacked(checker: TypeChecker, module: MypyFile, keys: TypedDictType, found: Type) -> None:
    """Put the keys of a type into one that was unpacked when they were not known, and say what mypy says of them."""
    known = get_proper_type(found)
    if isinstance(known, TypedDictType):
        keys.items = dict(known.items)
        keys.required_keys, keys.readonly_keys = set(known.required_keys), set(known.readonly_keys)
    for function in _functions_of(module):
        type = function.type
        if not isinstance(type, CallableType) or not type.unpack_kwargs or type.arg_types[-1] is not keys:
            continue
        text = "" if isinstance(known, TypedDictType) else "Unpack item in ** parameter must be a TypedDict"
        both = {name for name in type.arg_names[:-1] if name in keys.items}
        if both:
            names = ", ".join(f'"{name}"' for name in sorted(filter(None, both)))
            text = f"Overlap between parameter names and ** TypedDict items: {names}"
        if text:
            type.unpack_kwargs = False
            type.arg_types = [*type.arg_types[:-1], AnyType(TypeOfAny.from_error)]
            if module is checker.tree:
                with checker.tscope.function_scope(function):  # the daemon keeps it as long as the function
                    checker.fail(text, function.arguments[-1])


def _functions_of(module: MypyFile) -> Iterator[FuncDef]:
    for statement in statements_in(module.defs):
        for each in statement.items if isinstance(statement, OverloadedFuncDef) else [statement]:
            function = each.func if isinstance(each, Decorator) else each
            if isinstance(function, FuncDef):
                yield function
