"""What a step returns is inferred for itself.

mypy infers an expression for the type that is wanted of it: with the ``object`` of a return type that was given, not
written, ``await wait_for(load(), 5)`` is an ``object``. Nothing is wanted of what stands in a tuple that is indexed:
in the semantic phase, each value becomes ``(value,)[0]`` (see ``docs/maintainers/mypy-traps.md``).
"""

from __future__ import annotations

from collections.abc import Iterator

from mypy.checker import TypeChecker
from mypy.nodes import (
    AssignmentExpr,
    AssignmentStmt,
    AwaitExpr,
    Block,
    BytesExpr,
    CallExpr,
    ComplexExpr,
    ConditionalExpr,
    DictExpr,
    Expression,
    ExpressionStmt,
    FloatExpr,
    ForStmt,
    FuncDef,
    IndexExpr,
    IntExpr,
    LambdaExpr,
    MemberExpr,
    NameExpr,
    OperatorAssignmentStmt,
    OpExpr,
    ReturnStmt,
    Statement,
    StrExpr,
    TempNode,
    TupleExpr,
    WithStmt,
)
from mypy.types import Type, UnboundType

from .nodes import blocks_of
from .type_ops import last_name

CONSTANT = (BytesExpr, ComplexExpr, FloatExpr, IntExpr, NameExpr, StrExpr)
"""What is the same whatever type is wanted."""
TUPLE = -79
"""The column of a tuple that a value was put into, and of its index."""


def infer_alone(function: FuncDef, returns: list[ReturnStmt]) -> None:
    """Have mypy infer the values of returned displays, and what else is returned, with no type wanted.

    So are the items of a display that a variable begins with, and those of a variable with an annotation that wants
    nothing of them: ``out: dict[str, object] = {}``.
    """
    for statement in returns:
        if statement.expr is not None:
            statement.expr = _mapping(statement.expr)
    free: set[str] = set()
    known = {argument.variable.name for argument in function.arguments}
    for each in _statements_in(function.body):
        targets = each.lvalues if isinstance(each, AssignmentStmt) else _targets_of(each)
        names = {target.name for target in targets if isinstance(target, NameExpr)} - known
        if isinstance(each, AssignmentStmt) and _wants_nothing(each.unanalyzed_type):
            free |= names
        elif isinstance(each, AssignmentStmt) and each.unanalyzed_type is None and names and len(targets) == 1:
            if isinstance(each.rvalue, DictExpr) or _calls_dict(each.rvalue):
                _mapping(each.rvalue)  # the first value that it has, which gives it its type
        known |= names
        if free:
            _write_alone(each, free)


def infer_result_alone(function: LambdaExpr) -> None:
    """Have mypy infer what a lambda gives with no type wanted."""
    for statement in function.body.body:
        if isinstance(statement, ReturnStmt) and statement.expr is not None:
            statement.expr = _alone(statement.expr)


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


def _statements_in(block: Block) -> Iterator[Statement]:
    for statement in block.body:
        yield statement
        for inner in blocks_of(statement):
            yield from _statements_in(inner)


def _targets_of(statement: Statement) -> list[Expression]:
    """What else gives a variable its type."""
    if isinstance(statement, ForStmt):
        return [statement.index]
    if isinstance(statement, WithStmt):
        return [target for target in statement.target if target is not None]
    return []


def _wants_nothing(annotation: Type | None) -> bool:
    """Whether an annotation is ``dict[str, object]`` or its like, or says Any of the values."""
    values = annotation.args[1] if isinstance(annotation, UnboundType) and len(annotation.args) == 2 else None
    return isinstance(values, UnboundType) and last_name(values.name) in ("Any", "object")


def _write_alone(statement: Statement, variables: set[str]) -> None:
    """Have the items that a statement writes into one of these variables inferred with no type wanted."""
    if isinstance(statement, AssignmentStmt) and not isinstance(statement.rvalue, TempNode):
        target = statement.lvalues[0]
        if _is_one_of(variables, target):
            _mapping(statement.rvalue, whole=False)
        elif isinstance(target, IndexExpr) and _is_one_of(variables, target.base):
            statement.rvalue = _alone(statement.rvalue)
    elif isinstance(statement, OperatorAssignmentStmt) and _is_one_of(variables, statement.lvalue):
        _mapping(statement.rvalue, whole=False)
    elif isinstance(statement, ExpressionStmt) and isinstance(statement.expr, CallExpr):
        call = statement.expr
        if not isinstance(call.callee, MemberExpr) or not _is_one_of(variables, call.callee.expr):
            return
        if call.callee.name == "update":
            call.args = [
                _mapping(argument, whole=False) if name is None else _alone(argument)
                for argument, name in zip(call.args, call.arg_names, strict=True)
            ]
        elif call.callee.name == "setdefault":
            call.args = [_alone(argument) for argument in call.args]


def _is_one_of(variables: set[str], expression: Expression) -> bool:
    return isinstance(expression, NameExpr) and expression.name in variables


def _mapping(expression: Expression, *, whole: bool = True) -> Expression:
    """An expression that gives keys: of a display only the values are wrapped.

    ``whole``: what is no display is wrapped as a whole; not so where a dict of this very type is wanted.
    """
    if isinstance(expression, ConditionalExpr):
        expression.if_expr = _mapping(expression.if_expr, whole=whole)
        expression.else_expr = _mapping(expression.else_expr, whole=whole)
    elif isinstance(expression, AssignmentExpr):
        expression.value = _mapping(expression.value, whole=whole)
    elif isinstance(expression, DictExpr):
        expression.items = [(key, _mapping(value) if key is None else _alone(value)) for key, value in expression.items]
    elif _calls_dict(expression):
        assert isinstance(expression, CallExpr)
        expression.args = [
            _mapping(argument) if name is None else _alone(argument)
            for argument, name in zip(expression.args, expression.arg_names, strict=True)
        ]
    elif isinstance(expression, OpExpr) and expression.op in ("or", "and"):
        if expression.op == "or" and isinstance(expression.left, (AwaitExpr, CallExpr, OpExpr)):
            expression.left = _mapping(expression.left, whole=whole)  # names are narrowed for what follows
        expression.right = _mapping(expression.right, whole=whole)
    elif isinstance(expression, OpExpr) and expression.op == "|" and _has_display(expression):
        expression.left = _mapping(expression.left, whole=whole)
        expression.right = _mapping(expression.right, whole=whole)
    elif whole:
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
