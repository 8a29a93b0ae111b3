"""What makes a declaration: the functions of stepkit, and what a team made of them.

An alias, a ``functools.partial``, a decorator that was kept in a name, and a function that returns one are followed in
the module itself. Across modules it stands in the type (``maker_types``), so that nothing depends on bodies, which a
cache does not keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from mypy.nodes import (
    ARG_NAMED,
    ARG_OPT,
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    AssertStmt,
    AssignmentStmt,
    CallExpr,
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
from mypy.types import CallableType, UnboundType

from ..algebra.kinds import KINDS
from ..mypy_api import nodes
from ..names import STEP_DECORATOR
from ..records import dataclass
from .maker import FUNCTIONS, MADE, METHOD, UNSEEN, Argument, House, Maker, Parameter, not_here
from .maker_types import of_type

DEEPEST = 20
Trees = Callable[[str], MypyFile | None]
"""Finds a module by its name."""


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
        if maker is None or not KINDS[maker.kind].has_members or maker.stage != "made":
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
    made = nodes.union_parts(function.type.ret_type) if isinstance(function.type, CallableType) else []
    name = STEP_DECORATOR.rpartition(".")[2]
    return any(isinstance(each, UnboundType) and each.name.endswith(name) for each in made)


@dataclass()
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
        for block in nodes.blocks_of(statement):
            yield from _assigned(block.body)
