"""What makes a declaration: the functions of stepkit, and what a team made of them.

An alias, a ``functools.partial``, a decorator that was kept in a name, and a function that returns one are followed in
the module itself. Across modules it stands in the type: the argument of ``StepDecorator`` says how it was made, so that
nothing depends on bodies, which a cache does not keep.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mypy.nodes import (
    ARG_NAMED,
    ARG_OPT,
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    ArgKind,
    AssertStmt,
    AssignmentStmt,
    CallExpr,
    EllipsisExpr,
    Expression,
    ExpressionStmt,
    FuncDef,
    FuncItem,
    IndexExpr,
    LambdaExpr,
    MemberExpr,
    MypyFile,
    NameExpr,
    RefExpr,
    ReturnStmt,
    Statement,
    StrExpr,
    SymbolNode,
    TypeInfo,
    Var,
)
from mypy.types import CallableType, Instance, Type, UnboundType, get_proper_type

from . import compat
from .rows import Kind

FLOW = "stepkit.flow."
FUNCTIONS: dict[str, Kind] = {f"{FLOW}{kind}": kind for kind in ("step", "transform", "branch", "subflow", "parallel")}
DECORATORS: dict[str, Kind] = {f"{FLOW}{kind}": kind for kind in ("step", "transform", "branch")}
DECORATOR = f"{FLOW}StepDecorator"
BRANCH_DECORATOR = f"{FLOW}BranchDecorator"
MADE: dict[str, Kind] = {f"{FLOW}Subflow": "subflow", f"{FLOW}Parallel": "parallel"}
METHOD = EllipsisExpr()
"""Stands for the method that is decorated."""
UNSEEN = EllipsisExpr()
"""Stands for an option of which only that it was given is known."""
DEEPEST = 20

Argument = tuple[Expression, ArgKind, str | None]
Trees = Callable[[str], MypyFile | None]
"""Finds a module by its name."""
Stage = Literal["function", "decorator", "made"]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a team's own function that makes declarations."""

    name: str
    kind: ArgKind
    default: Expression | None = None


@dataclass(frozen=True, eq=False)
class Maker:
    """What an expression is to a flow class, and the options that are known of it."""

    kind: Kind
    stage: Stage
    """A function to be called; a decorator; or the declaration itself."""
    options: Mapping[str, Expression] = field(default_factory=dict)
    complete: bool = True
    """Whether all options can be seen."""
    group: str | None = None
    call: CallExpr | None = None
    """The call of stepkit's own function, which mypy checks at this place."""
    function: Expression | None = None
    """What a step was made of, where that is no decorated method."""
    direct: bool = False
    """Whether it is stepkit's own function or what that gives, at this place."""
    given: tuple[Argument, ...] = ()
    """The arguments that a partial function holds."""
    house: House | None = None
    """A team's own function."""


@dataclass(frozen=True, eq=False)
class House:
    """A function that returns what one of stepkit's functions gives for its arguments."""

    parameters: tuple[Parameter, ...] | None
    """None where they cannot be seen."""
    result: Maker
    spread: str | None = None
    """The ``**options`` that it passes on."""
    defaults: Mapping[str, Expression] = field(default_factory=dict)
    """What it puts into them where they are not given."""


@dataclass(frozen=True)
class _Scope:
    """Where an expression stands."""

    tree: MypyFile | None
    in_class: bool = True
    """Whether the names of the class body are visible."""
    hidden: frozenset[str] = frozenset()
    """The parameters of the function around it."""
    depth: int = 0

    def inside(self, tree: MypyFile | None, hidden: frozenset[str] = frozenset()) -> _Scope:
        return _Scope(tree, False, hidden, self.depth + 1)


class Makers:
    """Finds what the expressions of one class body make."""

    def __init__(self, trees: Trees, module: str) -> None:
        self._trees = trees
        self._module = trees(module)
        self.names: dict[str, Maker | None] = {}
        """What was assigned in the class body."""

    def applied(self, decorator: Expression) -> Maker | None:
        """What a method becomes under a decorator."""
        maker = self.of(decorator)
        if maker is None or maker.kind in MADE.values():
            return None
        if maker.stage == "decorator":
            return maker
        made = self._called(maker, [(METHOD, ARG_POS, None)], None) if maker.stage == "function" else None
        return made if made is not None and made.stage == "made" and made.function is METHOD else None

    def of(self, expression: Expression) -> Maker | None:
        """What an expression is; None where it makes no declaration, or cannot be understood."""
        return self._of(expression, _Scope(self._module))

    def of_function(self, function: FuncDef) -> Maker | None:
        """What a function of the module is."""
        return self._house(function, _Scope(self._module, False))

    def _of(self, expression: Expression, scope: _Scope) -> Maker | None:
        if scope.depth > DEEPEST:
            return None
        if isinstance(expression, CallExpr):
            return self._of_call(expression, scope)
        if isinstance(expression, LambdaExpr):
            return self._house(expression, scope)
        if not isinstance(expression, RefExpr):
            return None
        if isinstance(expression, NameExpr) and scope.in_class and expression.name in self.names:
            return self.names[expression.name]
        if isinstance(expression, MemberExpr) and expression.name in ("step", "subflow"):
            group = self._group(expression.expr, scope)
            if group is not None:
                return Maker("step" if expression.name == "step" else "subflow", "function", group=group, direct=True)
        node = self._node_of(expression, scope)
        return None if node is None else self._of_node(node, scope)

    def _group(self, expression: Expression, scope: _Scope) -> str | None:
        """The attribute of a group: one of the class, or of a base as in ``Base.signals``."""
        maker: Maker | None = None
        if isinstance(expression, NameExpr) and scope.in_class:
            maker = self.names.get(expression.name)
        elif isinstance(expression, MemberExpr):
            owner = self._node_of(expression.expr, scope)
            symbol = owner.get(expression.name) if isinstance(owner, TypeInfo) else None
            maker = self._of_node(symbol.node, scope) if symbol is not None and symbol.node is not None else None
        if maker is None or maker.kind != "parallel" or maker.stage != "made":
            return None
        return expression.name if isinstance(expression, (NameExpr, MemberExpr)) else None

    def _node_of(self, expression: Expression, scope: _Scope) -> SymbolNode | None:
        """What a name stands for. Those in a function's body are looked up, as mypy has not bound them yet."""
        if not isinstance(expression, RefExpr):
            return None
        if isinstance(expression, NameExpr) and expression.name in scope.hidden:
            return None
        if expression.node is not None:
            return expression.node
        symbol = None
        if isinstance(expression, NameExpr):
            symbol = scope.tree.names.get(expression.name) if scope.tree is not None else None
        elif isinstance(expression, MemberExpr):
            owner = self._node_of(expression.expr, scope)
            symbol = owner.names.get(expression.name) if isinstance(owner, (MypyFile, TypeInfo)) else None
        return None if symbol is None else symbol.node

    def _of_node(self, node: SymbolNode, scope: _Scope) -> Maker | None:
        if node.fullname in FUNCTIONS:
            return Maker(FUNCTIONS[node.fullname], "function", direct=True)
        if not isinstance(node, (FuncDef, Var)):
            return None
        tree = self._tree_of(node)
        own = tree is self._module
        if isinstance(node, FuncDef):
            if own or _is_unanalyzed(node):
                return self._house(node, scope.inside(tree)) or of_type(node.type)
            return of_type(node.type)
        if not own and node.type is not None:
            return of_type(node.type)
        body = node.info.defn.defs.body if node.info else tree.defs if tree is not None else []
        values = [value for name, value in _assigned(body) if name == node.name]
        found = self._of(values[0], scope.inside(tree)) if len(values) == 1 else None
        return None if found is None else not_here(found)

    def _tree_of(self, node: FuncDef | Var) -> MypyFile | None:
        """The module that something stands in."""
        if node.info:
            return self._trees(node.info.module_name)
        module, _, _ = node.fullname.rpartition(".")
        while module and self._trees(module) is None:
            module, _, _ = module.rpartition(".")
        return self._trees(module) if module else self._module  # what stands in a function has no full name

    def _of_call(self, call: CallExpr, scope: _Scope) -> Maker | None:
        arguments: list[Argument] = list(zip(call.args, call.arg_kinds, call.arg_names, strict=True))
        callee = self._node_of(call.callee, scope)
        if callee is not None and callee.fullname == "functools.partial" and arguments:
            base = self._of(arguments[0][0], scope)
            if base is None or base.stage != "function":
                return None
            return replace(base, given=(*base.given, *arguments[1:]), direct=False)
        maker = self._of(call.callee, scope)
        return None if maker is None else self._called(maker, arguments, call)

    def _called(self, maker: Maker, arguments: Sequence[Argument], call: CallExpr | None) -> Maker | None:
        if maker.stage == "made":
            return None
        if maker.stage == "decorator":
            function = arguments[0][0] if arguments else UNSEEN
            return replace(maker, stage="made", function=function, call=None, direct=False)
        arguments = [*maker.given, *arguments]
        if maker.house is not None:
            return _of_house(maker.house, arguments)
        options, complete = _options(arguments)
        if maker.kind in MADE.values():
            call = call if maker.direct else None
            return replace(maker, stage="made", options=options, complete=complete, call=call, given=())
        return _of_options(replace(maker, given=()), options, complete, call if maker.direct else None)

    def _house(self, function: FuncItem, scope: _Scope) -> Maker | None:
        """A function that returns what one of stepkit's makes of its arguments."""
        statements = [each for each in function.body.body if not _is_docstring(each)]
        last = statements[-1] if statements else None
        if not isinstance(last, ReturnStmt) or last.expr is None:
            return None
        parameters = tuple(Parameter(each.variable.name, each.kind, each.initializer) for each in function.arguments)
        result = self._of(last.expr, scope.inside(scope.tree, frozenset(each.name for each in parameters)))
        if result is None:
            return None
        stars = next((each.name for each in parameters if each.kind == ARG_STAR2), None)
        spread = stars if stars is not None and _spread(last.expr) == [stars] else None
        changes = _changes(statements[:-1], spread)
        if changes is None:
            return None
        options = {
            name: UNSEEN if isinstance(value, NameExpr) and value.name in changes.names else value
            for name, value in result.options.items()
        }
        complete = not changes.hidden if spread is not None else result.complete
        result = replace(not_here(result), options={**changes.options, **options}, complete=complete)
        return Maker(result.kind, "function", house=House(parameters, result, spread, changes.defaults))


def _of_options(maker: Maker, options: Mapping[str, Expression], complete: bool, call: CallExpr | None) -> Maker:
    """A decorator; or the step itself, where the first argument is a function and no name."""
    first = options.get("$0")
    is_function = first is METHOD or isinstance(first, LambdaExpr)
    if isinstance(first, RefExpr):
        is_function = isinstance(first.node, FuncDef)
    if first is None or not is_function:
        return replace(maker, stage="decorator", options=options, complete=complete, call=call)
    options = {name: value for name, value in options.items() if name != "$0"}
    return replace(maker, stage="made", options=options, complete=complete, call=call, function=first)


def not_here(maker: Maker) -> Maker:
    """What stands behind a name: mypy checks the call that made it somewhere else."""
    return replace(maker, direct=False, call=None)


def _of_house(house: House, arguments: Sequence[Argument]) -> Maker:
    """What a team's own function returns for these arguments."""
    result = house.result
    if house.parameters is None:
        return result
    bound, extra, complete = _bound(house.parameters, arguments)
    options = {name: _substituted(value, bound) for name, value in result.options.items()}
    if house.spread is not None:
        options = {**house.defaults, **extra, **options}
        complete = complete or ARG_STAR2 not in [kind for _, kind, _ in arguments]
    name = options.get("$0")
    if isinstance(name, NameExpr) and name.name == "None":
        del options["$0"]
    maker = replace(
        result,
        options=options,
        complete=result.complete and (complete or house.spread is None),
        given=tuple((_substituted(value, bound), kind, name) for value, kind, name in result.given),
        function=None if result.function is None else _substituted(result.function, bound),
    )
    return _of_options(maker, options, maker.complete, None) if maker.stage == "decorator" else maker


def _bound(
    parameters: Sequence[Parameter], arguments: Sequence[Argument]
) -> tuple[dict[str, Expression], dict[str, Expression], bool]:
    """The arguments by parameter, those that go to ``**options``, and whether all of them can be seen."""
    complete = not any(kind in (ARG_STAR, ARG_STAR2) for _, kind, _ in arguments)
    bound = {each.name: each.default or UNSEEN if complete else UNSEEN for each in parameters}
    extra: dict[str, Expression] = {}
    places = [each.name for each in parameters if each.kind in (ARG_POS, ARG_OPT)]
    positional = [value for value, kind, _ in arguments if kind == ARG_POS]
    bound |= dict(zip(places, positional, strict=False))
    for value, kind, name in arguments:
        if kind == ARG_NAMED and name is not None:
            (bound if name in bound else extra)[name] = value
    return bound, extra, complete


def _substituted(value: Expression, bound: Mapping[str, Expression]) -> Expression:
    return bound.get(value.name, value) if isinstance(value, NameExpr) else value


def _options(arguments: Sequence[Argument]) -> tuple[dict[str, Expression], bool]:
    """The options of a call by name, those by place as ``$0`` and so on, and whether these are all."""
    options: dict[str, Expression] = {}
    positional = 0
    complete = True
    for value, kind, name in arguments:
        if kind == ARG_POS:
            options[f"${positional}"] = value
            positional += 1
        elif kind == ARG_NAMED and name is not None:
            options[name] = value
        else:
            complete = False
    return options, complete


def _spread(expression: Expression) -> list[str]:
    """What a call spreads into its arguments with ``**``; an empty name for what is no name."""
    if not isinstance(expression, CallExpr):
        return []
    return [
        value.name if isinstance(value, NameExpr) else ""
        for value, kind in zip(expression.args, expression.arg_kinds, strict=True)
        if kind in (ARG_STAR, ARG_STAR2)
    ]


def _is_unanalyzed(function: FuncDef) -> bool:
    """Whether mypy has yet to look at a return annotation that will say what the function makes."""
    made = compat.union_parts(function.type.ret_type) if isinstance(function.type, CallableType) else []
    name = DECORATOR.rpartition(".")[2]
    return any(isinstance(each, UnboundType) and each.name.endswith(name) for each in made)


@dataclass
class _Changes:
    """What a function does before it returns."""

    names: set[str] = field(default_factory=set)
    """The names that it sets."""
    options: dict[str, Expression] = field(default_factory=dict)
    """``options["name"] = value``"""
    defaults: dict[str, Expression] = field(default_factory=dict)
    """``options.setdefault("name", value)``"""
    hidden: bool = False
    """Whether its ``**options`` may get others."""


def _changes(statements: Sequence[Statement], spread: str | None) -> _Changes | None:
    """None where a statement may be anything."""
    changes = _Changes()
    for statement in statements:
        if isinstance(statement, AssignmentStmt):
            for target in statement.lvalues:
                if isinstance(target, NameExpr):
                    changes.names.add(target.name)
                    changes.hidden = changes.hidden or target.name == spread
                elif not isinstance(target, IndexExpr) or not isinstance(target.index, StrExpr):
                    return None
                elif isinstance(target.base, NameExpr) and target.base.name == spread:
                    changes.options[target.index.value] = statement.rvalue
        elif isinstance(statement, ExpressionStmt) and isinstance(statement.expr, CallExpr):
            call = statement.expr
            owner = call.callee.expr if isinstance(call.callee, MemberExpr) else None
            if any(isinstance(each, NameExpr) and each.name == spread for each in call.args):
                changes.hidden = True
            elif isinstance(owner, NameExpr) and owner.name == spread and isinstance(call.callee, MemberExpr):
                name = call.args[0] if call.callee.name == "setdefault" and len(call.args) == 2 else None
                if isinstance(name, StrExpr):
                    changes.defaults[name.value] = call.args[1]
                else:
                    changes.hidden = True
        elif not isinstance(statement, AssertStmt):
            return None
    return changes


def _is_docstring(statement: Statement) -> bool:
    return isinstance(statement, ExpressionStmt) and isinstance(statement.expr, StrExpr)


def _assigned(statements: Sequence[Statement]) -> Iterator[tuple[str, Expression]]:
    """What is assigned to plain names, also under conditions."""
    for statement in statements:
        if isinstance(statement, AssignmentStmt):
            for target in statement.lvalues:
                if isinstance(target, NameExpr):
                    yield target.name, statement.rvalue
        for block in compat.blocks_of(statement):
            yield from _assigned(block.body)


# -- in types --------------------------------------------------------------------------------------------------------


def of_type(type: Type | None) -> Maker | None:
    """What a value of this type is to a flow class."""
    proper = None if type is None else get_proper_type(compat.without_any(type))
    if isinstance(proper, CallableType):
        made = get_proper_type(compat.without_any(proper.ret_type))
        found = _of_instance(made) if isinstance(made, Instance) else None
        if found is None or found.stage == "function":
            return found
        return Maker(found.kind, "function", house=House(None, found))
    if not isinstance(proper, Instance):
        return None
    if proper.type.fullname == "functools.partial" and proper.args:
        made = get_proper_type(compat.without_any(proper.args[0]))
        found = _of_instance(made) if isinstance(made, Instance) else None
        return None if found is None else Maker(found.kind, "function", house=House(None, _seen_of(found)))
    found = _of_instance(proper)
    return None if found is None else _seen_of(found)


def _of_instance(instance: Instance) -> Maker | None:
    name = instance.type.fullname
    if name in MADE:
        return Maker(MADE[name], "made")
    if name == BRANCH_DECORATOR:
        return Maker("branch", "decorator", {"$0": UNSEEN})
    if name != DECORATOR:
        return None
    text = compat.literal_values(instance.args[0]) if instance.args else []
    return _decoded(text[0]) if text else Maker("step", "decorator", {"$0": UNSEEN})


def _seen_of(maker: Maker) -> Maker:
    """What a function gives, for arguments that cannot be seen."""
    if maker.stage != "function":
        return maker
    result = maker if maker.house is None else maker.house.result
    names = [] if maker.house is None else [each.name for each in maker.house.parameters or ()]
    options = {
        name: value
        for name, value in result.options.items()
        if not (isinstance(value, NameExpr) and value.name in names) and name != "$0"
    }
    name = result.options.get("$0")
    options["$0"] = name if isinstance(name, StrExpr) else UNSEEN
    return Maker(result.kind, "decorator", options, result.complete)


def encoded(maker: Maker | None) -> str | None:
    """What makes a declaration, for the argument of ``StepDecorator``; None if it cannot be said there."""
    if maker is None or maker.group is not None or maker.stage == "made" or maker.given:
        return None
    if maker.house is None:
        data: dict[str, Any] = _as_data(maker, ())
    else:
        result, parameters = maker.house.result, maker.house.parameters
        if parameters is None or result.stage != "decorator":
            return None
        data = _as_data(result, [each.name for each in parameters])
        data["parameters"] = [
            (each.name, each.kind.name, None if each.default is None else _value_as_data(each.default, ()))
            for each in parameters
        ]
        data["spread"] = maker.house.spread
        data["defaults"] = {name: _value_as_data(value, ()) for name, value in maker.house.defaults.items()}
    return json.dumps(data)


def _as_data(maker: Maker, parameters: Sequence[str]) -> dict[str, Any]:
    options = {name: _value_as_data(value, parameters) for name, value in maker.options.items()}
    return {"kind": maker.kind, "stage": maker.stage, "options": options, "complete": maker.complete}


def _value_as_data(value: Expression, parameters: Sequence[str]) -> list[str]:
    if isinstance(value, NameExpr) and (value.name in parameters or value.name in ("True", "False", "None")):
        return ["name", value.name]
    text = constant(value)
    return ["text", text] if isinstance(text, str) else []


def _value(data: list[str] | None) -> Expression:
    if not data:
        return UNSEEN
    kind, text = data
    if kind == "text":
        return StrExpr(text)
    name = NameExpr(text)
    name.fullname = f"builtins.{text}" if text in ("True", "False", "None") else ""
    return name


def _decoded(text: str) -> Maker:
    data = json.loads(text)
    options = {name: _value(each) for name, each in data["options"].items()}
    result = Maker(data["kind"], data["stage"], options, data["complete"])
    if "parameters" not in data:
        return result
    parameters = tuple(
        Parameter(name, ArgKind[kind], None if default is None else _value(default))
        for name, kind, default in data["parameters"]
    )
    defaults = {name: _value(each) for name, each in data["defaults"].items()}
    return Maker(result.kind, "function", house=House(parameters, result, data["spread"], defaults))


UNKNOWN: Any = object()


def constant(expression: Expression) -> object:
    """The string that an expression stands for, or UNKNOWN."""
    if isinstance(expression, StrExpr):
        return expression.value
    if isinstance(expression, RefExpr) and isinstance(expression.node, Var) and expression.node.final_value is not None:
        return expression.node.final_value
    return UNKNOWN
