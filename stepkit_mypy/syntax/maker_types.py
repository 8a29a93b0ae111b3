"""Makers in types: the argument of ``StepDecorator`` says how a decorator was made, as a text that a cache keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mypy.nodes import ArgKind, Expression, NameExpr, RefExpr, StrExpr, Var
from mypy.types import CallableType, Instance, Type, get_proper_type

from ..mypy_api import type_ops
from ..names import BRANCH_DECORATOR, STEP_DECORATOR
from .maker import MADE, UNSEEN, House, Maker, Parameter


def of_type(type: Type | None) -> Maker | None:
    """What a value of this type is to a flow class."""
    proper = None if type is None else get_proper_type(type_ops.without_any(type))
    if isinstance(proper, CallableType):
        made = get_proper_type(type_ops.without_any(proper.ret_type))
        found = _of_instance(made) if isinstance(made, Instance) else None
        if found is None or found.stage == "function":
            return found
        return Maker(found.kind, "function", house=House(None, found))
    if not isinstance(proper, Instance):
        return None
    if proper.type.fullname == "functools.partial" and proper.args:
        made = get_proper_type(type_ops.without_any(proper.args[0]))
        found = _of_instance(made) if isinstance(made, Instance) else None
        return None if found is None else Maker(found.kind, "function", house=House(None, _seen_of(found)))
    found = _of_instance(proper)
    return None if found is None else _seen_of(found)


def _of_instance(instance: Instance) -> Maker | None:
    name = instance.type.fullname
    if name in MADE:
        return Maker(MADE[name], "made")
    if name == BRANCH_DECORATOR:
        return Maker("branch", "decorator", {"$0": UNSEEN})
    if name != STEP_DECORATOR:
        return None
    text = type_ops.literal_values(instance.args[0]) if instance.args else []
    return _decoded(text[0]) if text else Maker("step", "decorator", {"$0": UNSEEN})


def _seen_of(maker: Maker) -> Maker:
    """What a function gives, for arguments that cannot be seen."""
    if maker.stage != "function":
        return maker
    result = maker if maker.house is None else maker.house.result
    names = [] if maker.house is None else [each.name for each in maker.house.parameters or ()]
    options = {
        name: value
        for name, value in result.options.items()
        if not (isinstance(value, NameExpr) and value.name in names) and name != "$0"
    }
    name = result.options.get("$0")
    options["$0"] = name if isinstance(name, StrExpr) else UNSEEN
    return Maker(result.kind, "decorator", options, result.complete)


def encoded(maker: Maker | None) -> str | None:
    """What makes a declaration, for the argument of ``StepDecorator``; None if it cannot be said there."""
    if maker is None or maker.group is not None or maker.stage == "made" or maker.given:
        return None
    if maker.house is None:
        data: dict[str, Any] = _as_data(maker, ())
    else:
        result, parameters = maker.house.result, maker.house.parameters
        if parameters is None or result.stage != "decorator":
            return None
        data = _as_data(result, [each.name for each in parameters])
        data["parameters"] = [
            (each.name, each.kind.name, None if each.default is None else _value_as_data(each.default, ()))
            for each in parameters
        ]
        data["spread"] = maker.house.spread
        data["defaults"] = {name: _value_as_data(value, ()) for name, value in maker.house.defaults.items()}
    return json.dumps(data)


def _as_data(maker: Maker, parameters: Sequence[str]) -> dict[str, Any]:
    options = {name: _value_as_data(value, parameters) for name, value in maker.options.items()}
    return {"kind": maker.kind, "stage": maker.stage, "options": options, "complete": maker.complete}


def _value_as_data(value: Expression, parameters: Sequence[str]) -> list[str]:
    if isinstance(value, NameExpr) and (value.name in parameters or value.name in ("True", "False", "None")):
        return ["name", value.name]
    text = _text(value)
    return [] if text is None else ["text", text]


def _value(data: list[str] | None) -> Expression:
    if not data:
        return UNSEEN
    kind, text = data
    if kind == "text":
        return StrExpr(text)
    name = NameExpr(text)
    name.fullname = f"builtins.{text}" if text in ("True", "False", "None") else ""
    return name


def _decoded(text: str) -> Maker:
    data = json.loads(text)
    options = {name: _value(each) for name, each in data["options"].items()}
    result = Maker(data["kind"], data["stage"], options, data["complete"])
    if "parameters" not in data:
        return result
    parameters = tuple(
        Parameter(name, ArgKind[kind], None if default is None else _value(default))
        for name, kind, default in data["parameters"]
    )
    defaults = {name: _value(each) for name, each in data["defaults"].items()}
    return Maker(result.kind, "function", house=House(parameters, result, data["spread"], defaults))


def _text(expression: Expression) -> str | None:
    """The string that an expression stands for."""
    if isinstance(expression, StrExpr):
        return expression.value
    final = (
        expression.node.final_value if isinstance(expression, RefExpr) and isinstance(expression.node, Var) else None
    )
    return final if isinstance(final, str) else None
