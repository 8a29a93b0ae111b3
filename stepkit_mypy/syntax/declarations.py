"""Reads what a flow class declares from its syntax: which statements declare steps, and with which options."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import field
from typing import Any, Literal

from mypy.nodes import (
    ARG_STAR,
    ARG_STAR2,
    AssignmentStmt,
    AwaitExpr,
    CallExpr,
    ClassDef,
    ConditionalExpr,
    Decorator,
    Expression,
    FuncDef,
    IndexExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    RefExpr,
    Statement,
    StrExpr,
    TempNode,
    TupleExpr,
    TypeInfo,
)

from ..algebra.kinds import KINDS, Kind
from ..algebra.table import Facts, Parameter
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inserting import is_unread
from ..mypy_api.nodes import has_default
from ..mypy_api.retyping import inferred_places, returns_inferred
from ..names import ERROR_POLICIES, OWN_CALLBACKS
from ..records import dataclass
from .class_body import UNTOUCHED, State, run
from .constants import UNKNOWN, Constants
from .maker import Maker, not_here
from .makers import Makers, Trees

TRIVIAL = ("abc", "builtins", "contextlib", "enum", "functools", "typing", "typing_extensions", "types")
"""The modules whose decorators make no step of a method."""
REMOVED = "removed"
ANYWHERE = "?"
"""The attribute of a row that stands for those of which a stub does not tell whether they are steps."""


@dataclass(eq=False)
class Declaration:
    """One statement of a class body that declares a step, or a group, or a member of one."""

    attribute: str
    kind: Kind
    node: Decorator | AssignmentStmt | FuncDef
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
    made_of: Expression | None = None
    """The function of a step that is assigned: ``double = flow.step("double")(function)``."""
    direct: bool = True
    """Whether a function of stepkit itself stands here, so that its hooks are called."""
    decorator: Expression | None = None
    """The decorator that makes a step of the method."""
    below: Any = None
    """What the decorators below make of the method, once that is known."""
    understood: bool = True
    """Whether it is a declaration for certain; if not, its type decides."""

    lost: bool = False
    """Whether it stands in a stub, without what would tell whether it is one."""
    conditional: bool = False
    """Whether the class may come without it."""
    number: int = 0
    """Which of several it is, where an attribute is declared in several arms of a condition."""

    @property
    def key(self) -> str:
        """The attribute, or what tells it from others of that name."""
        return f"{self.attribute} ({self.number})" if self.number else self.attribute

    @property
    def function(self) -> FuncDef | None:
        return self.node.func if isinstance(self.node, Decorator) and self.understood else None


@dataclass(eq=False)
class Arms:
    """What an attribute is at the end of a class body, where that depends on conditions."""

    declared: list[Declaration]
    untouched: bool
    """Whether it may be what it is in the base classes."""
    removed: bool
    """Whether it may be taken away with ``= None``."""


@dataclass(eq=False)
class Body:
    """Everything that a class body declares, in order, and the attributes that it takes away with ``= None``."""

    declarations: list[Declaration] = field(default_factory=list)
    arms: dict[str, Arms] = field(default_factory=dict)
    """What each attribute may be at the end."""
    removed: set[str] = field(default_factory=set)
    constants: Constants = field(default_factory=Constants)


def read_body(cls: ClassDef, trees: Trees) -> Body:
    body = Body()
    makers = Makers(trees, cls.info.module_name)
    tree = trees(cls.info.module_name)
    in_stub = tree is not None and tree.is_stub

    def visit(statement: Statement, state: State) -> None:
        if isinstance(statement, Decorator):
            _put(body, state, statement.name, _decorated(statement, makers))
        elif in_stub and isinstance(statement, FuncDef):
            if _may_have_lost_decorator(statement):
                _put(body, state, statement.name, _lost(statement.name, statement))
        elif in_stub and isinstance(statement, AssignmentStmt) and isinstance(statement.rvalue, TempNode):
            for target in statement.lvalues:
                if isinstance(target, NameExpr):
                    _put(body, state, target.name, _lost(target.name, statement))
        elif isinstance(statement, AssignmentStmt):
            for target in statement.lvalues:
                for name, value in _targets(target, statement.rvalue):
                    _put(body, state, name, _assigned(name, value, statement, makers))
                    if isinstance(value, NameExpr) and value.name == "None":
                        state[name] = (REMOVED,)

    for attribute, found in run(cls.defs.body, visit).items():
        arms = Arms([each for each in found if isinstance(each, Declaration)], UNTOUCHED in found, REMOVED in found)
        body.arms[attribute] = arms
        if arms.removed and not arms.declared and not arms.untouched:
            body.removed.add(attribute)
    lost = [each for each in body.declarations if each.lost]
    if lost:  # they may stand anywhere in the table
        first = _lost(ANYWHERE, lost[0].node)
        body.arms = {ANYWHERE: Arms([first], untouched=False, removed=False), **body.arms}
    return body


def _put(body: Body, state: State, attribute: str, declaration: Declaration | None) -> None:
    if declaration is not None:
        declaration.constants = body.constants
        body.declarations.append(declaration)
        state[attribute] = (declaration,)


def _lost(attribute: str, node: Decorator | AssignmentStmt | FuncDef) -> Declaration:
    return Declaration(attribute, "step", node, None, understood=False, lost=True)


def _may_have_lost_decorator(function: FuncDef) -> bool:
    """Whether a method of a stub may be a step: stubgen leaves decorators out that are calls."""
    return not function.name.startswith("__") and function.name not in OWN_CALLBACKS


def _targets(target: Expression, value: Expression) -> Iterator[tuple[str, Expression | None]]:
    """The names that an assignment sets, each with its value where that can be seen."""
    if isinstance(target, NameExpr):
        yield target.name, value
    elif isinstance(target, (TupleExpr, ListExpr)):
        values = value.items if isinstance(value, (TupleExpr, ListExpr)) else []
        for place, item in enumerate(target.items):
            if isinstance(item, NameExpr):
                yield item.name, values[place] if len(values) == len(target.items) else None
    elif isinstance(target, IndexExpr) and isinstance(target.base, CallExpr):
        if _fullname(target.base.callee) in ("builtins.locals", "builtins.vars"):
            yield target.index.value if isinstance(target.index, StrExpr) else "?", None


def _made_by(
    maker: Maker,
    attribute: str,
    node: Decorator | AssignmentStmt,
    *,
    made_of: Expression | None = None,
    decorator: Expression | None = None,
) -> Declaration:
    return Declaration(
        attribute,
        maker.kind,
        node,
        maker.call,
        maker.group,
        dict(maker.options),
        maker.complete,
        made_of=made_of,
        direct=maker.direct,
        decorator=decorator,
    )


def _decorated(node: Decorator, makers: Makers) -> Declaration | None:
    for decorator in node.original_decorators:
        maker = makers.applied(decorator)
        if maker is not None:
            return _made_by(maker, node.name, node, decorator=decorator)
    if all(_is_trivial(decorator) for decorator in node.original_decorators):
        return None
    return Declaration(node.name, "step", node, None, understood=False)


def _is_trivial(decorator: Expression) -> bool:
    callee = decorator.callee if isinstance(decorator, CallExpr) else decorator
    if isinstance(callee, MemberExpr) and callee.name in ("setter", "deleter", "getter"):
        return True
    return _fullname(callee).partition(".")[0] in TRIVIAL


def _assigned(attribute: str, value: Expression | None, node: AssignmentStmt, makers: Makers) -> Declaration | None:
    maker = None if value is None else makers.of(value)
    makers.names.pop(attribute, None)
    if maker is None:
        if value is None or _may_declare(value):
            return Declaration(attribute, "step", node, None, understood=False, made_of=value)
        return None
    makers.names[attribute] = not_here(maker)
    if maker.stage != "made":
        return None
    return _made_by(maker, attribute, node, made_of=maker.function)


def _may_declare(value: Expression) -> bool:
    """Whether what is assigned may be a declaration, as far as the syntax says; most of the rest its type says."""
    if isinstance(value, CallExpr):
        module = _fullname(value.callee).partition(".")[0]
        return module == "functools" or module not in sys.stdlib_module_names
    if isinstance(value, RefExpr):
        return not isinstance(value.node, (FuncDef, TypeInfo)) and not value.fullname.startswith("builtins.")
    return isinstance(value, (IndexExpr, ConditionalExpr, OpExpr, AwaitExpr))


def _fullname(expression: Expression) -> str:
    return expression.fullname if isinstance(expression, RefExpr) else ""


def flow_argument(declaration: Declaration) -> Expression | None:
    """The flow of a nested flow."""
    place = "$0" if declaration.group is not None else "$1"
    return declaration.options.get(place)


def name_argument(declaration: Declaration) -> Expression | None:
    """Where the step's name stands; None where the attribute's is taken."""
    place = "name" if declaration.group is not None and KINDS[declaration.kind].nests else "$0"
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


def _find_name(declaration: Declaration, checker: TypeChecker) -> bool:
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
    named = _find_name(declaration, checker)
    return Facts(
        name=name_of(declaration),
        attribute=declaration.attribute,
        kind=declaration.kind,
        definer=definer,
        conditional=declaration.conditional,
        named=named,
        aliases=_aliases(declaration, checker),
        when=_when(declaration),
        on_error=_policy(declaration, checker),
        fallback=_fallback(declaration, checker),
        merge=_choice(declaration, "merge", "override", checker),
        may_skip=_may_skip(declaration, checker),
        mode=_choice(declaration, "mode", "all", checker, unknown="settled"),
        parameters=parameters,
        whole=whole,
        names_whole=whole and function is not None and function.arguments[1].type_annotation is not None,
        names_return=function is not None and not returns_inferred(function),
        unread=function is not None and is_unread(function) and returns_inferred(function),
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


def _policy(declaration: Declaration, checker: TypeChecker) -> Any:
    found = _choice(declaration, "on_error", "raise", checker)
    return found if found in ERROR_POLICIES else "unknown"


def _fallback(declaration: Declaration, checker: TypeChecker) -> str:
    """The name of the method that is the step's fallback, if it is named."""
    name = _choice(declaration, "on_error", "raise", checker)
    return "" if name in (*ERROR_POLICIES, "unknown") else str(name)


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
