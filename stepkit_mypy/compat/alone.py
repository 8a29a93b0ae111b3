"""What a step returns is inferred for itself.

mypy infers an expression for the type that is wanted of it: with the ``object`` of a return type that was given, not
written, ``await wait_for(load(), 5)`` is an ``object``. Nothing is wanted of what stands in a tuple that is indexed:
in the semantic phase, each value becomes ``(value,)[0]``.
"""

from __future__ import annotations

from mypy.checker import TypeChecker
from mypy.nodes import (
    AssignmentExpr,
    AwaitExpr,
    BytesExpr,
    CallExpr,
    ComplexExpr,
    ConditionalExpr,
    DictExpr,
    Expression,
    FloatExpr,
    IndexExpr,
    IntExpr,
    NameExpr,
    OpExpr,
    ReturnStmt,
    StrExpr,
    TupleExpr,
)

CONSTANT = (BytesExpr, ComplexExpr, FloatExpr, IntExpr, NameExpr, StrExpr)
"""What is the same whatever type is wanted."""
TUPLE = -79
"""The column of a tuple that a value was put into, and of its index."""


def infer_alone(returns: list[ReturnStmt]) -> None:
    """Have mypy infer the values of returned displays, and what else is returned, with no type wanted."""
    for statement in returns:
        if statement.expr is not None:
            statement.expr = _mapping(statement.expr)


def unwrapped(expression: Expression) -> Expression:
    """The expression that was written."""
    if isinstance(expression, IndexExpr) and isinstance(expression.base, TupleExpr):
        if expression.index.column == TUPLE:
            return expression.base.items[0]
    return expression


def forget_tuples(checker: TypeChecker) -> None:
    """Drop what ``--disallow-any-expr`` says of the tuples, after it has said it of the value."""
    found = checker.msg.errors.error_info_map.get(checker.msg.errors.file)
    if checker.options.disallow_any_expr and found:
        found[:] = [each for each in found if each.column != TUPLE]


def _mapping(expression: Expression) -> Expression:
    """An expression that gives keys: of a display only the values are wrapped."""
    if isinstance(expression, ConditionalExpr):
        expression.if_expr, expression.else_expr = _mapping(expression.if_expr), _mapping(expression.else_expr)
    elif isinstance(expression, AssignmentExpr):
        expression.value = _mapping(expression.value)
    elif isinstance(expression, DictExpr):
        expression.items = [(key, _mapping(value) if key is None else _alone(value)) for key, value in expression.items]
    elif _calls_dict(expression):
        assert isinstance(expression, CallExpr)
        expression.args = [
            _mapping(argument) if name is None else _alone(argument)
            for argument, name in zip(expression.args, expression.arg_names, strict=True)
        ]
    elif isinstance(expression, OpExpr) and expression.op == "or":
        if isinstance(expression.left, (AwaitExpr, CallExpr, OpExpr)):  # names are narrowed for what follows
            expression.left = _mapping(expression.left)
        expression.right = _mapping(expression.right)
    elif isinstance(expression, OpExpr) and expression.op == "and":
        expression.right = _mapping(expression.right)
    elif isinstance(expression, OpExpr) and expression.op == "|" and _has_display(expression):
        expression.left, expression.right = _mapping(expression.left), _mapping(expression.right)
    else:
        return _alone(expression)
    return expression


def _alone(expression: Expression) -> Expression:
    if isinstance(expression, CONSTANT) or unwrapped(expression) is not expression:
        return expression
    items, index = TupleExpr([expression]), IntExpr(0)
    value = IndexExpr(items, index)
    value.set_line(expression)
    for node in (items, index):
        node.set_line(expression.line, TUPLE)
    return value


def _calls_dict(expression: Expression) -> bool:
    return (
        isinstance(expression, CallExpr)
        and isinstance(expression.callee, NameExpr)
        and expression.callee.name == "dict"
    )


def _has_display(expression: OpExpr) -> bool:
    return isinstance(expression.left, DictExpr) or isinstance(expression.right, DictExpr)
