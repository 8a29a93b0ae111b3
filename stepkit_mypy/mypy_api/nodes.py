"""mypy's syntax trees: what stands in a class, a function, a statement."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import (
    ARG_NAMED_OPT,
    ARG_OPT,
    LDEF,
    NOT_ABSTRACT,
    Argument,
    AssignmentStmt,
    Block,
    ClassDef,
    Decorator,
    DelStmt,
    DictExpr,
    Expression,
    ForStmt,
    FuncDef,
    FuncItem,
    IfStmt,
    IntExpr,
    LambdaExpr,
    ListExpr,
    Lvalue,
    MatchStmt,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OperatorAssignmentStmt,
    RefExpr,
    ReturnStmt,
    Statement,
    StrExpr,
    SymbolNode,
    TryStmt,
    TupleExpr,
    WhileStmt,
    WithStmt,
)
from mypy.patterns import AsPattern, OrPattern, Pattern
from mypy.traverser import NameAndMemberCollector
from mypy.types import (
    CallableType,
    Type,
    TypeVarType,
    UnionType,
)


def blocks_of(statement: Statement) -> list[Block]:
    """The blocks of a statement, not those of functions and classes."""
    blocks: list[Block | None] = []
    if isinstance(statement, Block):
        blocks = [statement]
    elif isinstance(statement, (IfStmt, MatchStmt)):
        blocks = [*(statement.body if isinstance(statement, IfStmt) else statement.bodies)]
        blocks += [statement.else_body] if isinstance(statement, IfStmt) else []
    elif isinstance(statement, (WhileStmt, ForStmt)):
        blocks = [statement.body, statement.else_body]
    elif isinstance(statement, WithStmt):
        blocks = [statement.body]
    elif isinstance(statement, TryStmt):
        blocks = [statement.body, *statement.handlers, statement.else_body, statement.finally_body]
    return [block for block in blocks if block is not None]


def names_in(node: Node | None) -> list[NameExpr]:
    """All names that stand in a node, also those in functions inside it."""
    if node is None:
        return []
    collector = NameAndMemberCollector()
    node.accept(collector)
    return collector.name_exprs


def is_local(name: NameExpr) -> bool:
    return name.kind == LDEF


def is_true(condition: Expression) -> bool:
    """Whether a condition is written to be always true."""
    if isinstance(condition, IntExpr):
        return condition.value != 0
    return isinstance(condition, NameExpr) and condition.fullname == "builtins.True"


def is_false(condition: Expression) -> bool:
    """Whether a condition is written to be always false."""
    if isinstance(condition, IntExpr):
        return condition.value == 0
    return isinstance(condition, NameExpr) and condition.fullname == "builtins.False"


def matches_all(pattern: Pattern) -> bool:
    """Whether a pattern matches whatever there is: ``case _``, or ``case name``."""
    if isinstance(pattern, OrPattern):
        return any(matches_all(each) for each in pattern.patterns)
    return isinstance(pattern, AsPattern) and (pattern.pattern is None or matches_all(pattern.pattern))


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


def is_checked_by_values(func: FuncDef) -> bool:
    """Whether mypy checks copies of a body: one for each value of a type variable with constraints."""
    variables = [*(func.type.variables if isinstance(func.type, CallableType) else ())]
    variables += func.info.defn.type_vars if func.info else []
    return any(isinstance(each, TypeVarType) and each.values for each in variables)


def is_abstract(func: FuncDef) -> bool:
    """Whether a method is there to be overridden."""
    return func.abstract_status != NOT_ABSTRACT


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


def union_parts(annotation: Type) -> list[Type]:
    """The parts of ``X | Y``, which need not be analyzed yet."""
    return list(annotation.items) if isinstance(annotation, UnionType) else [annotation]


def is_never_checked(node: object) -> bool:
    """Whether mypy leaves a decorated method alone."""
    decorators = node.original_decorators if isinstance(node, Decorator) else []
    return any(isinstance(each, RefExpr) and each.fullname == "typing.no_type_check" for each in decorators)
