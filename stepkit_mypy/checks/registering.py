"""``codecs=`` of a flow class: what it registers, as far as that can be seen, and what makes no sense there."""

from __future__ import annotations

from collections.abc import Sequence

from mypy.nodes import CallExpr, Expression, ListExpr, SetExpr, TupleExpr, TypeInfo
from mypy.types import FunctionLike, Instance, Type, get_proper_type

from .. import messages
from ..algebra.table import Table
from ..flow_class.work import Work
from ..mypy_api import inference, type_ops
from ..mypy_api.checking import TypeChecker
from ..names import CODEC
from ..savable import KINDS, is_registrable


def registered(checker: TypeChecker, work: Work, bases: Sequence[Table | None]) -> tuple[Instance, ...] | None:
    """What the class and its bases register; None where not all of it can be seen."""
    found: list[Instance] = []
    for base in bases:
        if base is not None:
            if base.codecs is None:
                return None
            found += base.codecs
    written = work.info.defn.keywords.get("codecs")
    items = () if written is None else _items(checker, work, written)
    if items is None:
        return None
    for item in items:
        codec = _registered_by(checker, item)
        if codec is None:
            return None
        found.append(codec)
    return tuple(found)


def check(checker: TypeChecker, work: Work) -> None:
    """Say what the runtime would say of the class's own ``codecs=``."""
    written = work.info.defn.keywords.get("codecs")
    for place, item in enumerate(() if written is None else _items(checker, work, written) or ()):
        codec = _registered_by(checker, item)
        if codec is None or codec.type.fullname == CODEC:
            continue
        from stepkit.codec.registry import NEEDS_CODEC, NEEDS_NO_CODEC

        problem = NEEDS_NO_CODEC if codec.type.fullname in KINDS else NEEDS_CODEC
        if problem is NEEDS_NO_CODEC or not is_registrable(codec.type):
            messages.definition(checker, item, problem.format(place=place, name=codec.type.name))


def _items(checker: TypeChecker, work: Work, written: Expression) -> Sequence[Expression] | None:
    """The items of a display, or of one that a name stands for."""
    display = work.body.constants.assigned_once(checker, written) or written
    return display.items if isinstance(display, (ListExpr, TupleExpr, SetExpr)) else None


def _registered_by(checker: TypeChecker, item: Expression) -> Instance | None:
    """The class that an item is, or the ``Codec`` with its class; None where that cannot be seen."""
    found = inference.type_of(checker, item)
    proper = None if found is None else get_proper_type(found)
    if isinstance(proper, Instance) and proper.type.fullname == CODEC:
        if not type_ops.is_any(proper.args[0]):
            return proper
        first = _class_argument(item)
        cls = None if first is None else _class_of(inference.type_of(checker, first))
        return None if cls is None else proper.copy_modified(args=[cls])
    return _class_of(found)


def _class_argument(item: Expression) -> Expression | None:
    if not isinstance(item, CallExpr):
        return None
    for argument, kind, name in zip(item.args, item.arg_kinds, item.arg_names, strict=True):
        if name == "type" or name is None and not kind.is_star():
            return argument
    return None


def _class_of(type: Type | None) -> Instance | None:
    """The class that an expression of this type names: ``Order``, ``Box[int]``; not a variable that holds a class."""
    proper = None if type is None else get_proper_type(type)
    if isinstance(proper, FunctionLike) and proper.is_type_obj():
        info: TypeInfo = proper.type_object()
        return Instance(info, [type_ops.any_type() for _ in info.defn.type_vars])
    return None
