"""Reads a type as mypy reveals it, and says whether a value is of it."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable

Check = Callable[[object], bool]


class UnreadableType(ValueError):
    """A revealed type that this module does not know."""


def read_type(text: str) -> Check:
    """A function that says whether a value is of the type. Raises ``UnreadableType``."""
    plain = re.sub(r"'(\w+)'\?:", r"'\1?':", text)  # 'b'?: int, a key that may be missing
    plain = re.sub(r"TypedDict\('?[\w.@]+'?, ", "TypedDict(", plain)
    plain = plain.replace("builtins.", "").replace("typing.", "").replace("]?", "]")
    try:
        return _check(ast.parse(plain, mode="eval").body)
    except SyntaxError:
        raise UnreadableType(text) from None


def _check(node: ast.expr) -> Check:
    match node:
        case ast.Constant(value=None):
            return lambda value: value is None
        case ast.Name(id="object" | "Any") | ast.Constant(value=builtins.Ellipsis):
            return lambda value: True  # ``...`` is a recursive type inside itself
        case ast.Name(id="Never"):
            return lambda value: False
        case ast.Name(id="int" | "str" | "bytes" | "bool" | "float" as name):
            return lambda value: type(value).__name__ == name
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _any(_check(left), _check(right))
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=elements)):
            return _any(*map(_check, elements))
        case ast.Subscript(value=ast.Name(id="Literal"), slice=item):
            wanted = ast.literal_eval(item)
            return lambda value: value == wanted
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            inner = _check(item)
            return lambda value: isinstance(value, list) and all(map(inner, value))
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, item])):
            of_key, of_value = _check(key), _check(item)
            return lambda value: (
                isinstance(value, dict) and all(map(of_key, value)) and all(map(of_value, value.values()))
            )
        case ast.Subscript(value=ast.Name(id="tuple"), slice=items):
            parts = [_check(each) for each in (items.elts if isinstance(items, ast.Tuple) else [items])]
            return lambda value: (
                isinstance(value, tuple)
                and len(value) == len(parts)
                and all(part(each) for part, each in zip(parts, value, strict=True))
            )
        case ast.Call(func=ast.Name(id="TypedDict"), args=[ast.Dict(keys=keys, values=values)]):
            return _typed_dict(keys, values)
    raise UnreadableType(ast.unparse(node))


def _typed_dict(keys: list[ast.expr | None], values: list[ast.expr]) -> Check:
    """A mapping that has every key that is certain, and no key that is not named."""
    names = [each.value for each in keys if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    checks = {name.removesuffix("?"): _check(value) for name, value in zip(names, values, strict=True)}
    certain = {name for name in names if not name.endswith("?")}
    return lambda value: (
        isinstance(value, dict)
        and certain <= value.keys() <= checks.keys()
        and all(checks[key](each) for key, each in value.items())
    )


def _any(*checks: Check) -> Check:
    return lambda value: any(check(value) for check in checks)
