"""The shape of a mapping: which keys, of which types, an expression or a type gives. Unknown is not empty."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    AssignmentExpr,
    CallExpr,
    ConditionalExpr,
    DictExpr,
    Expression,
    FuncDef,
    NameExpr,
    OpExpr,
    ReturnStmt,
    StrExpr,
)
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    LiteralType,
    NoneType,
    Type,
    TypedDictType,
    UninhabitedType,
)

from ..algebra.contexts import Context, Key, alternatives, write
from ..algebra.table import NOT_EVERY_RETURN, shape_of
from ..mypy_api import contextless, inference, inserting, nodes, retyping, type_ops
from ..mypy_api.checking import TypeChecker
from ..mypy_api.inference import is_subtype
from ..records import dataclass
from ..syntax.constants import Constants
from .dict_calls import copied, is_dict, is_dict_call, shape_of_instance
from .local_dicts import held_where_read
from .local_states import Held, Known

Shape = Context[Type]
Judge = Callable[[str, Expression, Type], Type]
"""Says which type a key's value has, of a value that would have this type in a variable."""


@dataclass(eq=False)
class Returned:
    """What a method gives, and what is to be said about it."""

    shape: Shape
    may_be_none: bool = False
    unknown: list[tuple[Expression, str]] = field(default_factory=list)
    """Expressions whose keys cannot be known, with what they are."""
    untyped: list[Expression] = field(default_factory=list)
    """Expressions of type Any."""
    wrong: bool = False
    """Whether an error is reported for it elsewhere."""
    no_mapping: list[tuple[Expression | None, Type]] = field(default_factory=list)
    """What is neither a mapping nor None, and where it stands."""
    never: bool = False
    """Whether nothing is ever returned."""
    none_at: ReturnStmt | None = None
    """The first statement that returns None."""
    places: dict[str, Expression] = field(default_factory=dict)
    """Where each key is written."""


class Reader:
    """Reads the shapes of expressions; notes where one is not known."""

    def __init__(self, checker: TypeChecker, known: Known, constants: Constants, judge: Judge | None = None) -> None:
        self.checker = checker
        self.constants = constants
        self.known = known
        self.judge = judge
        self.result = Returned(Context())

    def shapes(self, expression: Expression) -> Iterator[Shape | None]:
        """The shapes that the expression may give; None for None. No shape for what is not reached."""
        expression = contextless.unwrapped(expression)
        found = inference.type_of(self.checker, expression)
        if found is None:
            return
        if isinstance(expression, ConditionalExpr):
            for branch in (expression.if_expr, expression.else_expr):
                yield from self.shapes(branch)
            return
        if isinstance(expression, AssignmentExpr):
            yield from self.shapes(expression.value)
            return
        if isinstance(expression, DictExpr):
            yield self._display(expression)
            return
        if isinstance(expression, CallExpr):
            shape = self._call(expression)
            if shape is not None:
                yield shape
                return
        if isinstance(expression, OpExpr) and expression.op == "or":
            yield from (each for each in self.shapes(expression.left) if each is not None)
            yield from self.shapes(expression.right)
            return
        if isinstance(expression, OpExpr) and expression.op == "|" and self._makes_dict(expression):
            shape = Context()
            for side in (expression.left, expression.right):
                shape = write(shape, self._one(side), "override", type_ops.join)
            yield shape
            return
        if isinstance(expression, NameExpr) and expression in self.known:
            held = self.known[expression]
            if not isinstance(held, str):
                yield self._of_variable(held)
                return
            yield from self.of_type(found, expression, held)
            return
        yield from self.of_type(found, expression)

    def _makes_dict(self, expression: OpExpr) -> bool:
        """Whether ``a | b`` is a dict with the items of both."""
        left = inference.type_of(self.checker, expression.left)
        return left is not None and is_dict(left)

    def _call(self, call: CallExpr) -> Shape | None:
        if is_dict_call(call):
            return self._arguments(call)
        source = copied(self.checker, call)
        if source is not None:
            return self._one(source)
        shape = shape_of_instance(self.checker, call)
        if shape is not None and shape.open:
            what = "the dump of a model whose settings, properties or serializers may change its keys"
            self.result.unknown.append((call, what))
        return shape

    def _of_variable(self, held: Held) -> Shape:
        self.result.unknown += held.unknown
        self.result.untyped += held.untyped
        self.result.wrong = self.result.wrong or held.wrong
        for name, place in held.places.items():
            self.result.places.setdefault(name, place)
        return held.shape

    def held(self, expression: Expression) -> Held:
        """What a variable holds that this is assigned to, or that it is merged into."""
        return self._held(self._one(expression))

    def held_arguments(self, call: CallExpr) -> Held:
        """What ``dict(...)`` makes of a call's arguments."""
        return self._held(self._arguments(call))

    def held_item(self, key: Expression, value: Expression | None, names: list[str] | None) -> Held:
        """What ``data[key] = value`` writes where the key is one of these names."""
        return self._held(self._item(key, type_ops.any_type() if value is None else self.value(value, names), names))

    def _held(self, shape: Shape) -> Held:
        result = self.result
        return Held(shape, tuple(result.unknown), tuple(result.untyped), result.wrong, result.places)

    def _one(self, expression: Expression) -> Shape:
        shapes = [shape if shape is not None else Context() for shape in self.shapes(expression)]
        return alternatives(shapes, type_ops.join, NOT_EVERY_RETURN)

    def _display(self, expression: DictExpr) -> Shape:
        shape: Shape = Context()
        for key, value in expression.items:
            if key is None:
                shape = write(shape, self._one(value), "override", type_ops.join)
                continue
            names = self.keys(key)
            shape = write(shape, self._item(key, self.value(value, names), names), "override", type_ops.join)
        return shape

    def _item(self, key: Expression, type: Type, names: list[str] | None) -> Shape:
        """What an item of a display, or one that is assigned, writes."""
        if names is None:
            found = inference.type_of(self.checker, key)
            if found is not None and not type_ops.may_be_string(found):
                self.result.wrong = True  # mypy itself reports it
            self.result.unknown.append((key, "a key that is not known"))
            return Context(rest=type)
        for name in names:
            self.result.places.setdefault(name, key)
        certain = len(names) == 1
        return Context({name: Key(type, certain, "", "" if certain else NOT_EVERY_RETURN) for name in names})

    def _arguments(self, call: CallExpr) -> Shape:
        shape: Shape = Context()
        for argument, kind, name in zip(call.args, call.arg_kinds, call.arg_names, strict=True):
            if kind == ARG_NAMED and name is not None:
                self.result.places.setdefault(name, argument)
                change: Shape = Context({name: Key(self.value(argument, [name]), True)})
            elif kind == ARG_POS and not self._is_mapping(argument):
                self.result.unknown.append((argument, "a dict made of pairs, whose keys are not known"))
                change = Context(rest=type_ops.any_type())
            elif kind == ARG_POS or kind.name == "ARG_STAR2":
                change = self._one(argument)
            else:
                self.result.unknown.append((argument, "unpacked arguments"))
                change = Context(rest=type_ops.any_type())
            shape = write(shape, change, "override", type_ops.join)
        return shape

    def _is_mapping(self, expression: Expression) -> bool:
        found = inference.type_of(self.checker, contextless.unwrapped(expression))
        return found is None or all(map(type_ops.may_be_mapping, type_ops.union_items(found)))

    def keys(self, key: Expression) -> list[str] | None:
        """The strings that a key may be; None where they are not known."""
        if isinstance(key, StrExpr):
            return [key.value]
        found = inference.type_of(self.checker, key)
        names = None if found is None else literal_strings(found)
        if names is None and found is not None and type_ops.may_be_string(found):
            constant = self.constants.of(self.checker, key)
            return [constant] if isinstance(constant, str) else None
        return names

    def value(self, expression: Expression, names: list[str] | None) -> Type:
        """The type of a key's value: the one that a variable would have that it is assigned to."""
        type = inference.type_of(self.checker, expression)
        if type is None:
            return type_ops.any_type()
        type = type_ops.clean(type)
        if self.judge is None or names is None or len(names) != 1:
            return type
        return self.judge(names[0], expression, type)

    def of_type(self, type: Type, expression: Expression | None = None, what: str = "") -> Iterator[Shape | None]:
        for item in type_ops.union_items(type):
            if isinstance(item, NoneType):
                yield None
            elif isinstance(item, UninhabitedType):
                continue
            elif isinstance(item, TypedDictType):
                yield shape_of(item, "", "its type does not require it")
            elif isinstance(item, AnyType):
                if item.is_from_error or expression is None and type_ops.is_unannotated(item):
                    self.result.wrong = True
                elif expression is not None:
                    self.result.untyped.append(expression)
                yield Context(rest=type_ops.any_type())
            elif isinstance(item, Instance) and item.type.has_base("typing.Mapping"):
                if expression is not None:
                    self.result.unknown.append((expression, what or f"a {item.type.name}, whose keys are not known"))
                yield Context(rest=type_ops.values_of(item))
            elif type_ops.awaited(item) is not item:  # stepkit awaits what a sync function returns
                yield from self.of_type(type_ops.awaited(item), expression, what)
            else:
                self.result.wrong = True  # mypy itself reports it
                self.result.no_mapping.append((expression, item))
                yield Context(rest=type_ops.any_type())

    def all_of(self, found: Iterable[Shape | None], *, transform: bool) -> Returned:
        """What is returned, if it is one of these."""
        shapes, result = list(found), self.result
        result.may_be_none, result.never = None in shapes, not shapes
        result.shape = one_of(shapes, transform=transform)
        return result


def literal_strings(type: Type) -> list[str] | None:
    """The strings that a type stands for, if it is made of literals only."""
    found: list[str] = []
    for item in type_ops.union_items(type):
        if isinstance(item, Instance) and item.last_known_value is not None:
            item = item.last_known_value
        if isinstance(item, LiteralType) and isinstance(item.value, str) and not item.fallback.type.is_enum:
            found.append(item.value)
        else:
            return None
    return found


def returned(
    checker: TypeChecker,
    function: FuncDef,
    constants: Constants,
    wanted: Mapping[str, Type] | None = None,
    *,
    transform: bool = False,
) -> Returned:
    """What a method gives: from its annotation if it has one, otherwise from its return statements.

    ``wanted``: types of keys whose values have these types if they may.
    """

    def judge(name: str, value: Expression, type: Type) -> Type:
        want = None if wanted is None else wanted.get(name)
        if want is None or is_subtype(checker, type, want):
            return type
        found = inference.infer_in_function(checker, function, contextless.unwrapped(value), want)
        return want if is_subtype(checker, found, want) else type

    reader = Reader(checker, {}, constants, judge)
    result = reader.result
    if inserting.is_unread(function) and retyping.returns_inferred(function):
        result.shape = Context(rest=type_ops.any_type())
        return result
    if not retyping.returns_inferred(function):
        assert isinstance(function.type, CallableType)
        type = type_ops.awaited(function.type.ret_type) if function.is_coroutine else function.type.ret_type
        found = list(reader.of_type(type))
    else:
        reader.known = held_where_read(checker, function, lambda known: Reader(checker, known, constants, judge))
        found = []
        for statement in nodes.returns_of(function):
            if statement.expr is None:
                found.append(None)
                continue
            before = len(found)
            found += reader.shapes(statement.expr)
            if result.none_at is None and None in found[before:]:
                result.none_at = statement
        end = inserting.end_of(function)
        if end is not None and inference.type_of(checker, end) is not None:
            found.append(None)
    return reader.all_of(found, transform=transform)


def one_of(shapes: Sequence[Shape | None], *, transform: bool) -> Shape:
    """What is known of a return that is one of these. A transform that returns None raises: nothing runs behind it."""
    if transform and None in shapes:
        shapes = [each for each in shapes if each is not None] or [Context(rest=type_ops.any_type())]
    return alternatives([each or Context() for each in shapes], type_ops.join, NOT_EVERY_RETURN)
