"""Judges whether a restored value fits an annotation. What cannot be judged fits."""

from __future__ import annotations

import collections.abc
import enum
from typing import Any, cast, get_args, get_origin

import msgspec
import typing_extensions

from ..codec.problems import describe, key_step
from ..codec.scalars import DECODERS, encoder_of
from .fields import class_fields, typed_dict_fields
from .forms import LITERALS, MAX_DEPTH, UNIONS, unwrapped

_NOT_JUDGED: tuple[Any, ...] = (type, collections.abc.Callable)
_MAPPINGS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
_ITERABLES = (list, tuple, set, frozenset, collections.deque)


class Unfit(ValueError):
    """The value does not fit; the message says what was expected and what is there, with the key path."""


def fit(value: object, annotation: object, path: str, *, convert: bool) -> Any:
    """Judge whether a value fits an annotation, and return it.

    With ``convert`` the value may also be the JSON form of what the annotation says (an ISO string for a ``datetime``,
    a list for a ``tuple``, an object for a dataclass), and is returned converted; without it, it is never changed.
    Annotations that cannot be judged (``TypeVar``, ``Protocol``, ``Callable``, what is not resolved) fit.

    Raises ``ValueError`` with a short message that has the key path.
    """
    try:
        return _fit(value, annotation, path, convert, 0)
    except Unfit:
        raise
    except Exception:  # an annotation that is odd in ways of its own
        return value


def _fit(value: Any, annotation: Any, path: str, convert: bool, depth: int) -> Any:
    annotation = unwrapped(annotation)
    if annotation is Any or annotation is object or depth > MAX_DEPTH:
        return value
    if annotation is None or annotation is type(None):
        if value is not None:
            raise _unfit(value, "None", path)
        return value
    origin = get_origin(annotation)
    if origin in UNIONS:
        return _union(value, get_args(annotation), annotation, path, convert, depth)
    if origin in LITERALS:
        return _literal(value, get_args(annotation), annotation, path, convert)
    if isinstance(annotation, type) and origin is None:
        if typing_extensions.is_typeddict(annotation):
            return _typed_dict(value, annotation, path, convert, depth)
        return _class(value, annotation, path, convert, depth)
    if typing_extensions.is_typeddict(origin):
        return _typed_dict(value, origin, path, convert, depth)
    if isinstance(origin, type) and origin not in _NOT_JUDGED:
        return _generic(value, origin, get_args(annotation), annotation, path, convert, depth)
    return value  # a TypeVar, a ForwardRef, Callable, type[...], LiteralString ...


def _unfit(value: object, expected: object, path: str) -> Unfit:
    wanted = expected if isinstance(expected, str) else shown(expected)
    return Unfit(f"the value at {path} is {describe(value)}, expected {wanted}")


def shown(annotation: Any) -> str:
    """Return how a message names an annotation."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__qualname__
    text = repr(annotation).replace("typing.", "").replace("typing_extensions.", "")
    return text if len(text) <= 80 else text[:77] + "..."


def _union(value: Any, members: tuple[Any, ...], annotation: Any, path: str, convert: bool, depth: int) -> Any:
    inside: list[Unfit] = []
    for converting in (False, True) if convert else (False,):
        for member in members:
            try:
                return _fit(value, member, path, converting, depth + 1)
            except Unfit as unfit:
                if not str(unfit).startswith(f"the value at {path} "):
                    inside.append(unfit)
    raise inside[0] if len(inside) == 1 else _unfit(value, annotation, path)


def _literal(value: Any, choices: tuple[Any, ...], annotation: Any, path: str, convert: bool) -> Any:
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return value
    for choice in choices if convert else ():
        if isinstance(choice, enum.Enum) and choice.value == value:
            return choice
    raise _unfit(value, annotation, path)


def _is_instance(value: Any, cls: type) -> bool:
    if cls is float:
        return isinstance(value, float | int)
    if cls is complex:
        return isinstance(value, complex | float | int)
    if getattr(cls, "_is_protocol", False) and cls.__module__ not in ("collections.abc", "typing", "typing_extensions"):
        return True
    try:
        return isinstance(value, cls)
    except Exception:  # a protocol, or a metaclass of its own mind
        return True


def _class(value: Any, cls: type, path: str, convert: bool, depth: int) -> Any:
    if cls.__module__ in ("typing", "typing_extensions") and cls.__name__ in ("Any", "Generic", "Protocol"):
        return value
    if _is_instance(value, cls):
        _fit_fields(value, path, depth)
        return value
    if hasattr(cls, "__get_pydantic_core_schema__") and not hasattr(cls, "model_validate"):
        return value  # pydantic's own types stand for values of others: an EmailStr is a str
    if convert:
        try:
            return _converted(value, cls)
        except Exception:  # of msgspec, of pydantic, of the class itself
            pass
    raise _unfit(value, cls, path)


def _fit_fields(value: Any, path: str, depth: int) -> None:
    """Judge the fields of an object by what its class says of them today."""
    for name, (annotation, may_be_none) in class_fields(cast(Any, type(value))).items():
        try:
            field = getattr(value, name)
        except Exception:  # it was never set
            continue
        if field is not None or not may_be_none:
            _fit(field, annotation, path + key_step(name), False, depth + 1)


def _converted(value: Any, cls: type) -> Any:
    if type(value) not in (str, int, float, list, dict):
        raise ValueError
    validate = getattr(cls, "model_validate", None)
    if validate is not None:
        return validate(value)
    return msgspec.convert(value, cls, dec_hook=convert_other, str_keys=True)


def convert_other(cls: type, value: Any) -> Any:
    """Convert to a type that msgspec does not know and that has a usual text."""
    if isinstance(value, cls):
        return value
    if hasattr(cls, "model_validate"):
        return cls.model_validate(value)
    if cls.__module__.partition(".")[0] == "pathlib" and type(value) is str:
        return cls(value)
    leaf = encoder_of(cls)
    if leaf is not None:
        return DECODERS[leaf[0]](value, {})
    raise NotImplementedError


def _generic(
    value: Any, origin: type, arguments: tuple[Any, ...], annotation: Any, path: str, convert: bool, depth: int
) -> Any:
    if not _is_instance(value, origin):
        changed = _container(value, origin) if convert else None
        if changed is None:
            if convert and isinstance(value, dict | list):
                try:
                    return _converted(value, annotation)
                except Exception:
                    pass
            raise _unfit(value, annotation, path)
        value = changed
    if origin is tuple or (issubclass(origin, tuple) and type(value) is tuple):
        return _tuple(value, arguments, annotation, path, convert, depth)
    if type(value) in _MAPPINGS:
        if issubclass(origin, collections.abc.Mapping) and len(arguments) == 2:
            return _mapping(value, arguments, path, convert, depth)
        if issubclass(origin, collections.Counter) and len(arguments) == 1:
            return _mapping(value, (arguments[0], int), path, convert, depth)
        return value
    if type(value) in _ITERABLES and len(arguments) == 1 and issubclass(origin, collections.abc.Iterable):
        items = [_fit(item, arguments[0], f"{path}[{place}]", convert, depth + 1) for place, item in enumerate(value)]
        if convert and any(new is not old for new, old in zip(items, value, strict=True)):
            return type(value)(items)
    _fit_fields(value, path, depth)
    return value


def _container(value: Any, origin: Any) -> Any:
    """Return a JSON list or object as the collection that is asked for, or None."""
    if type(value) is list:
        if any(origin is cls for cls in (tuple, set, frozenset, collections.deque)):
            return origin(value)
        if origin in (collections.abc.Set, collections.abc.MutableSet):
            return set(value)
    if type(value) is dict and any(origin is cls for cls in (collections.OrderedDict, collections.Counter)):
        return origin(value)
    return None


def _tuple(value: Any, arguments: tuple[Any, ...], annotation: Any, path: str, convert: bool, depth: int) -> Any:
    if type(value) is not tuple or not all(_plain_argument(argument) for argument in arguments):
        return value
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        expected: tuple[Any, ...] = (arguments[0],) * len(value)
    else:
        expected = () if arguments == ((),) else arguments
        if len(expected) != len(value):
            raise Unfit(f"the value at {path} is a tuple of {len(value)}, expected {shown(annotation)}")
    items = [
        _fit(item, argument, f"{path}[{place}]", convert, depth + 1)
        for place, (item, argument) in enumerate(zip(value, expected, strict=True))
    ]
    return tuple(items) if convert and any(new is not old for new, old in zip(items, value, strict=True)) else value


def _plain_argument(argument: Any) -> bool:
    """Say whether an argument of tuple stands for one element; *tuple[int, ...] and *Ts stand for any number."""
    return get_origin(argument) is not typing_extensions.Unpack and not getattr(argument, "__unpacked__", False)


def _mapping(value: Any, arguments: tuple[Any, ...], path: str, convert: bool, depth: int) -> Any:
    changed: dict[Any, Any] = {}
    same = True
    for key, each in value.items():
        step = path + key_step(key)
        new_key = _key(key, arguments[0], step, convert, depth)
        new = _fit(each, arguments[1], step, convert, depth + 1)
        same = same and new is each and new_key is key
        changed[new_key] = new
    if not convert or same:
        return value
    if type(value) is collections.defaultdict:
        return collections.defaultdict(cast(Any, value).default_factory, changed)
    return type(value)(changed)


def _key(key: Any, annotation: Any, step: str, convert: bool, depth: int) -> Any:
    try:
        return _fit(key, annotation, f"{step} (the key)", convert, depth + 1)
    except Unfit:
        if convert and type(key) is str and unwrapped(annotation) in (int, float):
            try:
                return unwrapped(annotation)(key)
            except ValueError:
                pass
        raise


def _typed_dict(value: Any, cls: Any, path: str, convert: bool, depth: int) -> Any:
    if not isinstance(value, dict):
        raise _unfit(value, cls, path)
    changed = {}
    for name, (annotation, required) in typed_dict_fields(cls).items():
        if name in value:
            new = _fit(value[name], annotation, path + key_step(name), convert, depth + 1)
            if new is not value[name]:
                changed[name] = new
        elif required:
            raise Unfit(f'the value at {path} lacks the key "{name}", which {shown(cls)} requires')
    return {**value, **changed} if convert and changed else value
