"""In the semantic phase methods are given types where they have none; later these are told from what was written.

Why it is done so: "How a module is visited" in ``docs/maintainers/mypy-traps.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mypy.nodes import FuncDef, TypeInfo
from mypy.types import AnyType, CallableType, ProperType, Type, TypeOfAny, get_proper_type
from mypy.typevars import fill_typevars

from .inserting import end_of, entered
from .nodes import names_in
from .type_ops import any_type, awaited, is_any, is_left_out, is_unannotated

SYNTHETIC = -78
"""The line of a return type that was not written but given."""


def retype(api: Any, func: FuncDef, info: TypeInfo, result: Type | None, parameters: Mapping[int, Type]) -> None:
    """Give a method types where it has none: ``result`` for its return, ``parameters`` by their place.

    It is done once: later analysis, and the daemon's stripping, start from what was given.
    """
    original = func.unanalyzed_type
    already_analyzed = func.info is info if "@" in info.fullname else _is_analyzed(func)
    changed = False
    if original is None:
        if result is None and not parameters:
            return
        names = [None if argument.pos_only else argument.variable.name for argument in func.arguments]
        unannotated: list[Type] = [AnyType(TypeOfAny.unannotated) for _ in func.arguments]
        original = CallableType(
            unannotated,
            [argument.kind for argument in func.arguments],
            names,
            AnyType(TypeOfAny.unannotated),
            api.named_type("builtins.function"),
            name=func.name,
            line=func.line,
        )
    assert isinstance(original, CallableType)
    arguments = list(original.arg_types)
    for place, argument in enumerate(arguments):
        if place > 0 and is_left_out(argument):
            arguments[place] = parameters.get(place, any_type())
            changed = True
    returned = original.ret_type
    if result is not None and is_left_out(returned):
        returned = result
        changed = True
    if not changed:
        return
    func.unanalyzed_type = original.copy_modified(arg_types=arguments, ret_type=returned)
    if not already_analyzed:
        func.type = func.unanalyzed_type.copy_modified()
    else:
        _retype_analyzed(api, func, info, arguments, returned)


def _is_analyzed(func: FuncDef) -> bool:
    """Whether a method was analyzed, and is not about to be: the daemon strips what it analyzes again."""
    names = names_in(func.body)
    known = bool(func.arguments) and func.arguments[0].variable.fullname != ""
    return known and (not names or any(name.node is not None for name in names))


def take_back(func: FuncDef) -> None:
    """Take back what a method was given that is no step any more: the daemon keeps it over an edit elsewhere."""
    original, known = func.unanalyzed_type, func.type
    if not isinstance(original, CallableType) or not isinstance(known, CallableType):
        return
    given = [place for place in inferred_places(func) if not is_left_out(original.arg_types[place])]
    returned = original.ret_type.line == SYNTHETIC
    if not given and not returned:
        return
    body = func.body.body
    body[:] = [each for each in body if entered(each) is None and (each is not body[-1] or end_of(func) is None)]
    unannotated = AnyType(TypeOfAny.unannotated)
    arguments = [unannotated if place in given else each for place, each in enumerate(original.arg_types)]
    if returned and all(map(is_left_out, arguments)):
        func.unanalyzed_type = func.type = None
        for argument in func.arguments:
            argument.variable.type = None
        return
    analyzed = [unannotated if place in given else each for place, each in enumerate(known.arg_types)]
    func.unanalyzed_type = original.copy_modified(
        arg_types=arguments, ret_type=unannotated if returned else original.ret_type
    )
    func.type = known.copy_modified(arg_types=analyzed, ret_type=unannotated if returned else known.ret_type)


def _retype_analyzed(api: Any, func: FuncDef, info: TypeInfo, arguments: list[Type], returned: Type) -> None:
    """The same for a method that was analyzed before: in a class inside a function, or by the daemon before an edit."""
    current = func.type if isinstance(func.type, CallableType) else None
    arguments = [
        argument if current is None or is_left_out(current.arg_types[place]) else current.arg_types[place]
        for place, argument in enumerate(arguments)
    ]
    if arguments and is_any(arguments[0]):
        arguments[0] = fill_typevars(info)
    if current is not None and not is_unannotated(awaited(current.ret_type)):
        returned = current.ret_type
    elif func.is_coroutine:
        returned = api.named_type("typing.Coroutine", [any_type(), any_type(), returned])
    assert isinstance(func.unanalyzed_type, CallableType)
    func.type = func.unanalyzed_type.copy_modified(
        arg_types=arguments, ret_type=returned, fallback=api.named_type("builtins.function"), definition=func
    )
    api.wrapped_coro_return_types[func] = func.type


def synthetic(type: ProperType) -> ProperType:
    """Mark a return type as one that was not written."""
    type.line = SYNTHETIC
    return type


def returns_inferred(func: FuncDef) -> bool:
    original = func.unanalyzed_type
    return (
        not isinstance(original, CallableType)
        or original.ret_type.line == SYNTHETIC
        or is_unannotated(original.ret_type)
    )


def inferred_places(func: FuncDef) -> frozenset[int]:
    """The places of the parameters that ``retype`` gave a type; it is kept where stripping leaves it alone."""
    original = func.unanalyzed_type
    if not isinstance(original, CallableType):
        return frozenset(range(1, len(func.arguments)))
    return frozenset(
        place
        for place, argument in enumerate(original.arg_types)
        if place > 0
        and isinstance(argument, AnyType)
        and argument.type_of_any in (TypeOfAny.special_form, TypeOfAny.unannotated)
    )


def gives_unannotated(function: FuncDef) -> bool:
    """Whether the return of a function has no annotation."""
    type = function.type
    return not isinstance(type, CallableType) or is_left_out(get_proper_type(awaited(type.ret_type)))
