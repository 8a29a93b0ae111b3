"""Dicts that a method builds in local variables: what each holds where it is read to be returned.

A small forward analysis of the method's statements. What it does not understand, and a dict that others may have got
hold of, is not known: then the variable is read by its type alone, as if nothing had been seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mypy.nodes import (
    AssertStmt,
    AssignmentStmt,
    Block,
    BreakStmt,
    ContinueStmt,
    Decorator,
    DelStmt,
    Expression,
    ExpressionStmt,
    ForStmt,
    FuncDef,
    GlobalDecl,
    IfStmt,
    Import,
    ImportAll,
    ImportFrom,
    IndexExpr,
    ListExpr,
    MatchStmt,
    MemberExpr,
    NameExpr,
    Node,
    NonlocalDecl,
    OperatorAssignmentStmt,
    PassStmt,
    RaiseStmt,
    ReturnStmt,
    Statement,
    StrExpr,
    TempNode,
    TryStmt,
    TupleExpr,
    Var,
    WhileStmt,
    WithStmt,
)

from ..mypy_api import inference, nodes
from ..mypy_api.checking import TypeChecker
from .local_states import Held, Known, State, Values, is_same, is_same_held, joined
from .local_uses import GivesUp, Uses

MOST_NAMES = 20
"""Over how many written names a loop is gone through for each of them."""
BINDS_NO_DICT = (FuncDef, Decorator, Import, ImportFrom, ImportAll, GlobalDecl, NonlocalDecl)
"""Statements that leave the candidates alone: what a function inside mentions is none."""
MOST_ROUNDS = 5
"""How often a loop is gone through until what it leaves is what it began with."""


def held_where_read(
    checker: TypeChecker, function: FuncDef, read: Callable[[Known], Values]
) -> dict[NameExpr, Held | str]:
    """What each local dict holds at the places where the function's returns read it."""
    returned = [each.expr for each in nodes.returns_of(function) if each.expr is not None]
    if not any(isinstance(name.node, Var) for each in returned for name in nodes.names_in(each)):
        return {}
    variables = _candidates(function)
    if not variables:
        return {}
    analysis = Analysis(checker, read, variables)
    try:
        analysis.block(function.body, {})
    except GivesUp:
        return {}
    return analysis.known


def constants_of(loop: ForStmt) -> list[str]:
    """The names that a loop goes over, if they are written there."""
    items = loop.expr.items if isinstance(loop.expr, (TupleExpr, ListExpr)) else []
    names = [item.value for item in items if isinstance(item, StrExpr)]
    if len(names) < len(items) or len(names) > MOST_NAMES or not isinstance(loop.index, NameExpr):
        return []
    return names


class Analysis(Uses):
    """One walk over a function, along every way through it."""

    def __init__(self, checker: TypeChecker, read: Callable[[Known], Values], variables: set[Var]) -> None:
        super().__init__(checker, read, variables)
        self.loops: list[tuple[list[State], list[State]]] = []
        """For each loop around the place, the states at its ``break`` and at its ``continue``."""
        self.watched: list[list[State]] = []
        """For each block around the place that an exception may leave, the states that it may have then."""

    def block(self, block: Block | None, state: State | None) -> State | None:
        if block is None:
            return state
        if block.is_unreachable:
            return None
        self._watch(state)
        for statement in block.body:
            if state is None or not self._is_reached(statement):
                return None
            state = self.statement(statement, state)
            self._watch(state)
        return state

    def _watch(self, state: State | None) -> None:
        if state is not None:
            for states in self.watched:
                states.append(dict(state))

    def _is_reached(self, statement: Statement) -> bool:
        """Whether mypy went there: code behind what never returns, or for impossible types, it leaves alone."""
        first: Expression | None = None
        if isinstance(statement, (ExpressionStmt, ReturnStmt, ForStmt)):
            first = statement.expr
        elif isinstance(statement, IfStmt):
            first = statement.expr[0]
        return first is None or inference.type_of(self.checker, first) is not None

    def statement(self, statement: Statement, state: State) -> State | None:
        if isinstance(statement, ExpressionStmt):
            self.see(statement.expr, state, read=True)
            return None if inference.never_returns(self.checker, statement.expr) else state
        if isinstance(statement, AssignmentStmt):
            self._assignment(statement, state)
            return state
        if isinstance(statement, OperatorAssignmentStmt):
            self._operator_assignment(statement, state)
            return state
        if isinstance(statement, DelStmt):
            self._deletion(statement.expr, state)
            return state
        if isinstance(statement, ReturnStmt):
            if statement.expr is not None:
                self.look(statement.expr, state)
            return None
        if isinstance(statement, AssertStmt):
            self.see(statement.expr, state, read=True)
            return None if nodes.is_false(statement.expr) else state
        if isinstance(statement, RaiseStmt):
            for each in (statement.expr, statement.from_expr):
                if each is not None:
                    self.see(each, state)
            return None
        if isinstance(statement, IfStmt):
            return self._if(statement, state)
        if isinstance(statement, Block):
            return self.block(statement, state)
        if isinstance(statement, (WhileStmt, ForStmt)):
            return self._loop(statement, state)
        if isinstance(statement, (BreakStmt, ContinueStmt)):
            self.loops[-1][isinstance(statement, ContinueStmt)].append(state)
            return None
        if isinstance(statement, WithStmt):
            return self._with(statement, state)
        if isinstance(statement, TryStmt):
            return self._try(statement, state)
        if isinstance(statement, MatchStmt):
            return self._match(statement, state)
        if isinstance(statement, (PassStmt, *BINDS_NO_DICT)):
            return state
        raise GivesUp

    # -- what changes a variable ------------------------------------------------------------------------------------

    def _assignment(self, statement: AssignmentStmt, state: State) -> None:
        if isinstance(statement.rvalue, TempNode):  # ``out: dict[str, int]``
            return
        self.set_again(*(each for each in statement.lvalues if not isinstance(each, (IndexExpr, MemberExpr))))
        target = statement.lvalues[0]
        if len(statement.lvalues) == 1 and isinstance(target, NameExpr) and target.node in self.variables:
            assert isinstance(target.node, Var)
            self.assign(target.node, statement.rvalue, state)
            return
        self.see(statement.rvalue, state)
        for target in statement.lvalues:
            variable = self._item_of(target)
            if variable is None:
                self.see(target, state)
                continue
            assert isinstance(target, IndexExpr)
            self.see(target.index, state)
            self.change(variable, self.item(target.index, statement.rvalue), state)

    def _item_of(self, target: Expression) -> Var | None:
        """The variable of ``out[key]``."""
        if isinstance(target, IndexExpr) and isinstance(target.base, NameExpr) and target.base.node in self.variables:
            assert isinstance(target.base.node, Var)
            return target.base.node
        return None

    def _operator_assignment(self, statement: OperatorAssignmentStmt, state: State) -> None:
        target, value = statement.lvalue, statement.rvalue
        self.set_again(target if isinstance(target, NameExpr) else None)
        if isinstance(target, NameExpr) and target.node in self.variables:
            assert isinstance(target.node, Var)
            self.look(value, state, copied=True)
            self.change(target.node, self.reader().held(value) if statement.op == "|" else "", state)
            return
        self.see(value, state, read=True)
        variable = self._item_of(target)
        if variable is None:
            self.see(target, state)
            return
        assert isinstance(target, IndexExpr)
        self.see(target.index, state)
        old, names = state.get(variable, ""), self._names(target.index)
        if isinstance(old, Held) and names is not None and len(names) == 1 and names[0] in old.shape.keys:
            given = old.shape.keys[names[0]].type
            if given == self.reader().value(value, None):  # otherwise no expression has the result's type
                return
        self.change(variable, self.item(target.index, None), state)

    def _deletion(self, target: Expression, state: State) -> None:
        variable = self._item_of(target)
        if variable is not None:
            assert isinstance(target, IndexExpr)
            self.see(target.index, state)
            self.remove(variable, target.index, state)
        elif isinstance(target, NameExpr) and isinstance(target.node, Var):
            state.pop(target.node, None)
        else:
            self.see(target, state)

    # -- ways through the function -----------------------------------------------------------------------------------

    def _if(self, statement: IfStmt, state: State) -> State | None:
        ends: list[State | None] = []
        for condition, body in zip(statement.expr, statement.body, strict=True):
            self.see(condition, state, read=True)
            ends.append(self.block(body, dict(state)))
        if statement.else_body is not None:
            ends.append(self.block(statement.else_body, state))
        elif not statement.unreachable_else:
            ends.append(state)
        return joined(ends)

    def _loop(self, statement: WhileStmt | ForStmt, state: State) -> State | None:
        if isinstance(statement, ForStmt):
            self.set_again(statement.index)
            self.see(statement.expr, state, read=True)
            names = constants_of(statement)
            if names:
                return self._unrolled(statement, names, state)
        breaks: list[State] = []
        exhausted = state
        for turn in range(MOST_ROUNDS + 1):
            breaks.clear()
            inside = dict(state)
            if isinstance(statement, WhileStmt):
                self.see(statement.expr, inside, read=True)
            exhausted = dict(inside)
            again = joined([state, self._round(statement, inside, breaks)])
            assert again is not None
            if is_same(state, again):
                break
            state = again if turn < MOST_ROUNDS - 1 else dict.fromkeys(again, "")
        endless = isinstance(statement, WhileStmt) and nodes.is_true(statement.expr)
        after = self.block(statement.else_body, None if endless else exhausted)
        return joined([after, *breaks])

    def _round(self, statement: WhileStmt | ForStmt, state: State, breaks: list[State]) -> State | None:
        continues: list[State] = []
        self.loops.append((breaks, continues))
        end = self.block(statement.body, state)
        self.loops.pop()
        return joined([end, *continues])

    def _unrolled(self, statement: ForStmt, names: list[str], state: State | None) -> State | None:
        """A loop over names that are written there: each round is for one of them."""
        assert isinstance(statement.index, NameExpr) and isinstance(statement.index.node, Var)
        breaks: list[State] = []
        for name in names:
            self.constants[statement.index.node] = name
            state = None if state is None else self._round(statement, dict(state), breaks)
        del self.constants[statement.index.node]
        return joined([self.block(statement.else_body, state), *breaks])

    def _with(self, statement: WithStmt, state: State) -> State | None:
        self.set_again(*statement.target)
        for expression in statement.expr:
            self.see(expression, state)
        if not any(inference.may_swallow(self.checker, each, statement.is_async) for each in statement.expr):
            return self.block(statement.body, state)
        self.watched.append([])
        end = self.block(statement.body, state)
        return joined([end, *self.watched.pop()])

    def _try(self, statement: TryStmt, state: State) -> State | None:
        self.set_again(*statement.vars)
        self.watched.append([])
        end = self.block(statement.body, dict(state))
        points = joined(self.watched.pop())
        ends = [self.block(statement.else_body, end)]
        for handler in statement.handlers:
            ends.append(self.block(handler, None if points is None else dict(points)))
        end = joined(ends)
        if statement.finally_body is None:
            return end
        before = joined([points, end])  # it runs in any case, and goes on only where nothing failed
        after = self.block(statement.finally_body, None if end is None else dict(end))
        self.block(statement.finally_body, before)  # the last word on what it reads, as it may return from there
        return after

    def _match(self, statement: MatchStmt, state: State) -> State | None:
        self.see(statement.subject, state)
        ends: list[State | None] = []
        complete = False
        for pattern, guard, body in zip(statement.patterns, statement.guards, statement.bodies, strict=True):
            self.set_again(pattern)
            if guard is not None:
                self.see(guard, state, read=True)
            complete = complete or guard is None and nodes.matches_all(pattern)
            ends.append(self.block(body, dict(state)))
        end = joined(ends)
        if complete:
            return end
        if end is None:
            return state
        # It cannot be told whether all cases are there: where that makes a difference, nothing is known.
        for variable, held in state.items():
            if variable in end and not is_same_held(held, end[variable]):
                end[variable] = 'a dict that a match without "case _" sets'
        return end


# -- candidates ------------------------------------------------------------------------------------------------------


def _candidates(function: FuncDef) -> set[Var]:
    """The local variables that only plain assignments set, and that no function inside mentions."""
    dropped = {argument.variable for argument in function.arguments}
    _drop_others(function.body.body, dropped)
    names = [name for name in nodes.names_in(function.body) if nodes.is_local(name)]
    return {name.node for name in names if isinstance(name.node, Var)} - dropped


def _leaves(statement: Statement) -> bool:
    """Whether a statement may be left early, but for an exception."""
    if isinstance(statement, (ReturnStmt, BreakStmt, ContinueStmt)):
        return True
    return any(_leaves(each) for block in nodes.blocks_of(statement) for each in block.body)


def _drop_others(statements: Sequence[Statement], dropped: set[Var]) -> None:
    def drop(*targets: Node | None) -> None:
        dropped.update(name.node for each in targets for name in nodes.names_in(each) if isinstance(name.node, Var))

    for statement in statements:
        if isinstance(statement, AssignmentStmt):
            for target in statement.lvalues:
                if len(statement.lvalues) > 1 or not isinstance(target, (NameExpr, IndexExpr)):
                    drop(target)
        elif isinstance(statement, (FuncDef, Decorator)):
            drop(statement)
        elif isinstance(statement, ForStmt):
            drop(statement.index)
        elif isinstance(statement, WithStmt):
            drop(*statement.target)
        elif isinstance(statement, TryStmt):
            drop(*statement.vars)
            if _leaves(statement):  # what is returned is changed afterwards
                drop(statement.finally_body)
        elif isinstance(statement, MatchStmt):
            for pattern in statement.patterns:
                drop(pattern)
        for block in nodes.blocks_of(statement):
            _drop_others(block.body, dropped)
