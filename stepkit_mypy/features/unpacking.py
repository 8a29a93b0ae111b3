"""``**values: Unpack[Calc.Output]``: mypy asks for the keys in the semantic phase, before the flow is checked.

A TypedDict without keys stands there until they are known, and gets them then.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote

from mypy.nodes import MypyFile, TypeAlias, TypeInfo
from mypy.plugin import AnalyzeTypeContext
from mypy.types import Type

from ..algebra.table import TABLE
from ..mypy_api import analysis, type_aliases, type_ops, unpack
from ..mypy_api.checking import TypeChecker
from .helper_types import PREFIX, asked
from .session import Session

WAITING = "__stepkit_unpacked|"
"""Begins the name of an alias of the module that asks. Its target stands where that of another alias will."""


def analyze(session: Session, context: AnalyzeTypeContext) -> Type:
    """Called in the semantic phase for ``Unpack[...]``."""
    made, alias = unpack.unpacked(context)
    if alias is None or not type_ops.is_any(alias.target):
        return made
    analyzer, module = analysis.analyzing_module(context.api)
    owner, _, name = alias.fullname.rpartition(".")
    if not name.startswith(PREFIX):  # no helper type, but perhaps one of a flow's own
        flow = analysis.class_called(analyzer, owner)
        if flow is None or type_aliases.alias_of(flow, TABLE) is None:
            return made
        if flow.module_name != module.fullname:
            if not unpack.KNOWS_CYCLES:
                return made
            asked(flow, module)
    waiting = analysis.module_alias(module, WAITING + quote(alias.fullname, safe="").replace(".", "%2E"), context.type)
    keys = type_ops.typed_dict_of(waiting.target)
    if keys is None:
        keys = type_ops.display_type(analyzer, {})
        type_aliases.set_target(waiting, keys)
    return unpack.unpack(keys)


def fill(checker: TypeChecker, info: TypeInfo, modules: Iterable[MypyFile]) -> None:
    """A flow is known: so are the keys of its types where they are unpacked."""
    for module in modules:
        for name, symbol in list(module.names.items()):
            if not name.startswith(WAITING) or not isinstance(symbol.node, TypeAlias):
                continue
            owner, _, last = unquote(name.removeprefix(WAITING)).rpartition(".")
            known = module.names.get(last)
            alias = type_aliases.alias_of(info, last) if owner == info.fullname else known.node if known else None
            keys = type_ops.typed_dict_of(symbol.node.target)
            if keys is not None and isinstance(alias, TypeAlias) and not type_ops.is_any(alias.target):
                unpack.fill_unpacked(checker, module, keys, alias.target)
