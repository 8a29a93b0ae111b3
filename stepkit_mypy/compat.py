"""The only file that touches mypy's internals and the differences between its versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mypy.binder import ConditionalTypeBinder
from mypy.checker import DeferredNode, TypeChecker
from mypy.errorcodes import NO_ANY_RETURN
from mypy.expandtype import expand_type_by_instance
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import (
    ARG_NAMED_OPT,
    ARG_OPT,
    GDEF,
    LDEF,
    MDEF,
    Argument,
    AssertStmt,
    Block,
    CallExpr,
    ClassDef,
    ConditionalExpr,
    Context,
    Decorator,
    DictExpr,
    Expression,
    ExpressionStmt,
    ForStmt,
    FuncDef,
    IfStmt,
    IntExpr,
    MatchStmt,
    MemberExpr,
    MypyFile,
    NameExpr,
    OverloadedFuncDef,
    ReturnStmt,
    Statement,
    StrExpr,
    SymbolTableNode,
    TryStmt,
    TypeAlias,
    TypeInfo,
    WhileStmt,
    WithStmt,
)
from mypy.typeops import make_simplified_union, tuple_fallback
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    LiteralType,
    ProperType,
    TupleType,
    Type,
    TypeAliasType,
    TypedDictType,
    TypeOfAny,
    TypeVarType,
    UninhabitedType,
    UnionType,
    get_proper_type,
)
from mypy.typevars import fill_typevars

ENTER = "__stepkit_table__"
"""The attribute that an inserted first statement of a step reads, so that a hook is called before its body."""
END = -77
"""The column of the inserted last statement, which tells whether a step's end is reached."""

SYNTHETIC = -78
"""The line of a return type that was not written but given."""


# --- types ------------------------------------------------------------------------------------------------------


def named(checker: TypeChecker, fullname: str, args: list[Type]) -> Instance:
    """An instance of a class of the standard library or of stepkit, wherever the checker is."""
    module, _, name = fullname.rpartition(".")
    node = checker.modules[module].names[name].node
    assert isinstance(node, TypeInfo)
    return Instance(node, args)


def any_type() -> AnyType:
    return AnyType(TypeOfAny.special_form)


def typed_dict(
    checker: TypeChecker, items: Mapping[str, Type], required: set[str], *, readonly: bool = False
) -> TypedDictType:
    """The one place where a TypedDict is built."""
    return TypedDictType(
        items=dict(items),
        required_keys=required,
        readonly_keys=set(items) if readonly else set(),
        fallback=named(checker, "typing._TypedDict", []),
    )


def tuple_type(checker: TypeChecker, items: list[Type]) -> TupleType:
    return TupleType(items, named(checker, "builtins.tuple", [any_type()]))


def literal(checker: TypeChecker, value: str) -> LiteralType:
    return LiteralType(value, named(checker, "builtins.str", []))


def is_any(type: Type) -> bool:
    return isinstance(get_proper_type(type), AnyType)


def join(first: Type, second: Type) -> Type:
    """The union of two types."""
    if first is second:
        return first
    if is_any(first):
        return first
    if is_any(second):
        return second
    if first == second:
        return first
    return make_simplified_union([first, second])


def clean(type: Type) -> Type:
    """The type of a value that is kept: ``1`` is an int, an empty list a list of Any."""
    proper = get_proper_type(type)
    if isinstance(proper, Instance):
        if proper.last_known_value is not None:
            proper = proper.copy_modified(last_known_value=None)
        args = [
            clean(each) if not isinstance(get_proper_type(each), UninhabitedType) else any_type()
            for each in proper.args
        ]
        if any(new is not old for new, old in zip(args, proper.args, strict=True)):
            return proper.copy_modified(args=args)
        return type if proper is get_proper_type(type) else proper
    if isinstance(proper, UnionType):
        items = [clean(each) for each in proper.items]
        return (
            make_simplified_union(items) if any(a is not b for a, b in zip(items, proper.items, strict=True)) else type
        )
    if isinstance(proper, TupleType) and proper.partial_fallback.type.fullname == "builtins.tuple":
        return proper.copy_modified(items=[clean(each) for each in proper.items])
    if isinstance(proper, UninhabitedType) or proper.__class__.__name__ in ("PartialType", "DeletedType", "ErasedType"):
        return any_type()
    return type


def typed_dict_of(type: Type | None) -> TypedDictType | None:
    proper = get_proper_type(type)
    return proper if isinstance(proper, TypedDictType) else None


def instance_of_callable(type: Type | None) -> Instance | None:
    """The instance that a class, an instance, or a function that makes one stands for."""
    proper = get_proper_type(type)
    if proper is not None and proper.__class__.__name__ == "Overloaded":
        proper = get_proper_type(proper.items[0])  # type: ignore[attr-defined]
    if isinstance(proper, CallableType):
        proper = get_proper_type(proper.ret_type)
    elif proper is not None and proper.__class__.__name__ == "TypeType":
        proper = get_proper_type(proper.item)  # type: ignore[attr-defined]
    if isinstance(proper, TupleType):
        proper = tuple_fallback(proper)
    return proper if isinstance(proper, Instance) else None


def awaited(type: Type) -> Type:
    """What ``await`` gives of a coroutine; any other type as it is."""
    proper = get_proper_type(type)
    if isinstance(proper, Instance):
        if proper.type.fullname in ("typing.Coroutine", "types.CoroutineType") and len(proper.args) == 3:
            return proper.args[2]
        if proper.type.fullname == "typing.Awaitable" and len(proper.args) == 1:
            return proper.args[0]
    return type


def union_items(type: Type) -> list[ProperType]:
    proper = get_proper_type(type)
    if isinstance(proper, UnionType):
        return [each for item in proper.items for each in union_items(item)]
    return [proper]


def outline(type: Type) -> tuple[int, Type, Type]:
    """What tells two narrowings of one union apart, without looking at all its items."""
    proper = get_proper_type(type)
    if isinstance(proper, UnionType):
        return len(proper.items), proper.items[0], proper.items[-1]
    return 1, proper, proper


# --- flow classes -----------------------------------------------------------------------------------------------


def alias_of(info: TypeInfo, name: str) -> TypeAlias | None:
    symbol = info.names.get(name)
    return symbol.node if symbol is not None and isinstance(symbol.node, TypeAlias) else None


def inherited_alias(info: TypeInfo, name: str) -> tuple[TypeAlias, TypeInfo] | None:
    for base in info.mro:
        alias = alias_of(base, name)
        if alias is not None:
            return alias, base
    return None


def add_alias(info: TypeInfo, module: str, name: str, target: Type) -> TypeAlias:
    """Put a type alias into a class, or give the one that is there another target."""
    alias = alias_of(info, name)
    if alias is None:
        alias = make_alias(target, f"{info.fullname}.{name}", module, info)
        info.names[name] = SymbolTableNode(MDEF, alias, plugin_generated=True)
    else:
        set_target(alias, target)
    return alias


def set_target(alias: TypeAlias, target: Type) -> None:
    alias.target = target
    alias._is_recursive = None


def alias_type(alias: TypeAlias) -> TypeAliasType:
    return TypeAliasType(alias, [])


# --- the semantic phase: tag and retype, no work on types -----------------------------------------------------------


def retype(api: Any, func: FuncDef, info: TypeInfo, result: Type | None, parameters: Mapping[int, Type]) -> None:
    """Give a method types where it has none: ``result`` for its return, ``parameters`` by their place.

    It is done once: later analysis, and the daemon's stripping, start from what was given.
    """
    original = func.unanalyzed_type
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
    already_analyzed = "@" in info.fullname and func.info is info
    func.unanalyzed_type = original.copy_modified(arg_types=arguments, ret_type=returned)
    if not already_analyzed:
        func.type = func.unanalyzed_type.copy_modified()
    else:
        _retype_analyzed(api, func, info, arguments, returned)


def _retype_analyzed(api: Any, func: FuncDef, info: TypeInfo, arguments: list[Type], returned: Type) -> None:
    """The same for a class inside a function, whose methods were analyzed before the class hook is called."""
    current = func.type if isinstance(func.type, CallableType) else None
    arguments = [
        argument if current is None or is_any(current.arg_types[place]) else current.arg_types[place]
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


def is_left_out(type: Type) -> bool:
    """Whether no annotation was written, and none was given yet."""
    return isinstance(type, AnyType) and type.type_of_any == TypeOfAny.unannotated


def is_unannotated(type: Type) -> bool:
    proper = get_proper_type(type)
    return isinstance(proper, AnyType) and proper.type_of_any in (TypeOfAny.unannotated, TypeOfAny.special_form)


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


def belongs_to_interface(func: FuncDef) -> None:
    """Have a step's body analyzed and checked with its class: what it returns is part of the class's interface."""
    func.def_or_infer_vars = True


def has_no_body(func: FuncDef) -> bool:
    """Whether the body was dropped when the file was parsed, as it is for installed packages."""
    return not func.body.body


def insert_enter(func: FuncDef) -> None:
    """Put ``self.__stepkit_table__`` first in the body: its hook binds the parameters before the body is checked."""
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
        for block in blocks:
            if block is not None:
                yield from _returns_in(block.body)


def write_none(api: Any, func: FuncDef) -> None:
    """Make ``return`` say ``return None``: beside a return with a value, mypy would ask for one."""
    symbol = api.lookup_fully_qualified_or_none("builtins.None")
    for statement in returns_of(func):
        if statement.expr is None:
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


def plain_method(node: object) -> FuncDef | None:
    return node if isinstance(node, FuncDef) else None


# --- the checking phase -------------------------------------------------------------------------------------------


def may_be_string(type: Type) -> bool:
    return all(
        isinstance(item, (AnyType, LiteralType)) or isinstance(item, Instance) and item.type.has_base("builtins.str")
        for item in union_items(type)
    )


def may_be_mapping(type: ProperType) -> bool:
    if isinstance(type, Instance):
        return type.type.has_base("typing.Mapping") or type.type.fallback_to_any
    return isinstance(type, (AnyType, TypedDictType, UninhabitedType))


def fullname_of_instance(type: Type) -> str:
    proper = get_proper_type(type)
    return proper.type.fullname if isinstance(proper, Instance) else ""


def first_argument(type: Type) -> Type | None:
    """The first type argument, if it says something."""
    proper = get_proper_type(type)
    if isinstance(proper, Instance) and proper.args and not is_any(proper.args[0]):
        return proper.args[0]
    return None


def seen_as(info: TypeInfo, fullname: str) -> Instance | None:
    """A class as its base of that name, with the type arguments that it has there."""
    base = next((each for each in info.mro if each.fullname == fullname), None)
    own = fill_typevars(info)
    if isinstance(own, TupleType):
        own = tuple_fallback(own)
    return None if base is None else map_instance_to_supertype(own, base)


def is_type_variable(type: Type) -> bool:
    return isinstance(get_proper_type(type), TypeVarType)


def this_instance(info: TypeInfo) -> Type:
    return fill_typevars(info)


def recheck_above(checker: TypeChecker, info: TypeInfo) -> None:
    """Check the functions above a class again: they were checked while its aliases had no target yet.

    Only where bodies are checked in the order of the file: in the daemon, and by mypy before 2.0.
    """
    if not checker.recurse_into_functions or "@" in info.fullname or is_last_pass(checker):
        return
    tree = checker.tree
    targets = []
    for node in tree.defs:
        if node.line >= info.line:
            break
        targets += _functions_in(node, None)
    names = {node.fullname for node, _ in targets}
    checker.msg.errors.clear_errors_in_targets(checker.path, names)
    waiting = {each.node for each in checker.deferred_nodes}
    for function, owner in targets:
        if function not in waiting:
            checker.deferred_nodes.append(DeferredNode(function, owner))


def forgive_returned_any(checker: TypeChecker, func: FuncDef) -> None:
    """Drop what ``--strict`` says of a returned Any: the return type that it names was given by the plugin."""
    found = checker.msg.errors.error_info_map.get(checker.msg.errors.file)
    if not checker.options.warn_return_any or not found:
        return
    lines = {statement.line for statement in returns_of(func)}
    kept = [each for each in found if each.code is not NO_ANY_RETURN or each.line not in lines]
    if len(kept) < len(found):
        found[:] = kept


def recheck_module(checker: TypeChecker) -> None:
    """Have the top level of the module checked again."""
    module: Any = checker.tree
    if not is_last_pass(checker) and not any(each.node is module for each in checker.deferred_nodes):
        checker.deferred_nodes.append(DeferredNode(module, None))


def _functions_in(node: Statement, owner: TypeInfo | None) -> list[tuple[Any, TypeInfo | None]]:
    if isinstance(node, (FuncDef, Decorator, OverloadedFuncDef)):
        return [(node, owner)]
    if isinstance(node, ClassDef):
        return [each for inner in node.defs.body for each in _functions_in(inner, node.info)]
    return []


def checker_of(api: Any) -> TypeChecker:
    assert isinstance(api, TypeChecker)
    return api


def type_of(checker: TypeChecker, expression: Expression) -> Type | None:
    """The type that mypy found for an expression; None where it was not reached."""
    return checker.lookup_type(expression) if checker.has_type(expression) else None


def infer_quietly(checker: TypeChecker, expression: Expression) -> Type:
    with checker.msg.filter_errors():
        return checker.expr_checker.accept(expression)


def infer_with_context(checker: TypeChecker, expression: Expression, context: Type) -> Type:
    """The type of an expression where one of this type is wanted."""
    with checker.msg.filter_errors(), checker.local_type_map:
        return checker.expr_checker.accept(expression, context)


def alias_target(instance: Instance, name: str) -> Type | None:
    """What one of a flow's aliases stands for, for this very instance; None where it is not known."""
    found = inherited_alias(instance.type, name)
    if found is None or is_any(found[0].target):
        return None
    alias, owner = found
    target = alias.target
    if instance.args:
        target = expand_type_by_instance(target, map_instance_to_supertype(instance, owner))
    return target


def for_instance(instance: Instance, type: Type) -> Type:
    """A type of a generic class's inside, as it is for an instance of it."""
    return expand_type_by_instance(type, instance) if instance.args else type


def alternatives_of(checker: TypeChecker, expression: Expression) -> Iterator[tuple[Type, Expression]]:
    """The types of an expression's branches, where each stands."""
    if isinstance(expression, ConditionalExpr):
        yield from alternatives_of(checker, expression.if_expr)
        yield from alternatives_of(checker, expression.else_expr)
        return
    found = type_of(checker, expression)
    if found is not None:
        yield found, expression


def literal_values(type: Type) -> list[str]:
    return [item.value for item in union_items(type) if isinstance(item, LiteralType) and isinstance(item.value, str)]


def class_being_checked(checker: TypeChecker) -> TypeInfo | None:
    return checker.scope.active_class()


def function_being_checked(checker: TypeChecker) -> FuncDef | None:
    function = checker.scope.current_function()
    return function if isinstance(function, FuncDef) else None


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


def can_defer(checker: TypeChecker) -> bool:
    return checker.pass_num < checker.last_pass and isinstance(checker.scope.top_level_function(), FuncDef)


def defer(checker: TypeChecker, node: Any) -> bool:
    """Have mypy check the function around ``node`` again later. False if it cannot."""
    if not can_defer(checker):
        return False
    checker.handle_cannot_determine_type("", node)
    return True


def defer_decorator(checker: TypeChecker, decorator: Decorator, info: TypeInfo) -> bool:
    """Have mypy check a decorated method again later, as a whole. False if it cannot."""
    if checker.pass_num >= checker.last_pass:
        return False
    function = checker.scope.top_level_function()
    if function is not None:  # a class inside a function
        return defer(checker, decorator)
    _replace_deferred(checker, decorator)
    if not any(each.node is decorator for each in checker.deferred_nodes):
        checker.deferred_nodes.append(DeferredNode(decorator, info))
    return True


def was_deferred(checker: TypeChecker, decorator: Decorator, info: TypeInfo) -> bool:
    """Whether the body of a decorated method was deferred. mypy then would check only the function again."""
    return _replace_deferred(checker, decorator)


def _replace_deferred(checker: TypeChecker, decorator: Decorator) -> bool:
    found = False
    kept = []
    for each in checker.deferred_nodes:
        if each.node is decorator.func:
            each = DeferredNode(decorator, each.active_typeinfo)
        if each.node is decorator:
            if found:
                continue
            found = True
        kept.append(each)
    if found:
        checker.deferred_nodes[:] = kept
    return found or checker.current_node_deferred


def is_last_pass(checker: TypeChecker) -> bool:
    return checker.pass_num >= checker.last_pass


def checks_in_one_phase(checker: TypeChecker) -> bool:
    """Whether function bodies above a class are checked before it."""
    return checker.recurse_into_functions


def add_dependency(checker: TypeChecker, trigger: str, target: str | None = None) -> None:
    """Have the daemon check ``target`` again when ``trigger`` changes. Hooks of the checker record nothing."""
    target = target or checker.tscope.current_target()
    checker.tree.plugin_deps.setdefault(f"<{trigger}>", set()).add(target)


def bind_parameter(func: FuncDef, place: int, type: Type) -> None:
    """Give a parameter its type: in the function's type, and for its body."""
    assert isinstance(func.type, CallableType)
    arguments = list(func.type.arg_types)
    arguments[place] = type
    func.type = func.type.copy_modified(arg_types=arguments)
    func.arguments[place].variable.type = type


def set_return(checker: TypeChecker, func: FuncDef, type: Type) -> None:
    assert isinstance(func.type, CallableType)
    func.type = func.type.copy_modified(ret_type=type)


def bound(type: CallableType) -> CallableType:
    """A method's type without ``self``."""
    return type.copy_modified(
        arg_types=type.arg_types[1:], arg_kinds=type.arg_kinds[1:], arg_names=type.arg_names[1:], definition=None
    )


def coroutine(checker: TypeChecker, type: Type) -> Type:
    return named(checker, "typing.Coroutine", [any_type(), any_type(), type])


def has_default(argument: Argument) -> bool:
    return argument.kind in (ARG_OPT, ARG_NAMED_OPT)


@contextmanager
def quietly(checker: TypeChecker) -> Iterator[None]:
    with checker.msg.filter_errors():
        yield


def module_of(checker: TypeChecker) -> MypyFile:
    return checker.tree


def body_of(cls: ClassDef) -> list[Statement]:
    return cls.defs.body


def check_now(checker: TypeChecker, decorator: Decorator, info: TypeInfo) -> None:
    """Check a decorated method at once that was to be checked again later."""
    checker.deferred_nodes[:] = [each for each in checker.deferred_nodes if each.node is not decorator]
    outer = checker.binder
    checker.binder = ConditionalTypeBinder(checker.options)
    try:
        with checker.tscope.class_scope(info), checker.enter_partial_types(is_class=True):
            with checker.binder.top_frame_context(), checker.scope.push_class(info):
                checker.accept(decorator)
    finally:
        checker.binder = outer


# --- helper types -------------------------------------------------------------------------------------------------


def last_name(name: str) -> str:
    return name.rpartition(".")[2]


def analyzing_module(analyzer: Any) -> tuple[Any, MypyFile]:
    """The semantic analyzer behind a type analyzer, and the module that it is in."""
    return analyzer.api, analyzer.api.cur_mod_node


def module_alias(module: MypyFile, name: str, place: Context) -> TypeAlias:
    """A type alias at the top level of a module, made if it is not there."""
    symbol = module.names.get(name)
    if symbol is not None and isinstance(symbol.node, TypeAlias):
        return symbol.node
    alias = make_alias(any_type(), f"{module.fullname}.{name}", module.fullname, place)
    module.names[name] = SymbolTableNode(GDEF, alias, plugin_generated=True)
    return alias


def make_alias(target: Type, fullname: str, module: str, place: Context) -> TypeAlias:
    make: Any = TypeAlias
    try:
        alias = make(target, fullname, module, place.line, place.column)
    except TypeError:  # before mypy 2.0
        alias = make(target, fullname, place.line, place.column)
    assert isinstance(alias, TypeAlias)
    return alias
