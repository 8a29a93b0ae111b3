"""What the bases of a flow class say: its input, and the events of its family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mypy.nodes import TypeInfo
from mypy.types import Instance, Type

from ..algebra.contexts import Context
from ..algebra.encoding import table_of
from ..algebra.table import input_context
from ..mypy_api import type_aliases, type_ops
from ..names import (
    EVENT,
    FLOW,
)


def input_of(info: TypeInfo) -> Context[Type]:
    """What a flow class's context starts with."""
    context = _written_input(info)
    return replace(context, rest=type_ops.any_type()) if info.fallback_to_any else context


def _written_input(info: TypeInfo) -> Context[Type]:
    declared = declared_flow(info)
    if declared is not None:
        return input_context(declared.args[0]) if declared.args else Context(rest=type_ops.any_type())
    written = next((each for each in info.mro if written_flow(each) is not None), None)
    if written is None or written.defn.base_type_exprs:
        return Context(rest=type_ops.any_type()) if written is None else Context()
    table = table_of(written)  # a cache does not tell ``Flow`` from ``Flow[Any]``
    return Context() if table is None else table.input


def flow_base(info: TypeInfo) -> Instance | None:
    """``Flow[...]`` among the direct bases that were written."""
    derives = any(base.type.fullname != FLOW and base.type.has_base(FLOW) for base in info.bases)
    return None if derives else next((base for base in info.bases if base.type.fullname == FLOW), None)


def declared_flow(info: TypeInfo) -> Instance | None:
    """``Flow[...]`` as the class, or the first of its bases that declares an input, says it; None where none does."""
    for each in info.mro:
        written, seen = written_flow(each), type_ops.seen_as(info, each.fullname)
        if written is not None and seen is not None and input_is_written(each, written):
            declared = type_ops.for_instance(seen, written)
            return declared if isinstance(declared, Instance) else None
    return None


def written_flow(info: TypeInfo) -> Instance | None:
    """``Flow`` among the bases as they were written, with its arguments or without."""
    written = flow_base(info)
    if written is not None:
        return written
    # In a class that derives from another flow, the first is one that was put there.
    return next((base for base in info.bases[1:] if base.type.fullname == FLOW), None)


def input_is_written(info: TypeInfo, written: Instance) -> bool:
    """Whether a class says ``Flow[...]``; a bare ``Flow`` has no input."""
    if not info.defn.base_type_exprs:  # it comes from a cache
        return bool(written.args) and not type_ops.is_any(written.args[0])
    return not any(type_aliases.is_written_without_arguments(base, FLOW) for base in info.defn.base_type_exprs)


def events_of_family(info: TypeInfo, named: Callable[[str, list[Type]], Type]) -> list[Type]:
    """The events of a flow, and of its bases and subclasses.

    A flow's own ``on_step_complete`` takes them, whatever its annotation says: a subclass has more steps, and gives its
    own the type of its own events, which would be a wrong override, and so would ``super().on_step_complete(event)``.
    """
    found: list[Type] = []
    flows = [each for each in info.mro if each.has_base(FLOW) and each.fullname != FLOW]
    for each in flows:
        if all(base is each or base not in flows for base in each.mro):
            owner = type_ops.seen_as(info, each.fullname)
            if owner is not None:
                owner = owner.copy_modified(
                    args=[type_ops.any_type() for _ in owner.args]
                )  # an alias has the variables
                found.append(named(EVENT, [named("builtins.str", []), type_ops.any_type(), owner]))
    return found
