"""Decisions: which keys the payload of an approval gives, and whether a decision fits it.

Messages name key paths and types, never a value.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, ForwardRef, NamedTuple, cast

import msgspec
import typing_extensions

from ..codec.problems import describe, key_step, name_of
from ..errors.wording import nearest
from .fields import class_fields, typed_dict_fields
from .fitting import Unfit, convert_other, fit, shown
from .forms import unwrapped


class PayloadField(NamedTuple):
    """A field of a payload, which becomes a key of the context."""

    annotation: Any
    required: bool
    """Whether a decision has to give it."""
    always: bool
    """Whether it is in the context behind the gate for certain: it is required, or has a default."""
    argument: str | None
    """What its class is given it by; None where the class makes it itself."""


@lru_cache(512)
def payload_fields(cls: Any) -> Mapping[str, PayloadField]:
    """Return the fields of a TypedDict, dataclass, Struct, pydantic model or attrs class, by name."""
    if typing_extensions.is_typeddict(cls):
        return {
            name: PayloadField(annotation, required, required, name)
            for name, (annotation, required) in typed_dict_fields(cls).items()
        }
    annotated = class_fields(cls)
    found: dict[str, PayloadField] = {}
    for name, required, argument in _declared(cls):
        annotation = annotated[name].annotation if name in annotated else Any
        found[name] = PayloadField(annotation, required, True, argument)
    return found


def _declared(cls: Any) -> Iterator[tuple[str, bool, str | None]]:
    """Yield the fields of a class: the name, whether it is required, and what the class is given it by."""
    if hasattr(cls, "__pydantic_fields__") and hasattr(cls, "model_validate"):
        for name, model_field in cls.__pydantic_fields__.items():
            alias = model_field.validation_alias or model_field.alias
            yield name, model_field.is_required(), alias if isinstance(alias, str) else name
    elif hasattr(cls, "__struct_fields__"):
        for struct_field in msgspec.structs.fields(cls):
            yield struct_field.name, struct_field.required, struct_field.encode_name
    elif isinstance(getattr(cls, "__attrs_attrs__", None), tuple):
        for attribute in cls.__attrs_attrs__:
            has_default = type(attribute.default).__name__ != "_Nothing" or not attribute.init
            yield attribute.name, not has_default, attribute.alias if attribute.init else None
    else:
        for field in dataclasses.fields(cls):
            missing = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            yield field.name, missing and field.init, field.name if field.init else None


def read_decision(payload: Any, decision: object) -> dict[str, Any]:
    """Return the keys that a decision gives: a mapping of the payload's fields, or an instance of it.

    Values may be in their JSON form, as a web form has them (an ISO string for a ``datetime``). Raises ``Unfit``.
    """
    fields = payload_fields(payload)
    if not typing_extensions.is_typeddict(payload) and isinstance(decision, payload):
        return {name: _fitted(payload, name, each, getattr(decision, name, None)) for name, each in fields.items()}
    if not isinstance(decision, Mapping):
        raise Unfit(f"the value at $ is {describe(decision)}, expected {shown(payload)}")
    given: Mapping[Any, Any] = decision
    accepted = {name: each for name, each in fields.items() if each.argument is not None}
    for key in given:
        if key not in accepted:
            hint = nearest(key, accepted) if isinstance(key, str) else ""
            raise Unfit(f"the decision has the key {name_of(key)}, which {shown(payload)} does not have{hint}")
    for name, field in accepted.items():
        if field.required and name not in given:
            raise Unfit(f'the value at $ lacks the key "{name}", which {shown(payload)} requires')
    if hasattr(payload, "model_validate"):
        return _of_model(payload, fields, given)
    values = {name: _fitted(payload, name, fields[name], value) for name, value in given.items()}
    if typing_extensions.is_typeddict(payload):
        _made(lambda: msgspec.convert(values, payload, dec_hook=convert_other, str_keys=True), payload, strict=False)
        return values
    arguments = {cast(str, fields[name].argument): value for name, value in values.items()}
    if hasattr(payload, "__attrs_attrs__") or hasattr(payload, "__pydantic_validator__"):
        made = _made(lambda: payload(**arguments), payload)
    else:
        made = _made(lambda: msgspec.convert(arguments, payload, dec_hook=convert_other, str_keys=True), payload)
    return {name: getattr(made, name) for name in fields}


def _fitted(payload: Any, name: str, field: PayloadField, value: object) -> Any:
    if isinstance(unwrapped(field.annotation), str | ForwardRef):
        raise Unfit(f"the annotation of {shown(payload)}{key_step(name)} cannot be resolved, so no value can be judged")
    return fit(value, field.annotation, f"${key_step(name)}", convert=True)


def _made(make: Callable[[], Any], payload: Any, *, strict: bool = True) -> Any:
    """Let the payload's own rules judge: lengths and patterns, validators, ``__post_init__``."""
    try:
        return make()
    except msgspec.ValidationError as error:
        place = re.search(r" - at `(\$[^`]*)`$", str(error))
        raise Unfit(f"the value at {place[1] if place else '$'} is not what {shown(payload)} allows there") from None
    except Exception as error:
        if not strict:  # a type that msgspec does not know; it was judged before
            return None
        raise Unfit(f"{shown(payload)} refuses the decision ({type(error).__qualname__})") from None


def _of_model(payload: Any, fields: Mapping[str, PayloadField], given: Mapping[str, Any]) -> dict[str, Any]:
    """Let a pydantic model judge; it has conversions of its own, but its datetimes could not be saved."""
    arguments: dict[str, Any] = {}
    for name, value in given.items():
        try:
            value = _fitted(payload, name, fields[name], value)
        except Unfit:
            pass
        arguments[cast(str, fields[name].argument)] = value
    try:
        made = payload.model_validate(arguments)
    except Exception as error:
        raise Unfit(_problem(payload, fields, given, error)) from None
    return {name: getattr(made, name) for name in fields}


def _problem(payload: Any, fields: Mapping[str, PayloadField], given: Mapping[str, Any], error: Any) -> str:
    try:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        names: dict[Any, str] = {field.argument: name for name, field in fields.items()}
        name = names.get(first["loc"][0], str(first["loc"][0]))
        path = "$" + "".join(key_step(step) for step in (name, *first["loc"][1:]))
        found = f" is {describe(given[name])}, which" if len(first["loc"]) == 1 and name in given else ""
        return f"the value at {path}{found} is not what {shown(payload)} allows there ({first['type']})"
    except Exception:  # a validator of the whole model, or an error that is not pydantic's
        return f"{shown(payload)} refuses the decision ({type(error).__qualname__})"
