"""Decorators below that of stepkit: what they make of the method is what the step is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from mypy.nodes import Decorator
from mypy.types import AnyType, CallableType, Type

from ..algebra.kinds import KINDS
from ..algebra.table import Parameter
from ..mypy_api import retyping, type_ops
from ..mypy_api.checking import TypeChecker
from ..records import dataclass
from ..syntax.declarations import Declaration
from .returned import Reader, Returned, one_of, returned


@dataclass(frozen=True, eq=False)
class Below:
    """A method, as the decorators below leave it."""

    type: CallableType | None
    """None where it cannot be seen."""
    gives: Type | None
    """What it returns, awaited; None for what its body returns."""
    keeps: bool = False
    """Whether what the body returns is among that."""
    parameters: dict[str, Parameter] | None = None
    """By the keys that they read; None where the decorators leave the method's own, or hide them."""
    reads: dict[str, Type] = field(default_factory=dict)


def look_below(declaration: Declaration, decorated: Type | None) -> Below | None:
    """What is below a step's decorator; None for the method itself, or what leaves it as it is."""
    node = declaration.node
    if not isinstance(node, Decorator) or decorated is None or type_ops.is_error(decorated):
        return None
    function, own = node.func, declaration.decorator
    if not node.decorators or node.decorators[-1] is own or own not in node.decorators or decorated == function.type:
        return None
    called = type_ops.called_type(decorated)
    if called is None or not isinstance(function.type, CallableType):
        return Below(None, type_ops.any_type())
    gives, before = type_ops.awaited(called.ret_type), type_ops.awaited(function.type.ret_type)
    items = type_ops.union_items(gives)
    keeps = retyping.returns_inferred(function) and all(each in items for each in type_ops.union_items(before))
    named = dict(zip(called.arg_names[1:], zip(called.arg_types[1:], called.arg_kinds[1:], strict=True), strict=True))
    below = Below(called, None if keeps and gives == before else gives, keeps)
    if called.is_ellipsis_args or None in named or any(kind.is_star() for _, kind in named.values()):
        return below
    inferred = retyping.inferred_places(function)
    unannotated = {function.arguments[place].variable.name for place in inferred}
    parameters = {
        name: Parameter(name, not kind.is_optional(), name not in unannotated)
        for name, (_, kind) in named.items()
        if name is not None
    }
    reads = {name: type for name, (type, _) in named.items() if name is not None}
    return Below(called, below.gives, keeps, parameters, reads)


def returned_below(
    checker: TypeChecker, declaration: Declaration, wanted: Mapping[str, Type] | None = None
) -> Returned:
    """What a decorated method gives; ``wanted`` as for ``returned``."""
    function, below = declaration.function, declaration.below
    assert function is not None
    transform = KINDS[declaration.kind].replaces
    result = returned(checker, function, declaration.constants, wanted, transform=transform)
    if below is None or below.gives is None:
        return result
    reader = Reader(checker, {}, declaration.constants)
    items = type_ops.union_items(below.gives)
    if below.keeps and isinstance(function.type, CallableType):
        own = type_ops.union_items(type_ops.awaited(function.type.ret_type))
        items = [each for each in items if each not in own]
    shapes = [shape for each in items for shape in reader.of_type(each)]
    may_be_none = None in shapes or below.keeps and result.may_be_none
    shape = one_of([*([result.shape] if below.keeps else []), *shapes], transform=transform)
    return Returned(shape, may_be_none, wrong=any(type_ops.is_error(each) for each in items))


def what_is_unknown(gives: Type) -> str:
    """What is to be said of a return by which the context becomes open."""
    if any(isinstance(each, AnyType) for each in type_ops.union_items(gives)):
        return "a value of type Any, as a decorator below it says"
    return "a mapping whose keys a decorator below it does not name"
