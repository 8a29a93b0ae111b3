"""Which values a flow's checkpoints can hold: the builtin kinds, the classes that the flow names, and its codecs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, final, get_origin

from typing_extensions import TypeVar, is_typeddict

from ..errors import CheckpointFormatError, UnsavableValueError
from .classes import Adapter, adapter_for, registered_adapter_for
from .dumping import Dumped, Dumper, Tag, is_builtin_kind
from .loading import Loader
from .plain_json import MAX_DEPTH, encode, encode_pure
from .problems import KEEP_ON_SELF, Malformed, Unsavable, describe, key_step, name_of

T = TypeVar("T")

DumpedContext = tuple[dict[str, Any], dict[str, Tag]]
"""Plain data and tags by key."""

_NATIVE = (type(None), bool, int, float, str, list, dict)


@final
class Codec(Generic[T]):
    """How checkpoints save and restore a type of your own; give it to a flow with the class keyword ``codecs=``.

    Args:
        type: The class. It stands for its own instances only, not for those of subclasses.
        encode: Makes of a value something that can be saved: JSON data, or any value that a checkpoint can hold.
        decode: Makes of that an equal value of the same type.
        name: The name in the checkpoint; the class's qualified name where it is left out. With a name of its own the
            class can be renamed or moved, and its checkpoints stay resumable.

    Raises ``TypeError`` for a type that JSON has a form for.
    """

    __slots__ = ("decode", "encode", "name", "type")

    def __init__(
        self, type: type[T], encode: Callable[[T], Any], decode: Callable[[Any], T], name: str | None = None
    ) -> None:
        if not isinstance(type, _TYPE) or type in _NATIVE:
            raise TypeError(f"Codec: type is a class that JSON has no form for, not {type!r}")
        if not callable(encode) or not callable(decode):
            raise TypeError(f"Codec({type.__qualname__}): encode and decode are functions of one argument")
        if name is not None and (not isinstance(name, str) or not name.isprintable() or not name):
            raise TypeError(f"Codec({type.__qualname__}): name is a printable string, not {name!r}")
        self.type = type
        self.encode = encode
        self.decode = decode
        self.name = name

    def __repr__(self) -> str:
        return f"Codec({self.type.__qualname__})"


_TYPE = type


class _CodecAdapter:
    def __init__(self, codec: Codec[Any]) -> None:
        self.codec = codec
        self.cls = codec.type
        self.name = codec.name or codec.type.__qualname__

    def dump(self, value: Any, dumper: Dumper) -> Dumped:
        try:
            encoded = self.codec.encode(value)
        except Exception as error:
            raise Unsavable(self.cls, f"cannot be saved: its codec raised {type(error).__name__}") from error
        plain, tag = dumper.dump(encoded)
        name = dumper.registry.tag_name(self.cls)
        return plain, {"class": name} if tag is None else {"class": name, "of": tag}

    def load(self, plain: Any, tag: Mapping[str, Any], loader: Loader) -> Any:
        inner = loader.load(plain, tag.get("of"))
        try:
            restored = self.codec.decode(inner)
        except Exception as error:
            malformed = Malformed(f"is refused by the codec of {self.name} ({type(error).__name__})")
            malformed.cause = error
            raise malformed from None
        if type(restored) is not self.cls:
            raise Malformed(f"became {describe(restored)}: the codec of {self.name} gave another type")
        return restored


NEEDS_NO_CODEC = "codecs[{place}]: every checkpoint can save {name}; leave it out"
NEEDS_CODEC = (
    "codecs[{place}]: {name} has no fields that a checkpoint could save; register a "
    "Codec({name}, encode=..., decode=...)"
)


def read_codecs(codecs: Any, problems: list[str]) -> tuple[type | Codec[Any], ...]:
    """Return the classes and codecs in ``codecs=``, and add what is wrong with them to ``problems``."""
    found: list[type | Codec[Any]] = []
    try:
        given = list(codecs)
    except Exception:
        problems.append(f"codecs is a list of classes and Codecs, not {describe(codecs)}")
        return ()
    for place, each in enumerate(given):
        origin = get_origin(each)
        cls = each if origin is None else origin
        if isinstance(each, Codec):
            found.append(each)
        elif not isinstance(cls, type):
            problems.append(f"codecs[{place}] is a class or a Codec, not {describe(each)}")
        elif is_builtin_kind(cls):
            problems.append(NEEDS_NO_CODEC.format(place=place, name=cls.__qualname__))
        elif registered_adapter_for(cls) is None and not is_typeddict(cls):
            problems.append(NEEDS_CODEC.format(place=place, name=cls.__qualname__))
        else:
            found.append(cls)
    return tuple(found)


class Registry:
    """The classes and codecs of a flow.

    ``classes`` are those that its annotations name; those that cannot be saved are passed over. ``codecs`` are
    registered on purpose: classes, and ``Codec``s, which come before any other way to save their type.
    """

    def __init__(self, classes: Iterable[type] = (), codecs: Iterable[type | Codec[Any]] = ()) -> None:
        self._by_type: dict[type, Adapter] = {}
        for each in codecs:
            if isinstance(each, Codec):
                self._by_type[each.type] = _CodecAdapter(each)
        for find, found in ((registered_adapter_for, codecs), (adapter_for, classes)):
            for each in found:
                if isinstance(each, type) and each not in self._by_type and (adapter := find(each)) is not None:
                    self._by_type[each] = adapter
        self._name()

    def _name(self) -> None:
        """Name each class by module and name; the name alone is enough on the way back if only one class has it."""
        self._names: dict[type, str] = {}
        self._named: dict[str, list[Adapter]] = {}
        for cls, adapter in self._by_type.items():
            own = isinstance(adapter, _CodecAdapter) and adapter.codec.name is not None
            self._names[cls] = adapter.name if own else f"{cls.__module__}:{adapter.name}"
            self._named.setdefault(self._names[cls], []).append(adapter)
        for cls, adapter in self._by_type.items():
            if self._names[cls] != adapter.name:
                self._named.setdefault(adapter.name, []).append(adapter)

    @property
    def classes(self) -> tuple[type, ...]:
        """The classes whose instances can be saved, besides the builtin kinds."""
        return tuple(self._by_type)

    def merged(self, other: Registry) -> Registry:
        """Return the classes and codecs of both; a codec comes before a class, and ``self`` before ``other``."""
        if (
            self is other
            or not other._by_type.keys() - self._by_type.keys()
            and not any(isinstance(adapter, _CodecAdapter) for adapter in other._by_type.values())
        ):
            return self
        both = Registry()
        both._by_type = {**other._by_type, **self._by_type}
        for cls, adapter in other._by_type.items():
            if isinstance(adapter, _CodecAdapter) and not isinstance(both._by_type[cls], _CodecAdapter):
                both._by_type[cls] = adapter
        both._name()
        return both

    def adapter_of(self, cls: type) -> Adapter | None:
        return self._by_type.get(cls)

    def tag_name(self, cls: type) -> str:
        """Raises ``Unsavable`` where the name would not tell which class is meant."""
        name = self._names[cls]
        if len(self._named[name]) > 1:
            raise Unsavable(
                cls,
                f'is of one of {len(self._named[name])} classes of the flow that are called "{name}"; rename '
                "one of them, or register a Codec with a name of its own",
            )
        return name

    def advice_for(self, cls: type) -> str:
        """Say what to do about a value of a class that has no adapter here."""
        if adapter_for(cls) is not None:
            return (
                "is of a class that the flow does not name, so a checkpoint could not restore it; name the class in "
                "the flow (its input, or the annotation of a parameter or a return), register it with codecs=, "
                f"{KEEP_ON_SELF}"
            )
        if registered_adapter_for(cls) is not None:
            return f"is an exception; register it with codecs=, which keeps its args and attributes, {KEEP_ON_SELF}"
        for base in cls.__mro__[1:]:
            if is_builtin_kind(base):
                return (
                    f"is of a subclass of {base.__name__} and would come back as a plain {base.__name__}; "
                    f"convert it to {base.__name__}, register a Codec for it with codecs=, {KEEP_ON_SELF}"
                )
        return f"cannot be saved in a checkpoint; register a Codec for its class with codecs=, {KEEP_ON_SELF}"

    def adapter_named(self, name: object) -> Adapter:
        """Raises ``Malformed``."""
        if type(name) is not str:
            raise Malformed(f"has a type tag whose class is {describe(name)}, not a name")
        found = self._named.get(name) or self._named.get(name.rpartition(":")[2], [])  # moved to another module
        if len(found) == 1:
            return found[0]
        if found:
            raise Malformed(f'is of the class "{name}", and the flow names {len(found)} classes of that name')
        raise Malformed(
            f'is of the class "{name}", which the flow does not name; name it in an annotation of the flow or register '
            "it with codecs="
        )

    def dump(self, value: object, path: str = "$") -> tuple[bytes, Tag | None]:
        """Return the JSON of a value, and the tag that restores what JSON has no form for, or None.

        An object that can change and is in two places comes back as one. Raises ``UnsavableValueError`` for what could
        not come back equal and of the same type.
        """
        data = encode_pure(value)
        if data is not None:
            return data, None
        plain, tag = self.dump_plain(value, path)
        return encode(plain), tag

    def dump_plain(self, value: object, path: str = "$") -> tuple[Any, Tag | None]:
        """Do as ``dump``, with the plain data instead of its JSON."""
        dumper = Dumper(self)
        found = self._dumped(dumper, value, path)
        return self._dumped(Dumper(self, dumper.twice), value, path) if dumper.twice else found

    def examine(self, value: object, path: str) -> tuple[bytes, Tag | None, set[int], bool]:
        """Return the JSON and the tag of a value as if nothing in it were in two places.

        With them come the ids of what can change in it, and whether something of that is there twice.
        """
        dumper = Dumper(self)
        plain, tag = self._dumped(dumper, value, path)
        return encode(plain), tag, set(dumper.met), bool(dumper.twice)

    def _dumped(self, dumper: Dumper, value: object, path: str) -> Dumped:
        try:
            return dumper.dump(value)
        except Unsavable as error:
            where = path + "".join(reversed(error.steps))
            raise UnsavableValueError(where, error.type, error.reason) from error.__cause__
        except RecursionError:
            reason = f"is nested too deep (the limit is {MAX_DEPTH} levels, fewer where the caller's stack is deep)"
        except Exception as error:  # of a class that is odd in ways of its own
            reason = f"cannot be read ({type(error).__name__}); register a Codec for it with codecs="
        raise UnsavableValueError(path, type(value), reason)

    def load(self, plain: object, tag: Tag | None, path: str = "$", loader: Loader | None = None) -> Any:
        """Return the value that ``dump`` was given, from the plain data and the tag; ``plain`` is not changed.

        ``loader`` knows the values that were loaded before, which this one may share something with. Raises
        ``CheckpointFormatError`` where the two do not fit, or the tag names a class that the flow does not.
        """
        if tag is None:
            return plain
        try:
            return (loader or Loader(self)).load(plain, tag)
        except Malformed as error:
            where, problem, cause = path + "".join(reversed(error.steps)), error.problem, error.cause
        except RecursionError:
            where, problem, cause = path, "is nested too deep for the caller's stack", None
        raise CheckpointFormatError(
            f"the value at {where} in the checkpoint {problem}. Use the checkpoint as it was taken, with the classes "
            "that it was taken with."
        ) from cause

    def dump_context(self, context: Mapping[str, object], first: int = 1) -> tuple[dict[str, Any], dict[str, Tag]]:
        """Return the plain data of a context, and the tags of the keys that need any. Raises as ``dump`` does."""
        return dump_together([(self, context)], first)[0]

    def load_context(
        self, plains: Mapping[str, object], tags: Mapping[str, Tag], loader: Loader | None = None
    ) -> dict[str, Any]:
        """Return the context of which ``dump_context`` gave the data and the tags. Raises as ``load`` does."""
        if extra := [key for key in tags if key not in plains]:
            raise CheckpointFormatError(
                f"the checkpoint has a type tag for the key {name_of(extra[0])}, which its data do not have. "
                "Use the checkpoint as it was taken"
            )
        loader = loader or Loader(self)
        loader.registry = self
        return {key: self.load(plain, tags.get(key), "$" + key_step(key), loader) for key, plain in plains.items()}


def dump_together(contexts: Sequence[tuple[Registry, Mapping[str, object]]], first: int = 1) -> list[DumpedContext]:
    """Return the plain data and the tags of contexts that may share objects; they are loaded in the same order.

    ``first`` is the first number for a shared object. Raises ``UnsavableValueError``.
    """
    dumper = Dumper(Registry())
    found = [_dump_context(dumper, registry, context) for registry, context in contexts]
    if dumper.twice:
        again = Dumper(dumper.registry, dumper.twice, first)  # the first walk keeps what it met, so ids stay theirs
        found = [_dump_context(again, registry, context) for registry, context in contexts]
    return found


def met_in(contexts: Sequence[tuple[Registry, Mapping[str, object]]]) -> tuple[list[DumpedContext], set[int], bool]:
    """Do as ``dump_together`` where nothing is shared; add the ids of what can change, and if one is met twice."""
    dumper = Dumper(Registry())
    found = [_dump_context(dumper, registry, context) for registry, context in contexts]
    return found, set(dumper.met), bool(dumper.twice)


def _dump_context(dumper: Dumper, registry: Registry, context: Mapping[str, object]) -> DumpedContext:
    dumper.registry = registry
    plains: dict[str, Any] = {}
    tags: dict[str, Tag] = {}
    for key, value in context.items():
        plains[key], tag = registry._dumped(dumper, value, "$" + key_step(key))
        if tag is not None:
            tags[key] = tag
    return plains, tags
