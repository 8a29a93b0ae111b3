"""mypy's syntax trees, and its semantic phase: methods are marked and given types, no work on types is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    TypeInfo,
    Var,
    WithStmt,
)
from mypy.traverser import NameAndMemberCollector
from mypy.types import (
    AnyType,
    CallableType,
    ProperType,
    Type,
    TypeOfAny,
    TypeVarType,
    UnboundType,
    UnionType,
    get_proper_type,
)
from mypy.typevars import fill_typevars

from .statements import blocks_of, names_in
from .types import any_type, awaited, is_any, is_left_out, is_unannotated, last_name, make_alias

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
SYNTHETIC = -78
"""The line of a return type that was not written but given."""


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


def retype(api: Any, func: FuncDef, info: TypeInfo, result: Type | None, parameters: Mapping[int, Type]) -> None:
    """Give a method types where it has none: ``result`` for its return, ``parameters`` by their place.

    It is done once: later analysis, and the daemon's stripping, start from what was given.
    """
    original = func.unanalyzed_type
    already_analyzed = func.info is info if "@" in info.fullname else _is_analyzed(func)
    changed = False
    if original is None:
        if result is None and not parameters:
            return
        names = [None if argument.pos_only else argument.variable.name for argument in func.arguments]
        unannotated: list[Type] = [AnyType(TypeOfAny.unannotated) for _ in func.arguments]
        original = CallableType(
            unannotated,
            [argument.kind for argument in func.arguments],
            names,
            AnyType(TypeOfAny.unannotated),
            api.named_type("builtins.function"),
            name=func.name,
            line=func.line,
        )
    assert isinstance(original, CallableType)
    arguments = list(original.arg_types)
    for place, argument in enumerate(arguments):
        if place > 0 and is_left_out(argument):
            arguments[place] = parameters.get(place, any_type())
            changed = True
    returned = original.ret_type
    if result is not None and is_left_out(returned):
        returned = result
        changed = True
    if not changed:
        return
    func.unanalyzed_type = original.copy_modified(arg_types=arguments, ret_type=returned)
    if not already_analyzed:
        func.type = func.unanalyzed_type.copy_modified()
    else:
        _retype_analyzed(api, func, info, arguments, returned)


def _is_analyzed(func: FuncDef) -> bool:
    """Whether a method was analyzed, and is not about to be: the daemon strips what it analyzes again."""
    names = names_in(func.body)
    known = bool(func.arguments) and func.arguments[0].variable.fullname != ""
    return known and (not names or any(name.node is not None for name in names))


def take_back(func: FuncDef) -> None:
    """Take back what a method was given that is no step any more: the daemon keeps it over an edit elsewhere."""
    original, known = func.unanalyzed_type, func.type
    if not isinstance(original, CallableType) or not isinstance(known, CallableType):
        return
    given = [place for place in inferred_places(func) if not is_left_out(original.arg_types[place])]
    returned = original.ret_type.line == SYNTHETIC
    if not given and not returned:
        return
    body = func.body.body
    body[:] = [each for each in body if entered(each) is None and (each is not body[-1] or end_of(func) is None)]
    unannotated = AnyType(TypeOfAny.unannotated)
    arguments = [unannotated if place in given else each for place, each in enumerate(original.arg_types)]
    if returned and all(map(is_left_out, arguments)):
        func.unanalyzed_type = func.type = None
        for argument in func.arguments:
            argument.variable.type = None
        return
    analyzed = [unannotated if place in given else each for place, each in enumerate(known.arg_types)]
    func.unanalyzed_type = original.copy_modified(
        arg_types=arguments, ret_type=unannotated if returned else original.ret_type
    )
    func.type = known.copy_modified(arg_types=analyzed, ret_type=unannotated if returned else known.ret_type)


def _retype_analyzed(api: Any, func: FuncDef, info: TypeInfo, arguments: list[Type], returned: Type) -> None:
    """The same for a method that was analyzed before: in a class inside a function, or by the daemon before an edit."""
    current = func.type if isinstance(func.type, CallableType) else None
    arguments = [
        argument if current is None or is_left_out(current.arg_types[place]) else current.arg_types[place]
        for place, argument in enumerate(arguments)
    ]
    if arguments and is_any(arguments[0]):
        arguments[0] = fill_typevars(info)
    if current is not None and not is_unannotated(awaited(current.ret_type)):
        returned = current.ret_type
    elif func.is_coroutine:
        returned = api.named_type("typing.Coroutine", [any_type(), any_type(), returned])
    assert isinstance(func.unanalyzed_type, CallableType)
    func.type = func.unanalyzed_type.copy_modified(
        arg_types=arguments, ret_type=returned, fallback=api.named_type("builtins.function"), definition=func
    )
    api.wrapped_coro_return_types[func] = func.type


def synthetic(type: ProperType) -> ProperType:
    """Mark a return type as one that was not written."""
    type.line = SYNTHETIC
    return type


def returns_inferred(func: FuncDef) -> bool:
    original = func.unanalyzed_type
    return (
        not isinstance(original, CallableType)
        or original.ret_type.line == SYNTHETIC
        or is_unannotated(original.ret_type)
    )


def inferred_places(func: FuncDef) -> frozenset[int]:
    """The places of the parameters that ``retype`` gave a type; it is kept where stripping leaves it alone."""
    original = func.unanalyzed_type
    if not isinstance(original, CallableType):
        return frozenset(range(1, len(func.arguments)))
    return frozenset(
        place
        for place, argument in enumerate(original.arg_types)
        if place > 0
        and isinstance(argument, AnyType)
        and argument.type_of_any in (TypeOfAny.special_form, TypeOfAny.unannotated)
    )


def belongs_to_interface(api: Any, func: FuncDef) -> None:
    """Have a step's body checked with its class: what it returns is part of the class's interface.

    Noted once the module's semantic analysis is over. Before that, mypy would analyze the body with the class too, as
    often as a name of the module has to wait for another, and then once more without the locals that it found.
    """
    if not func.def_or_infer_vars:
        api.schedule_patch(AFTER_ANALYSIS, lambda: setattr(func, "def_or_infer_vars", True))


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


def gives_unannotated(function: FuncDef) -> bool:
    """Whether the return of a function has no annotation."""
    type = function.type
    return not isinstance(type, CallableType) or is_left_out(get_proper_type(awaited(type.ret_type)))


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
