"""mypy's syntax trees, and its semantic phase: methods are marked and given types, no work on types is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mypy.nodes import (
    ARG_NAMED_OPT,
    ARG_OPT,
    GDEF,
    LDEF,
    NOT_ABSTRACT,
    Argument,
    AssertStmt,
    AssignmentStmt,
    Block,
    ClassDef,
    Context,
    Decorator,
    DelStmt,
    DictExpr,
    Expression,
    ExpressionStmt,
    ForStmt,
    FuncDef,
    FuncItem,
    IntExpr,
    LambdaExpr,
    ListExpr,
    Lvalue,
    MemberExpr,
    MypyFile,
    NameExpr,
    OperatorAssignmentStmt,
    RefExpr,
    ReturnStmt,
    Statement,
    StrExpr,
    SymbolNode,
    SymbolTableNode,
    TupleExpr,
    TypeAlias,
    Var,
    WithStmt,
)
from mypy.traverser import NameAndMemberCollector
from mypy.types import (
    CallableType,
    Type,
    TypeVarType,
    UnboundType,
    UnionType,
)

from .statements import blocks_of
from .types import any_type, last_name, make_alias

ENTER = "__stepkit_plan__"
"""The attribute that an inserted first statement of a step reads, so that a hook is called before its body.

Its type is Any: the step table's would be expanded anew for every step."""
END = -77
"""The column of the inserted last statement, which tells whether a step's end is reached."""
AFTER_ANALYSIS = 1000
"""The priority of what is done when a module's semantic analysis is over: after all that mypy itself does then."""
STUB = -80
"""The column of the first statement of a step's body in a stub."""
INSERTED = -79
"""The column of a decorator that was not written."""


def attributes_of(function: LambdaExpr) -> list[str]:
    """The attributes that a lambda reads of its first parameter."""
    this = function.arguments[0].variable if function.arguments else None
    members = _members_in(function.body)
    return [each.name for each in members if isinstance(each.expr, NameExpr) and each.expr.node is this]


def members_in(body: Block) -> set[str]:
    """The attributes that a body reads of anything."""
    return {each.name for each in _members_in(body)}


def references_in(body: Block) -> list[RefExpr]:
    """The names and attributes that a body reads."""
    collector = NameAndMemberCollector()
    body.accept(collector)
    return [*collector.name_exprs, *collector.member_exprs]


def hands_on(function: FuncItem) -> bool:
    """Whether a function passes on what it was given as a whole, not only attributes of it."""
    given = {argument.variable for argument in function.arguments}
    read = references_in(function.body)
    asked = {each.expr for each in read if isinstance(each, MemberExpr)}
    return any(isinstance(each, NameExpr) and each.node in given and each not in asked for each in read)


def _members_in(body: Block) -> list[MemberExpr]:
    return [each for each in references_in(body) if isinstance(each, MemberExpr)]


def belongs_to_interface(api: Any, func: FuncDef) -> None:
    """Have a step's body checked with its class: what it returns is part of the class's interface.

    Noted once the module's semantic analysis is over. Before that, mypy would analyze the body with the class too, as
    often as a name of the module has to wait for another, and then once more without the locals that it found.
    """
    if not func.def_or_infer_vars:
        api.schedule_patch(AFTER_ANALYSIS, lambda: setattr(func, "def_or_infer_vars", True))


def after_analysis(api: Any, work: Callable[[], None]) -> None:
    """Do something once the module's semantic analysis is over: all names are known then."""
    api.schedule_patch(AFTER_ANALYSIS, work)


def is_unread(func: FuncDef) -> bool:
    """Whether what is in a body cannot be seen: it was dropped, or it is checked in copies that nobody keeps."""
    return has_no_body(func) or is_checked_by_values(func)


def is_checked_by_values(func: FuncDef) -> bool:
    """Whether mypy checks copies of a body: one for each value of a type variable with constraints."""
    variables = [*(func.type.variables if isinstance(func.type, CallableType) else ())]
    variables += func.info.defn.type_vars if func.info else []
    return any(isinstance(each, TypeVarType) and each.values for each in variables)


def has_no_body(func: FuncDef) -> bool:
    """Whether the body was dropped when the file was parsed, as it is for installed packages, or stands in a stub."""
    body = func.body.body
    return not body or body[0].column == STUB


def mark_stub(func: FuncDef) -> None:
    """Note that a body stands in a stub: its ``...`` says nothing of what the function does."""
    if func.body.body:
        func.body.body[0].column = STUB


def is_abstract(func: FuncDef) -> bool:
    """Whether a method is there to be overridden."""
    return func.abstract_status != NOT_ABSTRACT


def insert_enter(func: FuncDef) -> None:
    """Put ``self.__stepkit_plan__`` first in the body: its hook binds the parameters before the body is checked."""
    body = func.body.body
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


def insert_decorator(api: Any, node: Any, own: Expression | None, name_of_own: str) -> None:
    """Put a decorator of stepkit above a method, if ``own`` is not the outermost: its hook is called then.

    mypy starts from the decorators that were written whenever it analyzes the method again.
    """
    fullname = f"stepkit.flow.{name_of_own}"
    symbol = api.lookup_fully_qualified_or_none(fullname)
    if symbol is None or not isinstance(node, Decorator) or not node.decorators:
        return
    if node.decorators[0] is own or _is_inserted(node.decorators[0]):
        return
    name = NameExpr(name_of_own)
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


def returns_of(func: FuncDef) -> list[ReturnStmt]:
    """The return statements of a function, not those of functions and lambdas inside it."""
    return list(_returns_in(func.body.body))


def _returns_in(statements: list[Statement]) -> Iterator[ReturnStmt]:
    for statement in statements:
        if isinstance(statement, ReturnStmt):
            yield statement
            continue
        for block in blocks_of(statement):
            yield from _returns_in(block.body)


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


def returns_nothing(statement: ReturnStmt) -> bool:
    expression = statement.expr
    return expression is None or isinstance(expression, NameExpr) and expression.name == "None"


def displayed_keys(func: FuncDef) -> set[str]:
    """The keys that a function's returned dict displays name, as far as the syntax says."""
    return {
        key.value
        for statement in returns_of(func)
        if isinstance(statement.expr, DictExpr)
        for key, _ in statement.expr.items
        if isinstance(key, StrExpr)
    }


def keys_of_every_return(returns: list[ReturnStmt]) -> list[str] | None:
    """The keys that every return shows, if each is a dict display of the same known ones; otherwise None."""
    found: list[str] | None = None
    for statement in returns:
        if not isinstance(statement.expr, DictExpr):
            return None
        keys = [key.value for key, _ in statement.expr.items if isinstance(key, StrExpr)]
        if len(keys) < len(statement.expr.items) or len(set(keys)) < len(keys):
            return None
        if found is not None and set(found) != set(keys):
            return None
        found = keys
    return found


def assignments(module: MypyFile) -> dict[SymbolNode, list[Expression | None]]:
    """What every name in a module is set to, wherever that is; None for what is no plain assignment."""
    found: dict[SymbolNode, list[Expression | None]] = {}
    for statement in statements_in(module.defs):
        values: list[tuple[Lvalue | None, Expression | None]] = []
        if isinstance(statement, AssignmentStmt):
            values = [(target, statement.rvalue) for target in statement.lvalues]
        elif isinstance(statement, OperatorAssignmentStmt):
            values = [(statement.lvalue, None)]
        elif isinstance(statement, ForStmt):
            values = [(statement.index, None)]
        elif isinstance(statement, WithStmt):
            values = [(target, None) for target in statement.target]
        elif isinstance(statement, DelStmt):
            values = [(statement.expr, None)]
        for target, value in values:
            if isinstance(target, (TupleExpr, ListExpr)):
                values += [(item, None) for item in target.items]
            elif isinstance(target, NameExpr) and target.node is not None:
                found.setdefault(target.node, []).append(value)
    return found


def statements_in(statements: list[Statement]) -> Iterator[Statement]:
    """Statements, and those inside them, in functions and classes too."""
    for statement in statements:
        yield statement
        inner = blocks_of(statement)
        if isinstance(statement, Decorator):
            inner = [statement.func.body]
        elif isinstance(statement, FuncDef):
            inner = [statement.body]
        elif isinstance(statement, ClassDef):
            inner = [statement.defs]
        for block in inner:
            yield from statements_in(block.body)


def has_default(argument: Argument) -> bool:
    return argument.kind in (ARG_OPT, ARG_NAMED_OPT)


def analyzing_module(analyzer: Any) -> tuple[Any, MypyFile]:
    """The semantic analyzer behind a type analyzer, and the module that it is in."""
    return analyzer.api, analyzer.api.cur_mod_node


def function_being_annotated(analyzer: Any, annotation: Type) -> FuncDef | None:
    """The function whose return annotation is analyzed."""
    statement = analyzer.statement
    function = statement.func if isinstance(statement, Decorator) else statement
    if isinstance(function, FuncDef) and isinstance(function.type, CallableType):
        return function if any(each is annotation for each in union_parts(function.type.ret_type)) else None
    return None


def union_parts(annotation: Type) -> list[Type]:
    """The parts of ``X | Y``, which need not be analyzed yet."""
    return list(annotation.items) if isinstance(annotation, UnionType) else [annotation]


def is_never_checked(node: object) -> bool:
    """Whether mypy leaves a decorated method alone."""
    decorators = node.original_decorators if isinstance(node, Decorator) else []
    return any(isinstance(each, RefExpr) and each.fullname == "typing.no_type_check" for each in decorators)


def resolve_in_class(api: Any, cls: ClassDef, names: tuple[str, ...]) -> None:
    """Resolve the annotations in a class's body that name it: mypy has found the aliases of its bases there."""
    own = [f"{cls.name}.{name}" for name in names]
    for statement in cls.defs.body:
        if not isinstance(statement, AssignmentStmt) or statement.unanalyzed_type is None:
            continue
        written, target = statement.unanalyzed_type, statement.lvalues[0]
        if isinstance(written, UnboundType) and last_name(written.name) in ("ClassVar", "Final"):
            if len(written.args) != 1:
                continue
            written = written.args[0]
        if not isinstance(target, NameExpr) or not isinstance(target.node, Var) or target.node.info is not cls.info:
            continue
        if any(name in str(written) for name in own):
            found = api.anal_type(written)
            if found is not None:
                statement.type = target.node.type = found


def module_alias(module: MypyFile, name: str, place: Context) -> TypeAlias:
    """A type alias at the top level of a module, made if it is not there."""
    symbol = module.names.get(name)
    if symbol is not None and isinstance(symbol.node, TypeAlias):
        return symbol.node
    alias = make_alias(any_type(), f"{module.fullname}.{name}", module.fullname, place)
    module.names[name] = SymbolTableNode(GDEF, alias, plugin_generated=True)
    return alias
