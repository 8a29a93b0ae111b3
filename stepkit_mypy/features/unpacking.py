"""``**values: Unpack[Calc.Output]``: mypy asks for the keys in the semantic phase, before the flow is checked.

A TypedDict without keys stands there until they are known, and gets them then.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote

from mypy.checker import TypeChecker
from mypy.nodes import MypyFile, TypeAlias, TypeInfo
from mypy.plugin import AnalyzeTypeContext
from mypy.types import Type

from .. import mypy_api
from ..algebra.table import TABLE
from .helper_types import PREFIX, asked

WAITING = "__stepkit_unpacked|"
"""Begins the name of an alias of the module that asks. Its target stands where that of another alias will."""


def analyze(context: AnalyzeTypeContext) -> Type:
    """Called in the semantic phase for ``Unpack[...]``."""
    made, alias = mypy_api.unpacked(context)
    if alias is None or not mypy_api.is_any(alias.target):
        return made
    analyzer, module = mypy_api.analyzing_module(context.api)
    owner, _, name = alias.fullname.rpartition(".")
    if not name.startswith(PREFIX):  # no helper type, but perhaps one of a flow's own
        flow = mypy_api.class_called(analyzer, owner)
        if flow is None or mypy_api.alias_of(flow, TABLE) is None:
            return made
        if flow.module_name != module.fullname:
            if not mypy_api.KNOWS_CYCLES:
                return made
            asked(flow, module)
    waiting = mypy_api.module_alias(module, WAITING + quote(alias.fullname, safe="").replace(".", "%2E"), context.type)
    keys = mypy_api.typed_dict_of(waiting.target)
    if keys is None:
        keys = mypy_api.display_type(analyzer, {})
        mypy_api.set_target(waiting, keys)
    return mypy_api.unpack(keys)


def fill(checker: TypeChecker, info: TypeInfo, modules: Iterable[MypyFile]) -> None:
    """A flow is known: so are the keys of its types where they are unpacked."""
    for module in modules:
        for name, symbol in list(module.names.items()):
            if not name.startswith(WAITING) or not isinstance(symbol.node, TypeAlias):
                continue
            owner, _, last = unquote(name.removeprefix(WAITING)).rpartition(".")
            known = module.names.get(last)
            alias = mypy_api.alias_of(info, last) if owner == info.fullname else known.node if known else None
            keys = mypy_api.typed_dict_of(symbol.node.target)
            if keys is not None and isinstance(alias, TypeAlias) and not mypy_api.is_any(alias.target):
                mypy_api.fill_unpacked(checker, module, keys, alias.target)
