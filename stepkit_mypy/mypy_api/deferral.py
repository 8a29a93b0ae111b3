"""What mypy looks at later, or again: deferred functions, passes, dependencies of the daemon.

Why it is done so: "Deferral and passes" in ``docs/maintainers/mypy-traps.md``.
"""

from __future__ import annotations

from typing import Any

from mypy.binder import ConditionalTypeBinder
from mypy.checker import DEFAULT_LAST_PASS, DeferredNode, TypeChecker
from mypy.errorcodes import ErrorCode
from mypy.nodes import (
    ClassDef,
    Decorator,
    FuncDef,
    LambdaExpr,
    OverloadedFuncDef,
    Statement,
    TypeInfo,
    Var,
)
from mypy.types import (
    PartialType,
)

from .nodes import attributes_of

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


def infer_attributes(checker: TypeChecker, function: LambdaExpr, info: TypeInfo) -> bool:
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
