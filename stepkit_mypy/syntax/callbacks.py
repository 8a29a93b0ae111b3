"""Follows a callback to the functions of its module that it hands its event on to.

Only functions of the module that is being checked are looked into: those of others have no bodies where they come from
mypy's cache, and a type or an error must not be there today and gone tomorrow.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import CallExpr, Decorator, Expression, FuncDef, FuncItem, LambdaExpr, MemberExpr, RefExpr, SymbolNode
from mypy.types import Instance, get_proper_type

from ..mypy_api import checking, inference, nodes
from ..mypy_api.checking import TypeChecker
from ..names import ON_STEP_COMPLETE
from ..records import dataclass

Seen = frozenset[FuncItem]
"""The functions that are being looked into: they may call each other."""


def callback_of(call: object) -> Expression | None:
    """The callback that ``run`` or its like is given."""
    if not isinstance(call, CallExpr) or ON_STEP_COMPLETE not in call.arg_names:
        return None
    return call.args[call.arg_names.index(ON_STEP_COMPLETE)]


@dataclass(frozen=True)
class Search:
    """Looks for a function that does something with an event."""

    checker: TypeChecker
    finds: Callable[[FuncItem], bool]
    """Whether a function does it itself."""
    passes: Callable[[FuncItem], bool] = lambda function: True
    """Whether what a function hands its event on to is looked into."""

    def callback(self, callback: Expression, seen: Seen = frozenset()) -> bool:
        """Whether a callback does it, or what it hands its event on to."""
        if isinstance(callback, LambdaExpr):
            return self._function(callback, seen)
        if isinstance(callback, CallExpr):  # partial(function, ...)
            return any(self.callback(each, seen) for each in callback.args)
        return isinstance(callback, RefExpr) and self.node(_referred(self.checker, callback), seen)

    def node(self, node: SymbolNode | None, seen: Seen = frozenset()) -> bool:
        """Whether the function of a name does it."""
        function = node.func if isinstance(node, Decorator) else node
        if not isinstance(function, FuncDef) or not checking.stands_in_module(self.checker, function.fullname):
            return False
        return self._function(function, seen)

    def handed_to(self, function: FuncItem, seen: Seen = frozenset()) -> RefExpr | None:
        """Where a function names one that does it, if it hands on what it was given."""
        if not nodes.hands_on(function) or not self.passes(function):
            return None
        within = seen | {function}
        named = nodes.references_in(function.body)
        return next((each for each in named if self.node(_referred(self.checker, each), within)), None)

    def _function(self, function: FuncItem, seen: Seen) -> bool:
        if function in seen:
            return False
        return self.finds(function) or self.handed_to(function, seen) is not None


def _referred(checker: TypeChecker, reference: RefExpr) -> SymbolNode | None:
    if reference.node is not None or not isinstance(reference, MemberExpr):
        return reference.node
    owner = get_proper_type(inference.infer_quietly(checker, reference.expr))  # a method
    symbol = owner.type.get(reference.name) if isinstance(owner, Instance) else None
    return None if symbol is None else symbol.node
