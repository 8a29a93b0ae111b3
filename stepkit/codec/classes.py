"""Instances of the flow's own classes: how each kind of class is taken apart and put together again.

An instance is restored from its state, without its constructor: what a ``__post_init__``, a validator, a default or a
private attribute made of it comes back as it was, and nothing of the user's runs because a checkpoint says so (but an
enum's ``_missing_`` and the constructor of a ``msgspec.Struct``, which has no other way).
"""

from __future__ import annotations

import dataclasses
import enum
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, cast

import msgspec

from .dumping import DumpAdapter, Dumped, Dumper
from .loading import LoadAdapter, Loader
from .problems import KEEP_ON_SELF, Malformed, Unsavable, describe, key_step, name_of

Fields = Mapping[str, Any]


class Adapter(DumpAdapter, LoadAdapter, Protocol):
    """Saves and restores the instances of exactly one class."""

    cls: type[Any]
    name: str
    """The class's name in tags; the registry sets it apart from others of the same name."""


class _ClassAdapter:
    def __init__(self, cls: Any) -> None:
        self.cls = cls
        self.name: str = cls.__qualname__

    def tag(self, dumper: Dumper, fields: dict[str, Any]) -> dict[str, Any]:
        return {"class": dumper.registry.tag_name(self.cls), **fields}


class EnumAdapter(_ClassAdapter):
    def dump(self, value: Any, dumper: Dumper) -> Dumped:
        plain = value._value_
        if type(plain) is str or type(plain) is int:
            plain, tag = dumper.dump(plain)
            if tag is None and self._by_value(plain) is value:
                return plain, self.tag(dumper, {})
        if self.cls.__members__.get(value._name_) is not value:
            raise Unsavable(self.cls, f"is not a member that its class gives back; register a Codec, {KEEP_ON_SELF}")
        return value._name_, self.tag(dumper, {"by": "name"})

    def load(self, plain: Any, tag: Fields, loader: Loader) -> Any:
        if "by" in tag:
            found = self.cls.__members__.get(plain) if type(plain) is str else None
        else:
            found = self._by_value(plain) if type(plain) is str or type(plain) is int else None
        if found is None:
            raise Malformed(f"is {describe(plain)}, which is not a member of {self.cls.__qualname__}")
        return found

    def _by_value(self, plain: str | int) -> Any:
        try:
            found = self.cls(plain)
        except Exception:
            return None
        return found if isinstance(found, self.cls) else None


class NamedTupleAdapter(_ClassAdapter):
    def dump(self, value: Any, dumper: Dumper) -> Dumped:
        if getattr(value, "__dict__", None):
            raise Unsavable(self.cls, f"has attributes besides its fields; register a Codec for it, {KEEP_ON_SELF}")
        plain, fields = dumper.named(dict(zip(self.cls._fields, value, strict=True)), key_step)
        return plain, self.tag(dumper, fields)

    def load(self, plain: Any, tag: Fields, loader: Loader) -> Any:
        values = loader.named(plain, tag)
        known_fields(self.cls, self.cls._fields, values)
        defaults = self.cls._field_defaults
        missing_fields(self.cls, [name for name in self.cls._fields if name not in values and name not in defaults])
        return tuple.__new__(
            self.cls, [values[name] if name in values else defaults[name] for name in self.cls._fields]
        )


class StructAdapter(_ClassAdapter):
    def dump(self, value: Any, dumper: Dumper, check: bool = True) -> Dumped:
        names = self.cls.__struct_fields__
        try:
            state = {name: getattr(value, name) for name in names}
        except AttributeError:
            raise Unsavable(self.cls, "has a field without a value") from None
        if getattr(value, "__dict__", None):
            raise Unsavable(self.cls, f"has attributes besides its fields; register a Codec for it, {KEEP_ON_SELF}")
        if check and hasattr(self.cls, "__post_init__"):
            self._check_constructor(value, dumper)
        plain, fields = dumper.named(state, key_step)
        return plain, self.tag(dumper, fields)

    def _check_constructor(self, value: Any, dumper: Dumper) -> None:
        """Refuse a Struct that its constructor, the only way to make one, does not make again from its fields."""
        try:
            plain, tag = self.dump(value, dumper.apart(), check=False)
            again = self.load(plain, cast(Fields, tag), dumper.loader())
            same = self.dump(again, dumper.apart(), check=False) == (plain, tag)
        except Exception:
            same = False
        if not same:
            raise Unsavable(
                self.cls,
                "does not come back the same when it is made from its fields, because of its __post_init__; "
                f"register a Codec for it, {KEEP_ON_SELF}",
            )

    def load(self, plain: Any, tag: Fields, loader: Loader) -> Any:
        values = loader.named(plain, tag)
        known_fields(self.cls, self.cls.__struct_fields__, values)
        try:
            return self.cls(**values)
        except TypeError:
            lacking = [name for name in self._required() if name not in values]
        missing_fields(self.cls, lacking)
        raise Malformed(f"does not make a {self.cls.__qualname__}")

    def _required(self) -> list[str]:
        try:
            return [field.name for field in msgspec.structs.fields(self.cls) if field.required]
        except Exception:  # an annotation that cannot be resolved
            return []


_CLEARED = "_attrs_cached_hash"  # differs between processes; attrs computes it anew where it is None
_DROPPED = ("__orig_class__", "__weakref__", "__dict__")


class StateAdapter(_ClassAdapter):
    """Dataclasses and attrs classes: every attribute of the instance, fields first."""

    def __init__(self, cls: type[Any], fields: Iterable[str], default: Callable[[str, Any], Any]) -> None:
        super().__init__(cls)
        object.__new__(cls)  # refuses classes that have more state than attributes: a subclass of Exception or of dict
        self.fields = tuple(fields)
        self.default = default
        self.slots: dict[str, Any] = {}
        for base in cls.__mro__:
            for name, member in vars(base).items():
                if isinstance(member, types.MemberDescriptorType) and name not in _DROPPED:
                    self.slots.setdefault(name, member)

    def state(self, value: Any) -> dict[str, Any]:
        found = dict(getattr(value, "__dict__", ()))
        for name, slot in self.slots.items():
            try:
                found[name] = slot.__get__(value)
            except AttributeError:
                pass
        for name in _DROPPED:
            found.pop(name, None)
        if _CLEARED in found:
            found[_CLEARED] = None
        ordered = {name: found.pop(name) for name in self.fields if name in found}
        return ordered | found

    def dump(self, value: Any, dumper: Dumper) -> Dumped:
        state = self.state(value)
        plain, fields = dumper.named(state, key_step)
        if beside := [name for name in state if name not in self.fields]:
            fields["beside"] = beside
        if unset := [name for name in self.fields if name not in state]:
            fields["unset"] = unset
        return plain, self.tag(dumper, fields)

    def load(self, plain: Any, tag: Fields, loader: Loader) -> Any:
        values = loader.named(plain, tag)
        beside, unset = _names(tag, "beside"), _names(tag, "unset")
        known_fields(self.cls, (*self.fields, *beside), values)
        restored = object.__new__(self.cls)
        for name, value in values.items():
            self._set(restored, name, value)
        missing = []
        for name in self.fields:
            if name not in values and name not in unset:
                try:
                    self._set(restored, name, self.default(name, restored))
                except LookupError:
                    missing.append(name)
        missing_fields(self.cls, missing)
        return restored

    def _set(self, restored: Any, name: str, value: Any) -> None:
        attributes = getattr(restored, "__dict__", None)
        if name in self.slots:
            self.slots[name].__set__(restored, value)
        elif attributes is None:
            raise Malformed(f"has the attribute {name_of(name)}, for which {self.cls.__qualname__} has no slot")
        else:
            attributes[name] = value  # straight into the dict: no descriptor and no __setattr__ is called


class PydanticAdapter(_ClassAdapter):
    """Pydantic models: what their own pickling keeps."""

    PARTS = ("__pydantic_extra__", "__pydantic_private__")

    def dump(self, value: Any, dumper: Dumper) -> Dumped:
        parts = [dict(value.__dict__), value.__pydantic_extra__, value.__pydantic_private__]
        state: dict[str, Any] = {}
        for part in parts:
            if state.keys() & (part or {}).keys():
                raise Unsavable(self.cls, f"has two attributes of one name; register a Codec for it, {KEEP_ON_SELF}")
            state |= part or {}
        plain, fields = dumper.named(state, key_step)
        fields["set"] = sorted(value.__pydantic_fields_set__)
        for field, part in zip(("extra", "private"), parts[1:], strict=True):
            if part is not None:
                fields[field] = list(part)
        if beside := [name for name in parts[0] or () if name not in self.fields]:
            fields["beside"] = beside
        if unset := [name for name in self.fields if name not in (parts[0] or ())]:
            fields["unset"] = unset  # after model_construct, or del
        return plain, self.tag(dumper, fields)

    @property
    def fields(self) -> Mapping[str, Any]:
        return cast(Mapping[str, Any], self.cls.__pydantic_fields__)

    def load(self, plain: Any, tag: Fields, loader: Loader) -> Any:
        values = loader.named(plain, tag)
        parts = {name: _names(tag, name) for name in ("extra", "private", "beside")}
        known_fields(self.cls, (*self.fields, *(name for part in parts.values() for name in part)), values)
        missing, unset = [], _names(tag, "unset")
        for name, field in self.fields.items():
            if name not in values and name not in unset:
                if field.is_required():
                    missing.append(name)
                else:
                    values[name] = field.get_default(call_default_factory=True, validated_data=values)
        missing_fields(self.cls, missing)
        missing_fields(self.cls, [name for part in parts.values() for name in part if name not in values])
        restored = self.cls.__new__(self.cls)
        for part, attribute in zip(("extra", "private"), self.PARTS, strict=True):
            taken = {name: values.pop(name) for name in parts[part]} if part in tag else None
            object.__setattr__(restored, attribute, taken)
        object.__setattr__(restored, "__dict__", values)
        object.__setattr__(restored, "__pydantic_fields_set__", set(_names(tag, "set")))
        return restored


class ExceptionAdapter(_ClassAdapter):
    """Exceptions that are registered: their ``args`` and attributes, but no traceback, cause or context."""

    def __init__(self, cls: type[Any]) -> None:
        super().__init__(cls)
        for base in cls.__mro__:
            if base.__flags__ & _HEAP_TYPE:
                lost = [each for each, member in vars(base).items() if isinstance(member, types.MemberDescriptorType)]
                fits = not set(lost) - set(_DROPPED)
            else:  # one that is larger than BaseException has more than args, set where its constructor runs
                fits = base is object or base.__basicsize__ == BaseException.__basicsize__
            if not fits:
                raise TypeError(f"{base.__qualname__} has more state than args and attributes")

    def dump(self, value: Any, dumper: Dumper) -> Dumped:
        if "args" in value.__dict__:
            raise Unsavable(self.cls, f'has an attribute of its own that is called "args"; remove it {KEEP_ON_SELF}')
        plain, fields = dumper.named({"args": list(value.args), **value.__dict__}, key_step)
        return plain, self.tag(dumper, fields)

    def load(self, plain: Any, tag: Fields, loader: Loader) -> Any:
        values = loader.named(plain, tag)
        args = values.pop("args", None)
        if type(args) is not list:
            raise Malformed(f"needs a list of args, not {describe(args)}")
        restored = BaseException.__new__(self.cls, *args)
        vars(restored).update(values)
        return restored


_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class that a class statement made


def _names(tag: Fields, field: str) -> list[str]:
    names = tag.get(field, [])
    if type(names) is not list or not all(type(name) is str for name in names) or len(set(names)) != len(names):
        raise Malformed(f'has a type tag whose "{field}" is not a list of names')
    return names


def known_fields(cls: type, fields: Iterable[str], values: Iterable[str]) -> None:
    if unknown := [name for name in values if name not in fields]:
        raise Malformed(f"has the field {name_of(unknown[0])}, which {cls.__qualname__} does not have (any more)")


def missing_fields(cls: type, missing: list[str]) -> None:
    if missing:
        raise Malformed(f"lacks the field {name_of(missing[0])}, for which {cls.__qualname__} has no default")


def adapter_for(cls: type[Any]) -> Adapter | None:
    """Return what saves and restores instances of the class, or None where only a ``Codec`` can."""
    try:
        return _adapter_for(cls)
    except Exception:  # a class that is odd in ways of its own
        return None


def registered_adapter_for(cls: type[Any]) -> Adapter | None:
    """Do as ``adapter_for``, for a class that stands in ``codecs=``: it may be an exception, too."""
    try:
        return ExceptionAdapter(cls) if issubclass(cls, BaseException) else adapter_for(cls)
    except TypeError:  # one with state that is neither args nor attributes
        return None


def _adapter_for(cls: type[Any]) -> Adapter | None:
    if issubclass(cls, enum.Enum):
        return EnumAdapter(cls) if len(cls) or issubclass(cls, enum.Flag) else None
    if issubclass(cls, tuple):
        return NamedTupleAdapter(cls) if hasattr(cls, "_fields") and hasattr(cls, "_field_defaults") else None
    if issubclass(cls, msgspec.Struct):
        return StructAdapter(cls)
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and issubclass(cls, pydantic.BaseModel):
        return None if cls is pydantic.BaseModel else PydanticAdapter(cls)
    if dataclasses.is_dataclass(cls):
        fields = {field.name: field for field in dataclasses.fields(cls)}
        return StateAdapter(cls, fields, lambda name, _: _dataclass_default(fields[name]))
    if isinstance(getattr(cls, "__attrs_attrs__", None), tuple):
        attributes = {attribute.name: attribute for attribute in cast(Any, cls).__attrs_attrs__}
        return StateAdapter(cls, attributes, lambda name, restored: _attrs_default(attributes[name], restored))
    return None


def _dataclass_default(field: Any) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    raise LookupError(field.name)


def _attrs_default(attribute: Any, restored: Any) -> Any:
    import attr

    default = attribute.default
    if default is attr.NOTHING:
        raise LookupError(attribute.name)
    if not isinstance(default, attr.Factory):  # type: ignore[arg-type]
        return default
    return default.factory(restored) if default.takes_self else default.factory()
