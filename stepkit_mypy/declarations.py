"""Reads what a flow class declares from its syntax: which statements declare steps, and with which options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from mypy.checker import TypeChecker
from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    AssignmentStmt,
    Block,
    CallExpr,
    ClassDef,
    Decorator,
    Expression,
    FuncDef,
    IfStmt,
    MemberExpr,
    NameExpr,
    RefExpr,
    Statement,
    StrExpr,
    TryStmt,
    WithStmt,
)

from .compat import has_default, inferred_places, returns_inferred
from .constants import UNKNOWN, Constants
from .rows import Facts, Kind, Parameter

FLOW = "stepkit.flow."
DECORATORS: dict[str, Kind] = {
    f"{FLOW}step": "step",
    f"{FLOW}transform": "transform",
    f"{FLOW}branch": "branch",
}
CALLS: dict[str, Kind] = {f"{FLOW}subflow": "subflow", f"{FLOW}parallel": "parallel"}


@dataclass(eq=False)
class Declaration:
    """One statement of a class body that declares a step, or a group, or a member of one."""

    attribute: str
    kind: Kind
    node: Decorator | AssignmentStmt
    call: CallExpr | None
    """The call with the options; None for a bare decorator."""
    group: str | None = None
    """The attribute of the group that it is a member of."""
    options: dict[str, Expression] = field(default_factory=dict)
    complete: bool = True
    """Whether all options can be seen; not so with ``**options``."""
    constants: Constants = field(default_factory=Constants)
    """Those of its module."""
    name: str | None = None
    """What the expression of its name stands for, once that is known."""

    @property
    def function(self) -> FuncDef | None:
        return self.node.func if isinstance(self.node, Decorator) else None


@dataclass(eq=False)
class Body:
    """Everything that a class body declares, in order, and the attributes that it takes away with ``= None``."""

    declarations: list[Declaration] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    constants: Constants = field(default_factory=Constants)


def read_body(cls: ClassDef) -> Body:
    body = Body()
    groups: set[str] = set()
    for statement in _flat(cls.defs.body):
        if isinstance(statement, Decorator):
            declaration = _decorated(statement, groups)
            if declaration is not None:
                body.declarations.append(declaration)
        elif isinstance(statement, AssignmentStmt) and len(statement.lvalues) == 1:
            target = statement.lvalues[0]
            if not isinstance(target, NameExpr):
                continue
            if isinstance(statement.rvalue, NameExpr) and statement.rvalue.name == "None":
                body.removed.add(target.name)
            declaration = _assigned(target.name, statement, groups)
            if declaration is not None:
                body.declarations.append(declaration)
                if declaration.kind == "parallel":
                    groups.add(target.name)
    for declaration in body.declarations:
        declaration.constants = body.constants
        _read_options(declaration)
    return body


def _flat(statements: list[Statement]) -> Iterator[Statement]:
    for statement in statements:
        yield statement
        blocks: list[Block] = []
        if isinstance(statement, IfStmt):
            blocks = [*statement.body, *([statement.else_body] if statement.else_body else [])]
        elif isinstance(statement, (WithStmt, TryStmt)):
            blocks = [statement.body]
        for block in blocks:
            if not block.is_unreachable:
                yield from _flat(block.body)


def _decorated(node: Decorator, groups: set[str]) -> Declaration | None:
    for decorator in node.original_decorators:
        call = decorator if isinstance(decorator, CallExpr) else None
        callee = call.callee if call is not None else decorator
        kind = DECORATORS.get(_fullname(callee))
        if kind is not None:
            return Declaration(node.name, kind, node, call)
        if isinstance(callee, MemberExpr) and callee.name == "step" and isinstance(callee.expr, NameExpr):
            if callee.expr.name in groups:
                return Declaration(node.name, "step", node, call, group=callee.expr.name)
    return None


def _assigned(attribute: str, node: AssignmentStmt, groups: set[str]) -> Declaration | None:
    call = node.rvalue
    if not isinstance(call, CallExpr):
        return None
    callee = call.callee
    kind = CALLS.get(_fullname(callee))
    if kind is not None:
        return Declaration(attribute, kind, node, call)
    if isinstance(callee, MemberExpr) and callee.name == "subflow" and isinstance(callee.expr, NameExpr):
        if callee.expr.name in groups:
            return Declaration(attribute, "subflow", node, call, group=callee.expr.name)
    return None


def _fullname(expression: Expression) -> str:
    return expression.fullname if isinstance(expression, RefExpr) else ""


def _read_options(declaration: Declaration) -> None:
    call = declaration.call
    if call is None:
        return
    positional = 0
    for argument, kind, name in zip(call.args, call.arg_kinds, call.arg_names, strict=True):
        if kind == ARG_POS:
            declaration.options["$" + str(positional)] = argument
            positional += 1
        elif kind == ARG_NAMED and name is not None:
            declaration.options[name] = argument
        elif kind in (ARG_STAR, ARG_STAR2):
            declaration.complete = False


def flow_argument(declaration: Declaration) -> Expression | None:
    """The flow of a nested flow."""
    place = "$0" if declaration.group is not None else "$1"
    return declaration.options.get(place)


def name_argument(declaration: Declaration) -> Expression | None:
    """Where the step's name stands; None where the attribute's is taken."""
    place = "name" if declaration.group is not None and declaration.kind == "subflow" else "$0"
    argument = declaration.options.get(place)
    if isinstance(argument, NameExpr) and argument.fullname == "builtins.None":
        return None
    return argument


def name_of(declaration: Declaration) -> str:
    """The step's name; the attribute's where none is given, or none that is known."""
    argument = name_argument(declaration)
    if declaration.name is None and isinstance(argument, StrExpr):
        return argument.value
    return declaration.name or declaration.attribute


def _settle_name(declaration: Declaration, checker: TypeChecker) -> bool:
    """Find the step's name. Whether it is known."""
    argument = name_argument(declaration)
    if argument is None:
        return True
    name = declaration.constants.of(checker, argument)
    declaration.name = name if isinstance(name, str) else None
    return declaration.name is not None


def facts_of(declaration: Declaration, definer: str, checker: TypeChecker) -> Facts:
    """What the options say; what they do not say for certain is taken as may be."""
    function = declaration.function
    parameters, whole = parameters_of(function) if function is not None else ((), False)
    named = _settle_name(declaration, checker)
    return Facts(
        name=name_of(declaration),
        attribute=declaration.attribute,
        kind=declaration.kind,
        definer=definer,
        named=named,
        aliases=_aliases(declaration, checker),
        when=_when(declaration),
        on_error=_choice(declaration, "on_error", "raise", checker),
        merge=_choice(declaration, "merge", "override", checker),
        may_skip=_may_skip(declaration, checker),
        mode=_choice(declaration, "mode", "all", checker, unknown="settled"),
        parameters=parameters,
        whole=whole,
        names_whole=whole and function is not None and function.arguments[1].type_annotation is not None,
        names_return=function is not None and not returns_inferred(function),
    )


def _aliases(declaration: Declaration, checker: TypeChecker) -> tuple[str, ...]:
    """The former names that can be seen."""
    written = declaration.options.get("aliases")
    found = UNKNOWN if written is None else declaration.constants.of(checker, written)
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, tuple) else ()


def _when(declaration: Declaration) -> Literal["yes", "no", "maybe"]:
    when = declaration.options.get("when")
    if when is None:
        return "yes" if declaration.complete else "maybe"
    name = _fullname(when)
    return "yes" if name == "builtins.True" else "no" if name == "builtins.False" else "maybe"


def _choice(declaration: Declaration, option: str, default: str, checker: TypeChecker, unknown: str = "unknown") -> Any:
    value = declaration.options.get(option)
    if value is None:
        return default if declaration.complete else unknown
    constant = declaration.constants.of(checker, value)
    return constant if isinstance(constant, str) else unknown


def _may_skip(declaration: Declaration, checker: TypeChecker) -> bool:
    breaker = declaration.options.get("circuit_breaker")
    if breaker is None:
        return not declaration.complete
    breaker = declaration.constants.assigned_once(checker, breaker) or breaker
    if isinstance(breaker, NameExpr) and breaker.name == "None":
        return False
    if isinstance(breaker, CallExpr) and _fullname(breaker.callee).startswith("stepkit."):
        if ARG_STAR2 in breaker.arg_kinds:
            return True
        for argument, name in zip(breaker.args, breaker.arg_names, strict=True):
            if name == "on_open":
                return bool(declaration.constants.of(checker, argument) != "raise")
        return False
    return True


def parameters_of(function: FuncDef) -> tuple[tuple[Parameter, ...], bool]:
    """The keys that a method reads, without ``self`` and a positional-only parameter for the whole context."""
    inferred = inferred_places(function)
    found = []
    whole = False
    for place, argument in enumerate(function.arguments):
        if place == 0 or argument.kind in (ARG_STAR, ARG_STAR2):
            continue
        if argument.pos_only:
            whole = whole or place == 1
            continue
        found.append(Parameter(argument.variable.name, not has_default(argument), place not in inferred))
    return tuple(found), whole
