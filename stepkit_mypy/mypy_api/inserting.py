"""What the plugin puts into the syntax in the semantic phase, and takes as read later.

Why it is done so: "How a module is visited" in ``docs/maintainers/mypy-traps.md``.
"""

from __future__ import annotations

from typing import Any

from mypy.nodes import (
    GDEF,
    LDEF,
    MDEF,
    AssertStmt,
    Decorator,
    Expression,
    ExpressionStmt,
    FuncDef,
    IntExpr,
    MemberExpr,
    NameExpr,
    ReturnStmt,
    Statement,
    SymbolTableNode,
    TypeInfo,
    Var,
)
from mypy.types import AnyType, TypeOfAny

from .nodes import is_checked_by_values

ENTER = "__stepkit_enter__"
"""The attribute that an inserted first statement of a step reads, so that a hook is called before its body.

No flow has it when it runs. Its type is Any: that of the step table would be expanded anew for every step."""
END = -77
"""The column of the inserted last statement, which tells whether a step's end is reached."""
STUB = -80
"""The column of the first statement of a step's body in a stub."""
INSERTED = -79
"""The column of a decorator that was not written."""


def is_unread(func: FuncDef) -> bool:
    """Whether what is in a body cannot be seen: it was dropped, or it is checked in copies that nobody keeps."""
    return has_no_body(func) or is_checked_by_values(func)


def has_no_body(func: FuncDef) -> bool:
    """Whether the body was dropped when the file was parsed, as it is for installed packages, or stands in a stub."""
    body = func.body.body
    return not body or body[0].column == STUB


def mark_stub(func: FuncDef) -> None:
    """Note that a body stands in a stub: its ``...`` says nothing of what the function does."""
    if func.body.body:
        func.body.body[0].column = STUB


def insert_enter(func: FuncDef, owner: TypeInfo) -> None:
    """Put ``self.__stepkit_enter__`` first in the body: its hook binds the parameters before the body is checked.

    ``owner``: the class that has the attribute. It is added anew in each process, as no cache keeps it.
    """
    body = func.body.body
    if ENTER not in owner.names:
        variable = Var(ENTER, AnyType(TypeOfAny.special_form))
        variable.info, variable._fullname, variable.is_ready = owner, f"{owner.fullname}.{ENTER}", True
        owner.names[ENTER] = SymbolTableNode(MDEF, variable, plugin_generated=True)
    if not func.arguments or not body or entered(body[0]) is not None:
        return
    variable = func.arguments[0].variable
    name = NameExpr(variable.name)
    name.node, name.kind, name.fullname = variable, LDEF, variable.name
    expression = MemberExpr(name, ENTER)
    statement = ExpressionStmt(expression)
    for node in (name, expression, statement):
        node.set_line(func.line, func.column)
    body.insert(0, statement)


def insert_decorator(api: Any, node: Any, own: Expression | None, fullname: str) -> None:
    """Put a decorator of stepkit above a method, if ``own`` is not the outermost: its hook is called then.

    mypy starts from the decorators that were written whenever it analyzes the method again.
    """
    symbol = api.lookup_fully_qualified_or_none(fullname)
    if symbol is None or not isinstance(node, Decorator) or not node.decorators:
        return
    if node.decorators[0] is own or _is_inserted(node.decorators[0]):
        return
    name = NameExpr(fullname.rpartition(".")[2])
    name.node, name.kind, name.fullname = symbol.node, GDEF, fullname
    name.set_line(node.line, INSERTED)
    node.decorators.insert(0, name)


def _is_inserted(decorator: Expression) -> bool:
    return isinstance(decorator, NameExpr) and decorator.column == INSERTED


def entered(statement: Statement) -> MemberExpr | None:
    if (
        isinstance(statement, ExpressionStmt)
        and isinstance(statement.expr, MemberExpr)
        and statement.expr.name == ENTER
    ):
        return statement.expr
    return None


def entered_by(func: FuncDef) -> MemberExpr | None:
    return entered(func.body.body[0]) if func.body.body else None


def insert_end(func: FuncDef) -> None:
    """Put ``assert 0`` last in the body: it has a type if the end is reached, and mypy asks for no return there."""
    body = func.body.body
    if not body or end_of(func) is not None:
        return
    expression = IntExpr(0)
    statement = AssertStmt(expression, None)
    for node in (expression, statement):
        node.set_line(body[-1].line, END)
    body.append(statement)


def end_of(func: FuncDef) -> IntExpr | None:
    last = func.body.body[-1] if func.body.body else None
    if isinstance(last, AssertStmt) and last.column == END and isinstance(last.expr, IntExpr):
        return last.expr
    return None


def write_none(api: Any, returns: list[ReturnStmt]) -> None:
    """Make ``return`` say ``return None``: beside a return with a value, mypy would ask for one."""
    for statement in returns:
        if statement.expr is None:
            symbol = api.lookup_fully_qualified_or_none("builtins.None")
            name = NameExpr("None")
            if symbol is not None:
                name.node, name.kind, name.fullname = symbol.node, GDEF, "builtins.None"
            name.set_line(statement.line, statement.column)
            statement.expr = name
