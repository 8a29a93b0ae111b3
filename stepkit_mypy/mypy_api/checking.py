"""mypy's checker: what it is at, what it deferred, and what it shall look at again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from mypy.binder import ConditionalTypeBinder
from mypy.checker import DEFAULT_LAST_PASS, DeferredNode, TypeChecker
from mypy.errorcodes import NO_ANY_RETURN, ErrorCode
from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    ARG_STAR,
    CallExpr,
    ClassDef,
    ComparisonExpr,
    ConditionalExpr,
    Context,
    Decorator,
    Expression,
    FuncDef,
    FuncItem,
    LambdaExpr,
    MatchStmt,
    MemberExpr,
    MypyFile,
    NameExpr,
    OverloadedFuncDef,
    Statement,
    TypeInfo,
    Var,
)
from mypy.plugin import MethodContext
from mypy.plugins import functools
from mypy.server.subexpr import get_subexpressions
from mypy.types import (
    CallableType,
    Instance,
    LiteralType,
    PartialType,
    Type,
    UninhabitedType,
    UnionType,
    get_proper_type,
)

from .syntax import attributes_of, returns_of, statements_in
from .types import awaited

SEMANTIC = (
    "await-not-async",
    "metaclass",
    "name-defined",
    "name-match",
    "no-overload-impl",
    "no-redef",
    "nonetype-type",
    "syntax",
    "top-level-await",
    "type-arg",
    "type-var",
    "valid-newtype",
    "valid-type",
)
"""The codes of errors that come from mypy's semantic analysis."""


def recheck_above(checker: TypeChecker, info: TypeInfo) -> None:
    """Check the functions above a class, and its own that are no steps, again: its aliases had no target yet.

    Only where bodies are checked in the order of the file: in the daemon, and by mypy before 2.0.
    """
    if not checker.recurse_into_functions or "@" in info.fullname or is_last_pass(checker):
        return
    tree = checker.tree
    targets: list[tuple[Any, TypeInfo | None]] = []
    for node in tree.defs:
        if node.line >= info.line:
            break
        targets += _functions_in(node, None)
    targets += [(method, info) for method in info.defn.defs.body if isinstance(method, FuncDef)]
    names = {node.fullname for node, _ in targets}
    _clear_errors(checker, names)
    waiting = {each.node for each in checker.deferred_nodes}
    for function, owner in targets:
        if function not in waiting:
            checker.deferred_nodes.append(DeferredNode(function, owner))


def _clear_errors(checker: TypeChecker, targets: set[str]) -> None:
    """Drop what was said of functions that are checked again, but for what the semantic analysis said: it said it."""
    errors = checker.msg.errors
    found = [each for each in errors.error_info_map.get(checker.path, ()) if each.target in targets]
    errors.clear_errors_in_targets(checker.path, targets)
    kept = [each for each in found if _is_semantic(each.code, each.message)]
    if kept:
        errors.error_info_map.setdefault(checker.path, []).extend(kept)


def _is_semantic(code: ErrorCode | None, message: str) -> bool:
    if code is None or code.code == "misc":  # of both; what the checker says of keys, and of Any, may be so no longer
        return "TypedDict key" not in message and '"Any"' not in message
    return code.code in SEMANTIC or message.startswith('Module "')


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


def never_returns(checker: TypeChecker, expression: Expression) -> bool:
    """Whether nothing behind an expression is reached."""
    return isinstance(get_proper_type(type_of(checker, expression)), UninhabitedType)


def may_swallow(checker: TypeChecker, manager: Expression, is_async: bool) -> bool:
    """Whether a context manager may end an exception, so that what follows its block is reached."""
    owner = get_proper_type(type_of(checker, manager))
    symbol = owner.type.get("__aexit__" if is_async else "__exit__") if isinstance(owner, Instance) else None
    type = None if symbol is None else get_proper_type(symbol.type)
    if not isinstance(type, CallableType):
        return False
    result = get_proper_type(awaited(type.ret_type))
    if isinstance(result, LiteralType):
        return result.value is True
    return isinstance(result, Instance) and result.type.fullname == "builtins.bool"


def parameter_for(checker: TypeChecker, call: CallExpr, place: int) -> Type | None:
    """The type of the parameter that an argument of a call is for; None where it is not easily told."""
    type, kind = get_proper_type(type_of(checker, call.callee)), call.arg_kinds[place]
    if not isinstance(type, CallableType) or ARG_STAR in call.arg_kinds[: place + 1]:
        return None
    if kind == ARG_POS and place < len(type.arg_kinds) and type.arg_kinds[place].is_positional():
        return type.arg_types[place]
    name = call.arg_names[place]
    if kind == ARG_NAMED and name in type.arg_names:
        return type.arg_types[type.arg_names.index(name)]
    return None


def infer_quietly(checker: TypeChecker, expression: Expression) -> Type:
    with checker.msg.filter_errors():
        return checker.expr_checker.accept(expression)


def infer_with_context(checker: TypeChecker, expression: Expression, context: Type) -> Type:
    """The type of an expression where one of this type is wanted.

    With the type wanted, mypy says that ``[1]`` is a ``list[str]``, and blames its item. Then it is what it is alone.
    """
    with checker.msg.filter_errors() as errors, checker.local_type_map:
        found = checker.expr_checker.accept(expression, context)
        if not errors.has_new_errors():
            return found
    with checker.msg.filter_errors() as errors, checker.local_type_map:
        alone = checker.expr_checker.accept(expression)
        return found if errors.has_new_errors() else alone


def widen(checker: TypeChecker, expression: Expression, type: Type) -> None:
    """Have an expression that was narrowed further above be perhaps of this type, too."""
    narrowed = checker.binder.get(expression)
    if narrowed is not None:
        checker.binder.put(expression, UnionType.make_union([narrowed, type]))


@contextmanager
def told_at_once(checker: TypeChecker) -> Iterator[None]:
    """Inside a class pattern, mypy takes every error for its own "no such attribute"; not what is said in here."""
    watchers = checker.errors._watchers
    last = watchers.pop() if watchers else None
    try:
        yield
    finally:
        if last is not None:
            watchers.append(last)


def infer_in_function(checker: TypeChecker, function: FuncDef, expression: Expression, context: Type) -> Type:
    """The type of an expression of a function's body where one of this type is wanted, after the body was checked."""
    with checker.scope.push_function(function), checker.tscope.function_scope(function):
        return infer_with_context(checker, expression, context)


def alternatives_of(checker: TypeChecker, expression: Expression) -> Iterator[tuple[Type, Expression]]:
    """The types of an expression's branches, where each stands."""
    if isinstance(expression, ConditionalExpr):
        yield from alternatives_of(checker, expression.if_expr)
        yield from alternatives_of(checker, expression.else_expr)
        return
    found = type_of(checker, expression)
    if found is not None:
        yield found, expression


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
    if is_last_pass(checker):
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


def is_silenced(checker: TypeChecker) -> bool:
    """Whether the file's errors are ignored: then mypy drops bodies, and skips checks that have hooks."""
    return bool(getattr(checker, "can_skip_diagnostics", False))


def is_last_pass(checker: TypeChecker) -> bool:
    """Whether what is deferred now is not checked again. The daemon has one pass less for a module that was edited."""
    last = checker.last_pass
    if checker.options.fine_grained_incremental and last == DEFAULT_LAST_PASS and checker.recurse_into_functions:
        last -= checker.scope.top_level_function() is None
    return checker.pass_num >= last


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


def stands_in_module(checker: TypeChecker, fullname: str) -> bool:
    """Whether a function stands in the module that is being checked."""
    module, _, _ = fullname.rpartition(".")
    while module and module not in checker.modules:
        module, _, _ = module.rpartition(".")
    return module == checker.tree.fullname


def settle_attributes(checker: TypeChecker, function: LambdaExpr, info: TypeInfo) -> bool:
    """Have mypy know the attributes of ``self`` that a lambda in the class body reads. Whether it knows them.

    mypy puts no lambda off: what ``__init__`` sets further below would be "Cannot determine type".
    """
    names = attributes_of(function)
    if names and not _know(info, names):
        init = info.names.get("__init__")
        if init is not None and isinstance(init.node, FuncDef):
            checker.accept(init.node)
    return _know(info, names)


def _know(info: TypeInfo, names: list[str]) -> bool:
    for name in names:
        symbol = info.get(name)
        node = symbol.node.var if symbol is not None and isinstance(symbol.node, Decorator) else symbol and symbol.node
        if isinstance(node, Var) and (node.type is None or isinstance(node.type, PartialType)):
            return False
    return True


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


def partial_called(context: MethodContext) -> Type:
    """What mypy says that a call of a ``functools.partial`` gives; a plugin's hook for it takes the place of mypy's."""
    return functools.partial_call_callback(context)
