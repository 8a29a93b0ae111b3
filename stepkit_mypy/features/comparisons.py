"""Comparisons of an event's ``step_name``: a name that no step has is a gate that never closes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

from mypy.nodes import (
    CallExpr,
    ComparisonExpr,
    DictExpr,
    Expression,
    ListExpr,
    MatchStmt,
    MemberExpr,
    RefExpr,
    SetExpr,
    StrExpr,
    TupleExpr,
    TypeAlias,
    TypeInfo,
    Var,
)
from mypy.nodes import Context as Node
from mypy.patterns import AsPattern, ClassPattern, OrPattern, Pattern, SequencePattern
from mypy.types import Instance, TupleType, Type, UnionType, get_proper_type

from .. import messages
from ..algebra.encoding import is_ready
from ..caching import Kept
from ..mypy_api import checking, deferral, inference, type_ops
from ..mypy_api.checking import TypeChecker
from ..syntax.constants import Constants
from ..syntax.step_names import text_of, values_compared, values_of
from .flow_views import Tables, depend_on

CONTAINERS = ("builtins.tuple", "builtins.list", "builtins.set", "builtins.frozenset", "builtins.dict")
GET_ARGS = ("typing.get_args", "typing_extensions.get_args")
MOST_STEPS = 10
"""Over how many names and calls a constant is followed to its display."""


_Wrong = tuple[Node, str, str]
"""A place, what is to be said there, and the name where the type must have it."""


class Comparisons:
    """What the names of events are compared with, in the function that is being checked."""

    def __init__(self) -> None:
        self._decisions: Kept[dict[Expression, list[ComparisonExpr | MatchStmt]]] = Kept()
        self._asked: Kept[tuple[list[_Wrong], list[Type]]] = Kept()
        self._narrows: Kept[bool] = Kept()
        self._constants: Kept[Constants] = Kept()

    def step_name(self, checker: TypeChecker, tables: Tables, event: Type, node: Node, default: Type) -> Type:
        """Called where ``event.step_name`` is read, or matched by a pattern. The type that it has there.

        A name that no step has is told here. Then the type has it too, so that mypy goes on, and says nothing itself.
        """
        question = (node, *type_ops.outline(event), tables.generation)
        wrong, members = self._asked.answer(question, lambda: self._find(checker, tables, event, node))
        if not wrong and not members:
            return default
        for place, text, name in wrong:  # each time: mypy asks while it tries things out, too, and drops repetitions
            # ``in`` and a class pattern take every error for one of their own.
            with nullcontext() if name and not isinstance(node, Pattern) else inference.told_at_once(checker):
                messages.unknown_step(checker, place, text)
        named: list[Type] = [*(type_ops.literal(checker, name) for _, _, name in wrong if name), *members]
        if named and isinstance(node, MemberExpr):
            inference.widen(checker, node, UnionType.make_union(named))
        return UnionType.make_union([default, *named])

    def narrow(self, checker: TypeChecker) -> bool:
        """Whether mypy knows the step behind every comparison in this body: it narrows by literals only."""
        root = checking.body_being_checked(checker)
        return self._narrows.answer((root,), lambda: _all_narrow(checker, checking.decisions_in(root)))

    def _find(self, checker: TypeChecker, tables: Tables, event: Type, node: Node) -> tuple[list[_Wrong], list[Type]]:
        """What is wrong, and the types of the enum members that are compared with: they are no texts for mypy."""
        if isinstance(node, Pattern):  # its own event has lost the flow
            subject = self._subject_of(checker, node)
            event = (None if subject is None else inference.type_of(checker, subject)) or event
        compared = list(self._compared_with(checker, node))
        flows = _flows_of(event) if compared else []
        names: set[str] = set()
        for info in flows:
            depend_on(checker, info)
            if not is_ready(info):
                deferral.defer(checker, node)
                return [], []
            if not tables.is_complete(info):
                return [], []
            names |= (tables.after(info) or {}).keys()
        owner = " | ".join(info.name for info in flows)
        wrong = [
            (place, messages.unknown_step_text(owner, name, sorted(names)), name if told_twice else "")
            for place, name, told_twice in (compared if flows else ())
            if name not in names
        ]
        named = [place for place, _, _ in compared if flows and isinstance(place, RefExpr)]
        types = [get_proper_type(inference.infer_quietly(checker, each)) for each in named]
        return wrong, [each for each in types if isinstance(each, Instance) and each.type.is_enum]

    def _subject_of(self, checker: TypeChecker, pattern: Pattern) -> Expression | None:
        """The subject of the match statement that a pattern stands in."""
        for found in checking.decisions_in(checking.body_being_checked(checker)):
            if isinstance(found, MatchStmt) and any(_stands_in(pattern, each) for each in found.patterns):
                return found.subject
        return None

    def _compared_with(self, checker: TypeChecker, node: Node) -> Iterator[tuple[Node, str, bool]]:
        """Every text that is compared with the name: its place, and whether mypy then finds what it stands in wrong."""
        if isinstance(node, Pattern):
            yield from ((place, name, True) for place, name, _ in _in_pattern(checker, node))
        if not isinstance(node, MemberExpr):
            return
        for found in self._about(checker, node):
            if isinstance(found, MatchStmt):
                for pattern in found.patterns:
                    yield from _in_pattern(checker, pattern)
                continue
            for left, right, operator in zip(found.operands, found.operands[1:], found.operators, strict=False):
                if operator in ("in", "not in") and left is node:
                    yield from self._in_container(checker, right)
                elif operator in ("==", "!=") and (left is node or right is node):
                    other = right if left is node else left
                    name = text_of(checker, other)
                    if name is not None:
                        yield other, name, True

    def _in_container(self, checker: TypeChecker, container: Expression) -> Iterator[tuple[Node, str, bool]]:
        """The names in a display, or in a constant of this module or of another that has one."""
        written = self._display(checker, container)
        if isinstance(written, (TupleExpr, ListExpr, SetExpr)):
            items: list[Expression | None] = [*written.items]
        elif isinstance(written, DictExpr):
            items = [key for key, _ in written.items]
        else:
            yield from ((container, name, False) for name in _names_of_type(checker, written))
            return
        for item in items:
            name = None if item is None else text_of(checker, item)
            if item is not None and name is not None:
                yield (item if written is container or _holds(container, written) else container), name, False

    def _display(self, checker: TypeChecker, container: Expression) -> Expression:
        """The display that a container is made of, as far as it is written in this module."""
        for _ in range(MOST_STEPS):
            inner = _copied(container) or self._assigned(checker, container)
            if inner is None:
                break
            container = inner
        return container

    def _assigned(self, checker: TypeChecker, name: Expression) -> Expression | None:
        """What a constant of this module, or of one of its classes, is set to."""
        constants = self._constants.answer((checker.tree,), Constants)
        found = constants.assigned_once(checker, name)
        if found is None and isinstance(name, MemberExpr):  # self.GATES
            owner = get_proper_type(inference.infer_quietly(checker, name.expr))
            symbol = owner.type.get(name.name) if isinstance(owner, Instance) else None
            if symbol is not None and isinstance(symbol.node, Var):
                found = constants.set_once(checker, symbol.node)
        return found

    def _about(self, checker: TypeChecker, node: MemberExpr) -> list[ComparisonExpr | MatchStmt]:
        root = checking.body_being_checked(checker)
        found = self._decisions.answer((root,), lambda: _by_subject(checking.decisions_in(root)))
        if node not in found:  # the body may have got other nodes since
            found.clear()
            found.update(_by_subject(checking.decisions_in(root)))
        return found.setdefault(node, [])


def _by_subject(
    decisions: list[ComparisonExpr | MatchStmt],
) -> dict[Expression, list[ComparisonExpr | MatchStmt]]:
    """Decisions by what is compared in them."""
    found: dict[Expression, list[ComparisonExpr | MatchStmt]] = {}
    for each in decisions:
        for subject in each.operands if isinstance(each, ComparisonExpr) else [each.subject]:
            found.setdefault(subject, []).append(each)
    return found


def _all_narrow(checker: TypeChecker, decisions: list[ComparisonExpr | MatchStmt]) -> bool:
    return all(_is_literal(checker, each) for item in decisions for each in values_compared(item))


def _flows_of(event: Type) -> list[TypeInfo]:
    """The flows of an event; empty where one is not known."""
    found: list[TypeInfo] = []
    for item in type_ops.union_items(event):
        flow = get_proper_type(item.args[2]) if type_ops.is_event(item) else None
        if not isinstance(flow, Instance):
            return []
        if flow.type not in found:
            found.append(flow.type)
    return found


def _is_literal(checker: TypeChecker, expression: Expression) -> bool:
    """Whether mypy narrows by what is compared with: a text, or what has only literals for its type."""
    if isinstance(expression, StrExpr):
        return True
    type = get_proper_type(inference.infer_quietly(checker, expression))
    items = type.items if isinstance(type, TupleType) else [type]
    return all(type_ops.is_text_literal(each) for item in items for each in type_ops.union_items(item))


def _copied(container: Expression) -> Expression | None:
    """What ``frozenset(...)`` and its like are made of."""
    if isinstance(container, CallExpr) and isinstance(container.callee, RefExpr) and len(container.args) == 1:
        return container.args[0] if container.callee.fullname in CONTAINERS else None
    return None


def _holds(container: Expression, display: Expression) -> bool:
    """Whether the display is written in place: ``set(("draft", "legal"))``."""
    inner = _copied(container)
    return inner is not None and (inner is display or _holds(inner, display))


def _names_of_type(checker: TypeChecker, container: Expression) -> Iterator[str]:
    """The names in a tuple whose items mypy knows, and those that ``get_args`` takes of an alias of a ``Literal``."""
    if isinstance(container, CallExpr) and isinstance(container.callee, RefExpr) and len(container.args) == 1:
        alias = container.args[0]
        if container.callee.fullname in GET_ARGS and isinstance(alias, RefExpr) and isinstance(alias.node, TypeAlias):
            yield from type_ops.literal_values(alias.node.target)
    elif isinstance(container, RefExpr):
        type = get_proper_type(inference.infer_quietly(checker, container))
        for each in type.items if isinstance(type, TupleType) else ():
            name = type_ops.known_string(each)
            if name is not None:
                yield name


def _in_pattern(checker: TypeChecker, pattern: Pattern) -> Iterator[tuple[Node, str, bool]]:
    for value in values_of(pattern):
        name = text_of(checker, value)
        if name is not None:
            yield value, name, False


def _stands_in(pattern: Pattern, whole: Pattern) -> bool:
    if pattern is whole:
        return True
    inner: list[Pattern] = []
    if isinstance(whole, ClassPattern):
        inner = [*whole.positionals, *whole.keyword_values]
    elif isinstance(whole, (OrPattern, SequencePattern)):
        inner = [*whole.patterns]
    elif isinstance(whole, AsPattern) and whole.pattern is not None:
        inner = [whole.pattern]
    return any(_stands_in(pattern, each) for each in inner)
