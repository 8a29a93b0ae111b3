"""What the runtime refuses in one declaration: its name, its options, its method."""

from __future__ import annotations

from mypy.nodes import (
    CallExpr,
    Decorator,
    DictExpr,
    FuncDef,
    ListExpr,
    RefExpr,
    SetExpr,
    TupleExpr,
)
from mypy.nodes import Context as Node

from stepkit import row_builder, table_builder
from stepkit.definition import RESERVED
from stepkit.fallback import no_method
from stepkit.table import CircuitBreaker

from .. import messages
from ..algebra.kinds import KINDS
from ..flow_class.work import Work
from ..mypy_api.checking import TypeChecker
from ..names import CIRCUIT_BREAKER, ERROR_POLICIES
from ..rows import fallbacks
from ..syntax.constants import UNKNOWN
from ..syntax.declarations import Declaration, name_argument
from ..syntax.maker import DECORATORS

OPTIONS = ("retries", "retry_delay", "timeout", "should_retry")
"""The options whose values mypy's own look at their types lets pass, though they make no sense."""


def say(checker: TypeChecker, node: Node, attribute: str, text: str) -> None:
    messages.definition(checker, node, f"{attribute}: {text}")


def check_declaration(checker: TypeChecker, work: Work, declaration: Declaration) -> None:
    attribute, node, options = declaration.attribute, declaration.node, declaration.options
    constants = declaration.constants
    if attribute in RESERVED:
        say(checker, name_of_method(declaration), attribute, table_builder.HIDES_OWN_NAME.format(kind=declaration.kind))
    if not declaration.direct:  # the options stand somewhere else
        return
    argument = name_argument(declaration)
    if argument is not None:
        _check_name(checker, argument, attribute, constants.of(checker, argument))
    for option in OPTIONS:
        value = constants.of(checker, options[option]) if option in options else UNKNOWN
        if value is not UNKNOWN and (value is None or _fits(value, option)):
            _check_option(checker, options[option], attribute, option, value)
    _check_fallback(checker, work, declaration)
    _check_breaker(checker, declaration)
    _check_aliases(checker, declaration)
    if KINDS[declaration.kind].chooses:
        _check_cases(checker, declaration)
    if isinstance(node, Decorator):
        _check_method(checker, declaration, node)


def name_of_method(declaration: Declaration) -> Node:
    return declaration.function or declaration.node


def _fits(value: object, option: str) -> bool:
    """Whether mypy takes the value for one that the option may have."""
    if option == "should_retry":
        parts = value if isinstance(value, tuple) else (value,)
        return all(isinstance(part, type) and issubclass(part, BaseException) for part in parts)
    return isinstance(value, int if option == "retries" else int | float)


def _check_name(checker: TypeChecker, node: Node, attribute: str, name: object, prefix: str = "") -> None:
    problem = row_builder.name_problem(name) if isinstance(name, str) else None
    if problem is not None:
        say(checker, node, attribute, prefix + problem)


def _check_option(checker: TypeChecker, node: Node, attribute: str, option: str, value: object) -> None:
    for text in row_builder.option_problems(attribute, {option: value}):
        messages.definition(checker, node, text)


def _check_fallback(checker: TypeChecker, work: Work, declaration: Declaration) -> None:
    """The name in ``on_error=`` must be a policy's or a plain method's."""
    written = declaration.options.get("on_error")
    name = UNKNOWN if written is None else declaration.constants.of(checker, written)
    if written is None or not isinstance(name, str) or name in ERROR_POLICIES or work.info.fallback_to_any:
        return
    if fallbacks.method(checker, work, name) is None:
        text = no_method(name, [each for each, symbol in work.info.names.items() if isinstance(symbol.node, FuncDef)])
        say(checker, written, declaration.attribute, text)


def _check_breaker(checker: TypeChecker, declaration: Declaration) -> None:
    written = declaration.options.get("circuit_breaker")
    call = None if written is None else declaration.constants.assigned_once(checker, written) or written
    if not isinstance(call, CallExpr) or not isinstance(call.callee, RefExpr):
        return
    if call.callee.fullname != CIRCUIT_BREAKER:
        return
    for argument, name in zip(call.args, call.arg_names, strict=True):
        value = declaration.constants.of(checker, argument)
        breaker = CircuitBreaker(failure_threshold=1, cooldown=1)
        if name == "failure_threshold" and isinstance(value, int):
            breaker = CircuitBreaker(failure_threshold=value, cooldown=1)
        elif name == "cooldown" and isinstance(value, int | float):
            breaker = CircuitBreaker(failure_threshold=1, cooldown=value)
        _check_option(checker, argument, declaration.attribute, "circuit_breaker", breaker)


def _check_aliases(checker: TypeChecker, declaration: Declaration) -> None:
    written = declaration.options.get("aliases")
    if written is None:
        return
    for item, alias in aliases_of(checker, declaration):
        _check_name(checker, item, declaration.attribute, alias, "aliases: ")
    whole = declaration.constants.of(checker, written)
    if isinstance(whole, str):
        _check_option(checker, written, declaration.attribute, "aliases", whole)


def aliases_of(checker: TypeChecker, declaration: Declaration) -> list[tuple[Node, str]]:
    """The aliases that can be seen, with their places."""
    written = declaration.options.get("aliases")
    if written is None:
        return []
    display = declaration.constants.assigned_once(checker, written) or written
    if not isinstance(display, (TupleExpr, ListExpr, SetExpr)):
        return []
    named = [(item, declaration.constants.of(checker, item)) for item in display.items]
    place: Node | None = None if display is written else written
    return [(place or item, alias) for item, alias in named if isinstance(alias, str)]


def _check_cases(checker: TypeChecker, declaration: Declaration) -> None:
    cases = declaration.options.get("cases")
    if not isinstance(cases, DictExpr):
        return
    if not cases.items:
        _check_option(checker, cases, declaration.attribute, "cases", {})
    for key, _ in cases.items:
        if key is not None:
            _check_name(checker, key, declaration.attribute, declaration.constants.of(checker, key), "cases: ")


def _check_method(checker: TypeChecker, declaration: Declaration, node: Decorator) -> None:
    function, attribute = node.func, declaration.attribute
    own = _place_of_decorator(declaration, node)
    for place, decorator in enumerate(node.original_decorators):
        name = decorator.fullname if isinstance(decorator, RefExpr) else ""
        if place < own and name in ("builtins.property", "builtins.staticmethod", "functools.cached_property"):
            say(checker, decorator, attribute, table_builder.HIDDEN_BY_DECORATOR)
        elif place > own and name in ("builtins.staticmethod", "builtins.classmethod"):
            text = row_builder.NO_METHOD.format(found=f"a {name.removeprefix('builtins.')}")
            say(checker, decorator, attribute, text)
    thread = declaration.options.get("thread")
    if thread is not None and function.is_coroutine and own == len(node.original_decorators) - 1:
        if declaration.constants.of(checker, thread) is True:
            say(checker, thread, attribute, row_builder.ASYNC_IN_THREAD)


def _place_of_decorator(declaration: Declaration, node: Decorator) -> int:
    """Which of a method's decorators declares the step."""
    for place, decorator in enumerate(node.original_decorators):
        if decorator is declaration.call:
            return place
        if declaration.call is None and isinstance(decorator, RefExpr) and decorator.fullname in DECORATORS:
            return place
    return 0
