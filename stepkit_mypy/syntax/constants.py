"""What an expression stands for, where it can be told before the program runs: the names and numbers of options."""

from __future__ import annotations

import builtins
import math
from typing import Any

from mypy.nodes import (
    CallExpr,
    Expression,
    FloatExpr,
    IntExpr,
    ListExpr,
    MemberExpr,
    OpExpr,
    RefExpr,
    SetExpr,
    StrExpr,
    SymbolNode,
    TupleExpr,
    TypeInfo,
    UnaryExpr,
    Var,
)

from ..mypy_api import inference, nodes, type_ops
from ..mypy_api.checking import TypeChecker

UNKNOWN: Any = object()
NAMED: dict[str, object] = {
    "builtins.True": True,
    "builtins.False": False,
    "builtins.None": None,
    "math.nan": math.nan,
    "math.inf": math.inf,
}


class Constants:
    """The constants of one module: names that are assigned once in it have the value of that assignment."""

    def __init__(self) -> None:
        self._assigned: dict[SymbolNode, list[Expression | None]] | None = None

    def of(self, checker: TypeChecker, expression: Expression) -> Any:
        """The value of an expression, or UNKNOWN."""
        found = self._written(checker, expression, 0)
        if found is not UNKNOWN:
            return found
        type = inference.type_of(checker, expression)
        known = None if type is None else type_ops.known_string(type)
        return UNKNOWN if known is None else known

    def assigned_once(self, checker: TypeChecker, name: Expression) -> Expression | None:
        """What a name of this module, or a class variable of it, was set to, if it was set once."""
        node = _variable(name)
        return None if node is None else self.set_once(checker, node)

    def set_once(self, checker: TypeChecker, node: Var) -> Expression | None:
        """What a variable of this module was set to, if it was set once."""
        if self._assigned is None:
            self._assigned = nodes.assignments(checker.tree)
        found = self._assigned.get(node, [])
        return found[0] if len(found) == 1 else None

    def _written(self, checker: TypeChecker, expression: Expression, depth: int) -> Any:
        if isinstance(expression, (StrExpr, IntExpr, FloatExpr)):
            return expression.value
        if isinstance(expression, UnaryExpr) and expression.op in "+-":
            value = self._written(checker, expression.expr, depth)
            return UNKNOWN if not _is_number(value) else -value if expression.op == "-" else value
        if isinstance(expression, OpExpr) and expression.op == "+":
            parts = self.of(checker, expression.left), self.of(checker, expression.right)
            return parts[0] + parts[1] if all(isinstance(part, str) for part in parts) else UNKNOWN
        if isinstance(expression, (TupleExpr, ListExpr, SetExpr)):
            items = [self.of(checker, item) for item in expression.items]
            return tuple(items) if not any(item is UNKNOWN for item in items) else UNKNOWN
        if isinstance(expression, CallExpr):
            return _float_of_text(expression)
        if isinstance(expression, RefExpr):
            return self._named(checker, expression, depth)
        return UNKNOWN

    def _named(self, checker: TypeChecker, expression: RefExpr, depth: int) -> Any:
        if expression.fullname in NAMED:
            return NAMED[expression.fullname]
        if isinstance(expression.node, TypeInfo) and expression.node.module_name == "builtins":
            return getattr(builtins, expression.node.name, UNKNOWN)
        node = _variable(expression)
        if node is not None and node.final_value is not None:
            return node.final_value
        value = self.assigned_once(checker, expression) if depth < 10 else None
        return UNKNOWN if value is None else self._written(checker, value, depth + 1)


def _variable(name: Expression) -> Var | None:
    node = name.node if isinstance(name, RefExpr) else None
    if isinstance(name, MemberExpr) and isinstance(name.expr, RefExpr) and isinstance(name.expr.node, TypeInfo):
        symbol = name.expr.node.names.get(name.name)  # mypy leaves it to the types, which know it later
        node = None if symbol is None or name.expr.node.is_enum else symbol.node
    return node if isinstance(node, Var) else None


def _float_of_text(call: CallExpr) -> Any:
    """``float("nan")`` and its like."""
    if isinstance(call.callee, RefExpr) and call.callee.fullname == "builtins.float" and len(call.args) == 1:
        argument = call.args[0]
        if isinstance(argument, StrExpr):
            try:
                return float(argument.value)
            except ValueError:
                return UNKNOWN
    return UNKNOWN


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
