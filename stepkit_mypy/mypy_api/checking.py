"""mypy's checker: what it is at, and what it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mypy.checker import TypeChecker as TypeChecker
from mypy.errorcodes import NO_ANY_RETURN, ErrorCode
from mypy.nodes import (
    CallExpr,
    ClassDef,
    ComparisonExpr,
    Context,
    Expression,
    FuncDef,
    FuncItem,
    MatchStmt,
    MemberExpr,
    MypyFile,
    NameExpr,
    TypeInfo,
)
from mypy.server.subexpr import get_subexpressions
from mypy.types import (
    CallableType,
    Type,
)

from .nodes import returns_of, statements_in


def forgive_returned_any(checker: TypeChecker, func: FuncDef) -> None:
    """Drop what ``--strict`` says of a returned Any: the return type that it names was given by the plugin."""
    found = checker.msg.errors.error_info_map.get(checker.msg.errors.file)
    if not checker.options.warn_return_any or not found:
        return
    lines = {statement.line for statement in returns_of(func)}
    kept = [each for each in found if each.code is not NO_ANY_RETURN or each.line not in lines]
    if len(kept) < len(found):
        found[:] = kept


def checker_of(api: Any) -> TypeChecker:
    assert isinstance(api, TypeChecker)
    return api


def fail(checker: TypeChecker, text: str, node: Context, code: ErrorCode, also: Iterable[Context]) -> None:
    """Say that something is wrong; a ``type: ignore`` at one of the other places silences it, too."""
    lines = [node.line]
    for each in also:
        last = each.line if isinstance(each, ClassDef) else each.end_line or each.line
        lines += range(each.line, last + 1)
    checker.msg.errors.report(
        node.line,
        node.column,
        text,
        code=code,
        severity="error",
        origin_span=lines,
        end_line=node.end_line,
        end_column=node.end_column,
    )


def class_being_checked(checker: TypeChecker) -> TypeInfo | None:
    return checker.scope.active_class()


def function_being_checked(checker: TypeChecker) -> FuncDef | None:
    function = checker.scope.current_function()
    return function if isinstance(function, FuncDef) else None


def method_being_checked(checker: TypeChecker) -> FuncDef | None:
    """The outermost function."""
    function = checker.scope.top_level_function()
    return function if isinstance(function, FuncDef) else None


def body_being_checked(checker: TypeChecker) -> MypyFile | FuncItem:
    """The innermost function, or the module."""
    return checker.scope.current_function() or checker.tree


def expressions_in(root: MypyFile | FuncItem) -> list[Expression]:
    """All expressions in a function or a module."""
    return get_subexpressions(root)


def decisions_in(root: MypyFile | FuncItem) -> list[ComparisonExpr | MatchStmt]:
    """All comparisons and match statements in a function or a module."""
    inside = [each for each in expressions_in(root) if isinstance(each, ComparisonExpr)]
    body = root.defs if isinstance(root, MypyFile) else root.body.body
    return [*inside, *(each for each in statements_in(body) if isinstance(each, MatchStmt))]


def class_ended(checker: TypeChecker, call: object) -> TypeInfo | None:
    """The class at whose end mypy checks ``__init_subclass__(...)``."""
    if not isinstance(call, CallExpr) or not isinstance(call.callee, MemberExpr):
        return None
    name = call.callee.expr.name if isinstance(call.callee.expr, NameExpr) else ""
    if checker.tscope.classes and checker.tscope.classes[-1].name == name:
        return checker.tscope.classes[-1]
    for key, symbol in checker.globals.items():  # a class inside a function
        if key.startswith(f"{name}@") and isinstance(symbol.node, TypeInfo) and symbol.node.defn.line == call.line:
            return symbol.node
    return None


def is_silenced(checker: TypeChecker) -> bool:
    """Whether the file's errors are ignored: then mypy drops bodies, and skips checks that have hooks."""
    return bool(getattr(checker, "can_skip_diagnostics", False))


def bind_parameter(func: FuncDef, place: int, type: Type) -> None:
    """Give a parameter its type: in the function's type, and for its body."""
    assert isinstance(func.type, CallableType)
    arguments = list(func.type.arg_types)
    arguments[place] = type
    func.type = func.type.copy_modified(arg_types=arguments)
    func.arguments[place].variable.type = type


def stands_in_module(checker: TypeChecker, fullname: str) -> bool:
    """Whether a function stands in the module that is being checked."""
    module, _, _ = fullname.rpartition(".")
    while module and module not in checker.modules:
        module, _, _ = module.rpartition(".")
    return module == checker.tree.fullname
