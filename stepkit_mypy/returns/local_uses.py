"""What an expression does to the dicts in local variables: it reads them, changes them, or hands them on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mypy.checker import TypeChecker
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

from .. import mypy_api
from .as_dict import shape_of_instance
from .conversions import copied, is_dict_call
from .local_states import State, joined

if TYPE_CHECKING:
    from .local_dicts import Analysis

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


class Uses:
    """Walks through the expressions of one function."""

    def __init__(self, checker: TypeChecker, analysis: Analysis) -> None:
        self.checker = checker
        self.analysis = analysis

    def see(self, expression: Expression | None, state: State, *, read: bool = False) -> None:
        """Do to ``state`` what the expression does. ``read``: what it gives is only looked at."""
        if expression is None or not self.analysis.concerns(expression):
            return
        expression = mypy_api.unwrapped(expression)
        if isinstance(expression, NameExpr):
            if not read:
                self.analysis.hand_on(expression, state)
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
            for name in mypy_api.names_in(expression):  # called at any time
                self.analysis.drop(name)
        else:
            for name in mypy_api.names_in(expression):
                self.analysis.hand_on(name, state)

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
        self.analysis.set_again(target)
        if target.node not in self.analysis.variables:
            self.see(expression.value, state)
            return
        assert isinstance(target.node, Var)
        self.analysis.assign(target.node, expression.value, state)
        if not read:
            self.analysis.hand_on(target, state)

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, call: CallExpr, state: State) -> None:
        callee = call.callee
        variable = None
        if isinstance(callee, MemberExpr) and isinstance(callee.expr, NameExpr):
            variable = callee.expr.node if callee.expr.node in self.analysis.variables else None
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
                    self.analysis.look(argument, state, copied=True)
                else:
                    self.see(argument, state)
            self.analysis.change(variable, self.analysis.reader().held_arguments(call), state)
        elif callee.name == "setdefault" and call.arg_kinds == [ARG_POS, ARG_POS]:
            self._arguments(call, state)
            self.analysis.change(variable, self.analysis.item(call.args[0], call.args[1]), state, keeps=True)
        elif callee.name == "pop" and call.args and set(call.arg_kinds) == {ARG_POS}:
            self._arguments(call, state)
            self.analysis.remove(variable, call.args[0], state)
        elif callee.name == "clear":
            self.analysis.clear(variable, state)
        else:
            self._arguments(call, state)
            self.analysis.hand_on(callee.expr, state)

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
            owner = get_proper_type(mypy_api.type_of(self.checker, callee.expr))
            if isinstance(owner, Instance) and owner.type.fullname.startswith(READING_MODULES):
                return True
        name = callee.fullname if isinstance(callee, RefExpr) else ""
        return name in READING_FUNCTIONS or name.startswith(READING_MODULES)

    def _asks_to_read(self, call: CallExpr, place: int) -> bool:
        """Whether the parameter's type has no way to change a mapping."""
        wanted = get_proper_type(mypy_api.parameter_for(self.checker, call, place))
        return isinstance(wanted, Instance) and wanted.type.fullname in READING_TYPES


def is_fresh(checker: TypeChecker, expression: Expression) -> bool:
    """Whether an expression makes a dict that nobody else has."""
    expression = mypy_api.unwrapped(expression)
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
