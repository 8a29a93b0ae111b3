"""The semantic phase: marks the methods of a flow class and gives it its type aliases, without work on types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mypy.nodes import Decorator, Expression, LambdaExpr, MypyFile, RefExpr, TypeInfo, Var
from mypy.plugin import ClassDefContext
from mypy.types import NoneType, ProperType, Type, UnionType

from .algebra.encoding import table_of
from .algebra.kinds import KINDS
from .algebra.table import TABLE
from .flow_class.bases import declared_flow, events_of_family, flow_base
from .mypy_api import analysis, contextless, inserting, nodes, own_methods, retyping, type_aliases, type_ops
from .names import (
    ERROR_POLICIES,
    FLOW,
    ON_PROGRESS,
    ON_STEP_COMPLETE,
    ON_STEP_ERROR,
    ON_STEP_START,
    PROGRESS,
    STEP_FUNCTION,
    STEP_START,
    TRANSFORM_FUNCTION,
)
from .syntax.declarations import Declaration, read_body


def tag_flow(context: ClassDefContext) -> None:
    """Called for every class with a flow among its bases, often more than once."""
    api: Any = context.api
    info = context.cls.info
    _add_aliases(context, api, info)
    declarations = read_body(context.cls, api.modules.get).declarations
    for declaration in declarations:
        when = declaration.options.get("when")
        if isinstance(when, LambdaExpr):
            contextless.infer_result_alone(when)
        if declaration.function is not None:
            tag_step(api, declaration, info)
            inserting.insert_decorator(api, declaration.node, *_inserted(declaration))
        elif isinstance(declaration.node, Decorator):
            retyping.take_back(declaration.node.func)
    _tag_callbacks(api, info)
    analysis.after_analysis(api, lambda: _tag_fallbacks(api, info, declarations))


def _inserted(declaration: Declaration) -> tuple[Expression | None, str]:
    """The decorator that need not be told of, and the one that tells it: one that was not written there."""
    bare = declaration.direct and declaration.call is None and KINDS[declaration.kind].merges
    return declaration.decorator if declaration.direct else None, TRANSFORM_FUNCTION if bare else STEP_FUNCTION


def _add_aliases(context: ClassDefContext, api: Any, info: TypeInfo) -> None:
    module = api.cur_mod_id
    for name in (TABLE, "Output", "Event"):
        type_aliases.add_alias(info, module, _free_name(info, name), type_ops.any_type())
    seen = declared_flow(info) or type_ops.seen_as(info, FLOW)
    if seen is not None and seen.args:
        type_aliases.add_alias(info, module, _free_name(info, "Input"), seen.args[0])
    analysis.resolve_in_class(api, context.cls, ("Input", "Output", "Event"))
    output = type_aliases.alias_of(info, "Output")
    if output is None or seen is None or len(seen.args) != 2:
        return
    base = flow_base(info)
    if base is not None:
        base.args = (base.args[0], type_aliases.alias_type(output)) if base.args else ()
    elif info.bases[0].type.fullname != FLOW:
        # mypy takes the first way up: the output of a flow that derives from another is its own.
        info.bases.insert(0, seen.copy_modified(args=[seen.args[0], type_aliases.alias_type(output)]))


def _free_name(info: TypeInfo, name: str) -> str:
    symbol = info.names.get(name)
    return name if symbol is None or symbol.plugin_generated else type_aliases.hidden_name(name)


def tag_step(api: Any, declaration: Declaration, info: TypeInfo) -> None:
    function = declaration.function
    assert function is not None
    if api.is_stub_file:
        inserting.mark_stub(function)
    if inserting.has_no_body(function):
        return
    result: Type
    returns = nodes.returns_of(function)
    valued = [each for each in returns if not nodes.returns_nothing(each)]
    text = api.named_type("builtins.str")
    if KINDS[declaration.kind].chooses:
        result = retyping.synthetic(UnionType([text, NoneType()]))
    elif valued:
        anything: Type = api.named_type("builtins.object")
        keys = nodes.keys_of_every_return(returns)
        if keys:  # what follows says the same; mypy checks a display faster against this
            result = retyping.synthetic(type_ops.display_type(api, dict.fromkeys(keys, anything)))
        else:
            mapping = api.named_type("typing.Mapping", [text, anything])
            result = retyping.synthetic(UnionType([mapping, NoneType()]))
    else:
        result = retyping.synthetic(NoneType())
    retyping.retype(api, function, info, result, {})
    analysis.belongs_to_interface(api, function)
    if retyping.returns_inferred(function) and (
        valued or KINDS[declaration.kind].chooses or KINDS[declaration.kind].replaces
    ):
        inserting.insert_end(function)
        inserting.write_none(api, returns)
        if valued and not KINDS[declaration.kind].chooses:
            contextless.infer_alone(function, returns)
    if retyping.inferred_places(function):
        inserting.insert_enter(function, _flow_itself(info))


def _flow_itself(info: TypeInfo) -> TypeInfo:
    return next(each for each in info.mro if each.fullname == FLOW)


def _tag_fallbacks(api: Any, info: TypeInfo, declarations: Sequence[Declaration]) -> None:
    """Type methods that are fallbacks where they have no annotations: ``--strict`` would ask for them.

    They may stand in a base class, or take the place of one that a base class names.
    """
    module, here = info.module_name, api.modules.get
    found = list(declarations)
    for base in info.mro[1:]:
        found += read_body(base.defn, here).declarations if base.module_name == module else ()
    names = {_fallback_name(each.options["on_error"], here(module)) for each in found if "on_error" in each.options}
    tables = [table_of(base) for base in info.mro[1:] if base.module_name != module]
    rows = [each for table in tables if table is not None for row in table.rows for each in (row, *row.members)]
    names |= {row.facts.fallback_name for row in rows}
    for name in names - {"", *ERROR_POLICIES}:
        for owner in info.mro:
            symbol = owner.names.get(name) if owner.module_name == module else None
            node = None if symbol is None else symbol.node
            plain = own_methods.plain_method(node)
            function = node.func if isinstance(node, Decorator) else plain
            if function is None or inserting.has_no_body(function) or function.is_static or function.is_class:
                continue
            result: ProperType = type_ops.any_type()
            if plain is None:  # what its decorators leave of this tells whether its body says what it gives
                text, anything = api.named_type("builtins.str"), api.named_type("builtins.object")
                result = UnionType([api.named_type("typing.Mapping", [text, anything]), NoneType()])
            retyping.retype(api, function, owner, retyping.synthetic(result), {1: api.named_type("builtins.Exception")})


def _fallback_name(written: Expression, module: MypyFile | None) -> str:
    """The method that ``on_error=`` names, by a text, a constant or itself."""
    node = written.node if isinstance(written, RefExpr) else None
    if isinstance(node, Var):
        values = [] if module is None else nodes.assignments(module).get(node, [])
        written = values[0] or written if len(values) == 1 else written
    name = getattr(written, "value", None) or getattr(written, "name", None)
    return name if isinstance(name, str) else ""


def _tag_callbacks(api: Any, info: TypeInfo) -> None:
    """Type the parameters of a class's own callbacks where they have no annotation."""
    event = type_aliases.alias_of(info, "Event")
    text = api.named_type("builtins.str")
    for name, parameters in (
        (ON_STEP_COMPLETE, {1: type_aliases.alias_type(event)} if event is not None else {}),
        (ON_STEP_ERROR, {1: text, 2: api.named_type("builtins.Exception")}),
        (ON_STEP_START, {1: api.named_type(STEP_START)}),
        (ON_PROGRESS, {1: api.named_type(PROGRESS)}),
    ):
        symbol = info.names.get(name)
        function = own_methods.plain_method(symbol.node if symbol is not None else None)
        if function is not None and not inserting.has_no_body(function):
            valued = any(not nodes.returns_nothing(each) for each in nodes.returns_of(function))
            result = type_ops.any_type() if valued else retyping.synthetic(NoneType())
            retyping.retype(api, function, info, result, parameters)
            inserting.insert_enter(function, _flow_itself(info))
            if name == ON_STEP_COMPLETE and symbol is not None:
                own_methods.loosen_after_analysis(api, symbol.node, 1, lambda: events_of_family(info, api.named_type))
