"""What an expression does to the dicts in local variables: it reads them, changes them, or hands them on."""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import (
    ARG_POS,
    ARG_STAR,
    ARG_STAR2,
    AssertTypeExpr,
    AssignmentExpr,
    AwaitExpr,
    CallExpr,
    CastExpr,
    ComparisonExpr,
    ConditionalExpr,
    DictExpr,
    DictionaryComprehension,
    Expression,
    GeneratorExpr,
    IndexExpr,
    LambdaExpr,
    ListComprehension,
    ListExpr,
    MemberExpr,
    NameExpr,
    Node,
    OpExpr,
    RefExpr,
    RevealExpr,
    SetComprehension,
    SetExpr,
    SliceExpr,
    StarExpr,
    StrExpr,
    TupleExpr,
    UnaryExpr,
    Var,
)
from mypy.types import Instance, get_proper_type

from ..algebra.contexts import Context, write
from ..mypy_api import contextless, inference, nodes, type_ops
from ..mypy_api.checking import TypeChecker
from .dict_calls import copied, is_dict_call, shape_of_instance
from .local_states import Held, Known, State, Values, combined, joined

HANDED_ON = "a dict that is handed on before it is returned"
READING_METHODS = {"get", "keys", "values", "items", "copy", "__contains__", "__len__", "__getitem__", "__iter__"}
READING_FUNCTIONS = {
    f"builtins.{name}"
    for name in (
        "all any bool dict enumerate filter format frozenset isinstance iter len list map max min print repr reversed "
        "set sorted str sum tuple type zip"
    ).split()
} | {"collections.OrderedDict", "copy.copy", "copy.deepcopy", "json.dumps", "json.dump", "pprint.pprint"}
READING_MODULES = ("logging.",)
READING_TYPES = {
    f"typing.{name}" for name in ("Mapping", "Sized", "Iterable", "Container", "Collection", "Reversible")
} | {f"_typeshed.{name}" for name in ("SupportsKeysAndGetItem", "SupportsItems", "SupportsGetItem")}


class GivesUp(Exception):
    """The function is written in a way that is not understood."""


class Uses:
    """Goes through the expressions of one function, and keeps what its variables hold."""

    def __init__(self, checker: TypeChecker, read: Callable[[Known], Values], variables: set[Var]) -> None:
        self.checker = checker
        self.variables = variables
        self.known: dict[NameExpr, Held | str] = {}
        self.reader: Callable[[], Values] = lambda: read(self.known)
        self.constants: dict[Var, str] = {}
        """What the variables of loops over written names are in this round."""

    def see(self, expression: Expression | None, state: State, *, read: bool = False) -> None:
        """Do to ``state`` what the expression does. ``read``: what it gives is only looked at."""
        if expression is None or not self.concerns(expression):
            return
        expression = contextless.unwrapped(expression)
        if isinstance(expression, NameExpr):
            if not read:
                self.hand_on(expression, state)
        elif isinstance(expression, CallExpr):
            self._call(expression, state)
        elif isinstance(expression, IndexExpr):
            self.see(expression.base, state, read=True)
            self.see(expression.index, state)
        elif isinstance(expression, (OpExpr, ConditionalExpr)):
            self._operation(expression, state, read=read)
        elif isinstance(expression, ComparisonExpr):
            for operand in expression.operands:
                self.see(operand, state, read=True)
        elif isinstance(expression, UnaryExpr):
            self.see(expression.expr, state, read=expression.op == "not")
        elif isinstance(expression, (MemberExpr, AwaitExpr, CastExpr)):
            self.see(expression.expr, state)
        elif isinstance(expression, (StarExpr, AssertTypeExpr)):
            self.see(expression.expr, state, read=True)
        elif isinstance(expression, RevealExpr):
            self.see(expression.expr, state, read=True)
        elif isinstance(expression, (ListExpr, TupleExpr, SetExpr)):
            for item in expression.items:
                self.see(item, state)
        elif isinstance(expression, DictExpr):
            for key, value in expression.items:
                self.see(key, state)
                self.see(value, state, read=key is None)
        elif isinstance(expression, SliceExpr):
            for part in (expression.begin_index, expression.end_index, expression.stride):
                self.see(part, state)
        elif isinstance(expression, AssignmentExpr):
            self._walrus(expression, state, read=read)
        elif isinstance(expression, (ListComprehension, SetComprehension)):
            self._comprehension(expression.generator, [expression.generator.left_expr], state)
        elif isinstance(expression, GeneratorExpr):
            self._comprehension(expression, [expression.left_expr], state)
        elif isinstance(expression, DictionaryComprehension):
            self._comprehension(expression, [expression.key, expression.value], state)
        elif isinstance(expression, LambdaExpr):
            for name in nodes.names_in(expression):  # called at any time
                self.drop(name)
        else:
            for name in nodes.names_in(expression):
                self.hand_on(name, state)

    def _operation(self, expression: OpExpr | ConditionalExpr, state: State, *, read: bool) -> None:
        if isinstance(expression, ConditionalExpr):
            self.see(expression.cond, state, read=True)
            either = [expression.if_expr, expression.else_expr]
        elif expression.op in ("and", "or"):
            self.see(expression.left, state, read=read)
            either = [expression.right]
        else:
            for side in (expression.left, expression.right):
                self.see(side, state, read=expression.op in ("|", "%"))
            return
        self._perhaps(state, *either, read=read, one_of=isinstance(expression, ConditionalExpr))

    def _perhaps(self, state: State, *expressions: Expression | None, read: bool, one_of: bool) -> None:
        """The state after one of the expressions was evaluated, or after any of them or none."""
        ends: list[State | None] = [] if one_of else [dict(state)]
        inside = dict(state)
        for expression in expressions:
            inside = dict(state) if one_of else inside
            self.see(expression, inside, read=read)
            ends.append(dict(inside))
        state.update(joined(ends) or {})

    def _comprehension(
        self,
        comprehension: GeneratorExpr | DictionaryComprehension,
        results: list[Expression | None],
        state: State,
    ) -> None:
        for sequence in comprehension.sequences:
            self.see(sequence, state, read=True)
        conditions = [each for conditions in comprehension.condlists for each in conditions]
        self._perhaps(state, *conditions, read=True, one_of=False)
        self._perhaps(state, *results, read=False, one_of=False)

    def _walrus(self, expression: AssignmentExpr, state: State, *, read: bool) -> None:
        target = expression.target
        self.set_again(target)
        if target.node not in self.variables:
            self.see(expression.value, state)
            return
        assert isinstance(target.node, Var)
        self.assign(target.node, expression.value, state)
        if not read:
            self.hand_on(target, state)

    # -- what changes a variable ------------------------------------------------------------------------------------

    def concerns(self, expression: Expression) -> bool:
        return any(each.node in self.variables or each.node in self.constants for each in nodes.names_in(expression))

    def set_again(self, *targets: Node | None) -> None:
        """A loop's variable that stood for a written name does so no more."""
        if self.constants and any(name.node in self.constants for each in targets for name in nodes.names_in(each)):
            raise GivesUp

    def look(self, expression: Expression, state: State, *, copied: bool = False) -> None:
        """Note what the variables hold that an expression reads, and see what it does to them."""
        before = dict(state)
        names = [(name, name.node) for name in nodes.names_in(expression) if isinstance(name.node, Var)]
        names = [(name, variable) for name, variable in names if variable in self.variables]
        for name, variable in names:
            self.known[name] = state.get(variable, "")
        self.see(expression, state, read=copied)
        for name, variable in names:
            changed = state.get(variable) is not before.get(variable)
            if changed and sum(each is variable for _, each in names) > 1:  # before the change, or after it?
                self.known[name] = ""

    def assign(self, variable: Var, value: Expression, state: State) -> None:
        self.look(value, state)
        state[variable] = ""
        if is_fresh(self.checker, value) and type_ops.typed_dict_of(variable.type) is None:
            state[variable] = self.reader().held(value)

    def hand_on(self, name: NameExpr, state: State) -> None:
        """Others have the dict from here on."""
        if isinstance(name.node, Var) and name.node in self.variables:
            state[name.node] = HANDED_ON

    def drop(self, name: NameExpr) -> None:
        """Others may have the dict at any time."""
        if isinstance(name.node, Var) and name.node in self.variables:
            self.variables.discard(name.node)
            self.known = {each: held for each, held in self.known.items() if each.node is not name.node}

    def change(self, variable: Var, held: Held | str, state: State, *, keeps: bool = False) -> None:
        """Write into the variable's dict; ``keeps``: what it has already stays."""
        old = state.get(variable, "")
        if isinstance(old, str) or isinstance(held, str):
            state[variable] = old if isinstance(old, str) else held
            return
        shape = write(old.shape, held.shape, "skip" if keeps else "override", type_ops.join)
        state[variable] = combined(old, held, shape)

    def remove(self, variable: Var, key: Expression, state: State) -> None:
        old, names = state.get(variable, ""), self._names(key)
        if isinstance(old, str):
            return
        if names is None or len(names) != 1:
            state[variable] = "a dict from which a key is removed that is not known"
            return
        keys = {name: each for name, each in old.shape.keys.items() if name not in names}
        state[variable] = combined(old, old, Context(keys, old.shape.rest))

    def clear(self, variable: Var, state: State) -> None:
        if not isinstance(state.get(variable, ""), str):
            state[variable] = Held(Context())

    def item(self, key: Expression, value: Expression | None) -> Held:
        """What ``out[key] = value`` writes."""
        return self.reader().held_item(key, value, self._names(key))

    def _names(self, key: Expression) -> list[str] | None:
        """The strings that a key may be; None where they are not known."""
        if isinstance(key, NameExpr) and isinstance(key.node, Var) and key.node in self.constants:
            return [self.constants[key.node]]
        return self.reader().keys(key)

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, call: CallExpr, state: State) -> None:
        callee = call.callee
        variable = None
        if isinstance(callee, MemberExpr) and isinstance(callee.expr, NameExpr):
            variable = callee.expr.node if callee.expr.node in self.variables else None
        if variable is None:
            self.see(callee, state)
            self._arguments(call, state)
            return
        assert isinstance(variable, Var) and isinstance(callee, MemberExpr) and isinstance(callee.expr, NameExpr)
        if callee.name in READING_METHODS:
            self._arguments(call, state)
        elif callee.name == "update" and ARG_STAR not in call.arg_kinds:
            for argument, kind in zip(call.args, call.arg_kinds, strict=True):
                if kind in (ARG_POS, ARG_STAR2):
                    self.look(argument, state, copied=True)
                else:
                    self.see(argument, state)
            self.change(variable, self.reader().held_arguments(call), state)
        elif callee.name == "setdefault" and call.arg_kinds == [ARG_POS, ARG_POS]:
            self._arguments(call, state)
            self.change(variable, self.item(call.args[0], call.args[1]), state, keeps=True)
        elif callee.name == "pop" and call.args and set(call.arg_kinds) == {ARG_POS}:
            self._arguments(call, state)
            self.remove(variable, call.args[0], state)
        elif callee.name == "clear":
            self.clear(variable, state)
        else:
            self._arguments(call, state)
            self.hand_on(callee.expr, state)

    def _arguments(self, call: CallExpr, state: State) -> None:
        reads = self._only_reads(call)
        for place, (argument, kind) in enumerate(zip(call.args, call.arg_kinds, strict=True)):
            read = reads or kind in (ARG_STAR, ARG_STAR2) or self._asks_to_read(call, place)
            self.see(argument, state, read=read)

    def _only_reads(self, call: CallExpr) -> bool:
        """Whether it is known of the function that it neither keeps nor changes what it is given."""
        callee = call.callee
        if isinstance(callee, MemberExpr):
            if isinstance(callee.expr, StrExpr):  # an f-string, or "...".format()
                return True
            owner = get_proper_type(inference.type_of(self.checker, callee.expr))
            if isinstance(owner, Instance) and owner.type.fullname.startswith(READING_MODULES):
                return True
        name = callee.fullname if isinstance(callee, RefExpr) else ""
        return name in READING_FUNCTIONS or name.startswith(READING_MODULES)

    def _asks_to_read(self, call: CallExpr, place: int) -> bool:
        """Whether the parameter's type has no way to change a mapping."""
        wanted = get_proper_type(inference.parameter_for(self.checker, call, place))
        return isinstance(wanted, Instance) and wanted.type.fullname in READING_TYPES


def is_fresh(checker: TypeChecker, expression: Expression) -> bool:
    """Whether an expression makes a dict that nobody else has."""
    expression = contextless.unwrapped(expression)
    if isinstance(expression, ConditionalExpr):
        return is_fresh(checker, expression.if_expr) and is_fresh(checker, expression.else_expr)
    if isinstance(expression, (DictExpr, DictionaryComprehension)):
        return True
    if isinstance(expression, OpExpr):
        return expression.op == "|"
    if not isinstance(expression, CallExpr):
        return False
    return (
        is_dict_call(expression)
        or copied(checker, expression) is not None
        or shape_of_instance(checker, expression) is not None
    )
