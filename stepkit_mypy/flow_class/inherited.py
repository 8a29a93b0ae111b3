"""The rows that a flow class has from its bases, and from classes that it mixes in."""

from __future__ import annotations

from sys import stdlib_module_names

from mypy.nodes import Decorator, TypeInfo, Var
from mypy.types import Instance, get_proper_type

from ..algebra.contexts import Context
from ..algebra.encoding import decode_row, table_of
from ..algebra.table import Facts, Row
from ..mypy_api import type_ops
from ..names import DECLARATIONS, FLOW, STEP


def inherited_rows(info: TypeInfo) -> list[Row]:
    """The rows of the bases, in the order in which the runtime collects them."""
    rows: dict[str, Row] = {}
    for base in reversed(info.mro[1:]):
        if not base.has_base(FLOW):
            mixed_in = _mixed_in(base)
            seen = type_ops.seen_as(info, base.fullname) if mixed_in else None
            for row in mixed_in:
                rows[row.facts.attribute] = row.seen_as(seen)
            continue
        table = table_of(base)
        if table is None:
            continue
        seen = type_ops.seen_as(info, base.fullname)
        own = {row.facts.attribute: row.seen_as(seen) for row in table.rows}
        ancestors = {each.fullname for each in base.mro}
        for attribute, row in list(rows.items()):
            if row.facts.definer in ancestors and attribute not in own:
                del rows[attribute]
        for attribute, row in own.items():
            if attribute not in rows or row.facts.definer == base.fullname:
                rows[attribute] = row
    return list(rows.values())


def _mixed_in(info: TypeInfo) -> list[Row]:
    """The steps of a class that is no flow itself. Those of which nothing is known come first."""
    rows = [_mixed_in_as(name, symbol.node, info) for name, symbol in info.names.items()]
    return sorted((row for row in rows if row is not None), key=lambda row: row.facts.position)


def _mixed_in_as(name: str, node: object, info: TypeInfo) -> Row | None:
    """The row of a class attribute that is, or may be, a step."""
    type = node.var.type if isinstance(node, Decorator) else node.type if isinstance(node, Var) else None
    step = get_proper_type(type)
    if type_ops.is_instance(step, STEP) and len(step.args) == 2 and not type_ops.is_any(step.args[1]):
        return decode_row(step.args[1])
    unknown = isinstance(node, Decorator) and _may_be_step(node, info)
    if unknown or isinstance(step, Instance) and step.type.fullname in DECLARATIONS:
        return Row(Facts(name, name, "step", info.fullname, named=False), change=Context(rest=type_ops.any_type()))
    return None


def _may_be_step(node: Decorator, info: TypeInfo) -> bool:
    """Whether decorators of which nothing is known may make a step of a method."""
    type = node.var.type
    known = type is not None and (not type_ops.is_any(type) or type_ops.is_error(type))
    return not known and not node.var.is_property and info.module_name.partition(".")[0] not in stdlib_module_names
