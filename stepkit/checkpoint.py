"""The wire format: a checkpoint as compact JSON, ``{"stepName":...,"output":{...},"flow":{...}}``.

The first two fields are those of the TypeScript original, which ignores the third. ``flow`` holds what a resume needs:

    name     the flow's name
    run      the run's id
    deadline when the run has to be over, in seconds since 1970; left out if there is none
    done     for each nesting level, outermost first, an opaque fingerprint of the steps done on it
    types    the tags of ``output`` by key: what restores values that JSON has no form for; left out if there are none
    frames   for each container in progress, outermost first, what restores the context around it; left out if there
             are none: ``keys`` of that context in order, ``was`` with the values that the inside does not share,
             ``types`` of ``was``, ``written``, the keys that the inside has written so far, and ``attempt``, the
             number of the container's attempt if it is not the first
    at       in a checkpoint that was taken at a step, not after one: the path of the step. Then ``done`` and ``frames``
             have the levels of that step, and ``stepName`` is that of the last one before it. ``state`` says why:
             ``waiting`` at a gate, or ``started``, of a step that runs at most once
    expires  when a gate can no longer be decided, in seconds since 1970

Fields that are not known are ignored, so that older versions can read what newer ones write.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, Literal, NoReturn, cast

import msgspec
from typing_extensions import TypeVar

from .backoff import LAST_SECOND
from .codec import Registry, Tag
from .codec.plain_json import MAX_DEPTH, depth_exceeds, encode, encode_into
from .codec.problems import describe, name_of
from .codec.scalars import is_unicode
from .errors import CheckpointFormatError, ResumeSizeError

OutputT = TypeVar("OutputT", default=dict[str, Any])

MAX_JSON_DEPTH = 3 * MAX_DEPTH + 20  # a level of a value may take three in its plain form or in its tag
ADVICE = "Use the text that event.checkpoint gave, unchanged"

_decode = msgspec.json.Decoder().decode
_BUILTIN = Registry()


AtState = Literal["", "waiting", "started"]


class OuterFrame(msgspec.Struct, frozen=True, omit_defaults=True):
    """Restores the context around a container in progress from the one inside it."""

    keys: tuple[str, ...]
    was: Mapping[str, Any]
    types: Mapping[str, Tag] = {}
    written: tuple[str, ...] = ()
    attempt: int = 1


class FlowState(msgspec.Struct, frozen=True, omit_defaults=True):
    """The field ``flow`` of a checkpoint; see the module.

    Where an output that was written by hand has values that need type tags, there is nothing in it but ``types``.
    """

    name: str = ""
    run: str = ""
    done: tuple[str, ...] = ()
    types: Mapping[str, Tag] = {}
    frames: tuple[OuterFrame, ...] = ()
    deadline: float | None = None
    at: str = ""
    state: AtState = ""
    expires: float | None = None


class Checkpoint(msgspec.Struct, Generic[OutputT], frozen=True):
    """A checkpoint as an object: the path of the step that it was taken after, and the context after that step.

    ``flow`` is what a resume needs besides; None in a checkpoint that was written by hand or by the original.
    """

    step_name: str
    output: OutputT
    flow: FlowState | None = None


def serialize_checkpoint(checkpoint: Checkpoint[Any]) -> str:
    """Return the text of a checkpoint: compact JSON.

    Values of the output that JSON has no form for get type tags beside it. Those of a flow's own classes can only be
    saved by the flow itself (``event.checkpoint``). Raises ``UnsavableValueError`` for a value that cannot come back
    the same, ``TypeError`` if ``checkpoint`` is not a ``Checkpoint`` or its output not a mapping with string keys.
    """
    if not isinstance(checkpoint, Checkpoint) or not isinstance(checkpoint.step_name, str):
        raise TypeError(f"serialize_checkpoint: a Checkpoint(step_name, output) is needed, not {describe(checkpoint)}")
    output: object = checkpoint.output
    if not isinstance(output, Mapping) or not all(type(key) is str for key in output):
        raise TypeError(f"serialize_checkpoint: the output is a mapping with string keys, not {describe(output)}")
    state = checkpoint.flow
    kept = () if state is None else state.types.values()
    numbers = [part["shared"] for tag in kept for part in _parts(tag) if type(part.get("shared")) is int]
    plain, tags = _BUILTIN.dump_context(cast(Mapping[str, object], output), max(numbers, default=0) + 1)
    if state is None:
        if not tags:
            return _text({"stepName": checkpoint.step_name, "output": plain})
        state = FlowState()
    # A tag that was kept beside plain data says which class of a flow they are of.
    both = {**state.types, **tags}
    tags = {key: both[key] for key in plain if key in both}
    state = msgspec.structs.replace(state, types=tags)
    return _text({"stepName": checkpoint.step_name, "output": plain, "flow": state})


def deserialize_checkpoint(text: str | bytes) -> Checkpoint[dict[str, Any]]:
    """Return the checkpoint of a text, read strictly.

    Values of builtin kinds (``datetime``, ``tuple`` ...) are restored. A value with an object of a flow's own class in
    it stays plain data, because only the flow knows the class; its type tags stay in ``flow.types``, so that
    ``serialize_checkpoint`` gives the same text again. Raises ``CheckpointFormatError``.
    """
    checkpoint = parse(text, None, "")
    if checkpoint.flow is None or not checkpoint.flow.types:
        return checkpoint
    types = checkpoint.flow.types
    fields = {"class"}
    if any("class" in part for tag in types.values() for part in _parts(tag)):
        fields |= {"shared", "same"}  # what shares an object with data that stay plain stays plain with them
    kept = {key: tag for key, tag in types.items() if any(part.keys() & fields for part in _parts(tag))}
    builtin = {key: tag for key, tag in checkpoint.flow.types.items() if key not in kept}
    output = _BUILTIN.load_context(checkpoint.output, builtin)
    return Checkpoint(checkpoint.step_name, output, msgspec.structs.replace(checkpoint.flow, types=kept))


def _parts(tag: object) -> Iterator[dict[str, Any]]:
    """Yield the objects that a tag consists of; the names of keys are not looked at."""
    if type(tag) is not dict:
        return
    yield cast(dict[str, Any], tag)
    below = [tag.get("each"), tag.get("key"), tag.get("of")]
    for field in ("in", "keys", "values"):
        inside = tag.get(field)
        if type(inside) is dict:
            below += [inside] if "pairs" in tag else inside.values()
    for each in below:
        yield from _parts(each)


class _Document(msgspec.Struct):
    step_name: str = msgspec.field(name="stepName")
    output: msgspec.Raw
    flow: FlowState


def compose(step_name: str, output: bytes, flow: FlowState, buffer: bytearray | None = None) -> str:
    """Return the text of a checkpoint whose output is JSON already, as ``ContextEncoder.encode`` gives it.

    The output is not looked at again; ``buffer`` is memory to write to. Raises ``UnicodeEncodeError`` for names with
    lone surrogates, which no flow and no step can have.
    """
    buffer = bytearray() if buffer is None else buffer
    encode_into(_Document(step_name, msgspec.Raw(output), flow), buffer)
    return buffer.decode()


def _text(document: dict[str, Any]) -> str:
    try:
        return encode(document).decode()
    except UnicodeEncodeError:
        raise TypeError("serialize_checkpoint: a name or a key has lone surrogates, which is not valid text") from None


def parse(text: str | bytes, limit: int | None, flow_name: str) -> Checkpoint[dict[str, Any]]:
    """Return the checkpoint of a text, with its values left as plain JSON data.

    ``limit`` is the largest size in bytes (None: any), ``flow_name`` is for messages. Raises ``ResumeSizeError``,
    before anything is parsed, and ``CheckpointFormatError``.
    """
    return _Parser(f"flow {flow_name}: " if flow_name else "", flow_name, limit).read(text)


class _Parser:
    def __init__(self, where: str, flow: str, limit: int | None) -> None:
        self.where = where
        self.flow = flow
        self.limit = limit

    def fail(self, problem: str, advice: str = ADVICE) -> NoReturn:
        raise CheckpointFormatError(f"{self.where}the checkpoint {problem}. {advice}.") from None

    def read(self, text: object) -> Checkpoint[dict[str, Any]]:
        document = self.document(self.data(text))
        if type(document) is not dict:
            self.fail(f"is {_kind(document)}, not a JSON object with stepName and output")
        state = self.state(document["flow"]) if "flow" in document else None
        step = self.field(document, "stepName", str)
        output: dict[str, Any] = self.field(document, "output", dict)
        self.valid(output, "output")
        if not step and (state is None or any(state.done) or (len(state.done) > 1 and not state.at)):
            self.fail('has an empty "stepName", so it does not say where to go on')
        if state is not None:
            if extra := [key for key in state.types if key not in output]:
                self.fail(f'has a type tag in "flow.types" for {name_of(extra[0])}, which is not in "output"')
        return Checkpoint(step, output, state)

    def data(self, text: object) -> bytes:
        if isinstance(text, str):
            if self.limit is not None and len(text) > self.limit:
                raise ResumeSizeError(self.flow, len(text), self.limit)
            try:
                data = text.encode()
            except UnicodeEncodeError as error:
                self.fail(f"is not valid text: it has a lone surrogate at character {error.start}")
        elif isinstance(text, bytes):
            data = text
        else:
            self.fail(f"is {describe(text)}, not a string", "Give the JSON text that event.checkpoint gave")
        if self.limit is not None and len(data) > self.limit:
            raise ResumeSizeError(self.flow, len(data), self.limit)
        return data

    def document(self, data: bytes) -> Any:
        """Parse with msgspec if that would write the same data again, else read strictly and slowly."""
        try:
            document = _decode(data)
            if encode(document) != data:  # spaces, escapes, or a key that is in an object twice
                document = self.strictly(data)
        except RecursionError:
            self.fail("is nested too deep")
        except (msgspec.MsgspecError, UnicodeError, ValueError):
            document = self.strictly(data)
        if depth_exceeds(document, MAX_JSON_DEPTH):
            self.fail("is nested too deep")
        return document

    def strictly(self, data: bytes) -> Any:
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            self.fail(f"is not valid UTF-8 (byte {error.start})")
        if text.startswith("\ufeff"):
            self.fail("starts with a byte order mark, which JSON does not have")
        try:
            return json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
        except json.JSONDecodeError as error:
            self.fail(f"is not JSON: {error.msg[0].lower()}{error.msg[1:]} (character {error.pos})")
        except RecursionError:
            self.fail("is nested too deep")
        except ValueError as error:
            self.fail(f"is not JSON: {error}")

    def state(self, value: object) -> FlowState:
        if type(value) is not dict:
            self.fail(f'has a field "flow" that is {_kind(value)}, not an object')
        if "types" in value and value.keys().isdisjoint(("name", "run", "done", "frames")):
            return FlowState(types=self.field(value, "flow.types", dict))
        done = self.names(value, "flow.done")
        if not done:
            self.fail('has a field "flow.done" that is empty')
        frames = self.field(value, "flow.frames", list, [])
        return FlowState(
            self.field(value, "flow.name", str),
            self.field(value, "flow.run", str),
            done,
            self.field(value, "flow.types", dict, {}),
            tuple(self.frame(frame, f"flow.frames[{place}]") for place, frame in enumerate(frames)),
            self.time(value, "deadline"),
            *self.place(value),
            self.time(value, "expires"),
        )

    def place(self, state: dict[str, Any]) -> tuple[str, AtState]:
        at: str = self.field(state, "flow.at", str, "")
        kind: str = self.field(state, "flow.state", str, "")
        if (at or kind) and not (at and kind in ("waiting", "started")):  # an unknown state is not taken for none
            self.fail('has a field "flow.at" that does not go with its field "flow.state"')
        return at, cast(AtState, kind)

    def time(self, state: dict[str, Any], name: str) -> float | None:
        if name not in state:
            return None
        value = state[name]
        if type(value) not in (int, float) or not 0 <= value <= LAST_SECOND:
            self.fail(f'has a field "flow.{name}" that is not a time: seconds since 1970')
        return float(value)

    def frame(self, value: object, where: str) -> OuterFrame:
        if type(value) is not dict:
            self.fail(f'has a field "{where}" that is {_kind(value)}, not an object')
        was: dict[str, Any] = self.field(value, f"{where}.was", dict)
        types: dict[str, Any] = self.field(value, f"{where}.types", dict, {})
        keys = self.names(value, f"{where}.keys")
        if len(set(keys)) != len(keys):
            self.fail(f'has a field "{where}.keys" that names a key twice')
        if extra := [key for key in was if key not in keys]:
            self.fail(f'has a field "{where}.was" with the key {name_of(extra[0])}, which is not in "{where}.keys"')
        if extra := [key for key in types if key not in was]:
            self.fail(f'has a type tag in "{where}.types" for {name_of(extra[0])}, which is not in "{where}.was"')
        attempt: int = self.field(value, f"{where}.attempt", int, 1)
        if attempt < 1:
            self.fail(f'has a field "{where}.attempt" below 1')
        return OuterFrame(keys, was, types, self.names(value, f"{where}.written", ()), attempt)

    def names(self, owner: dict[str, Any], where: str, default: Any = None) -> tuple[str, ...]:
        names: list[Any] = self.field(owner, where, list, default)
        if other := [name for name in names if type(name) is not str]:
            self.fail(f'has a field "{where}" with {_kind(other[0])} in it; it is a list of strings')
        self.valid(names, where)
        return tuple(names)

    def valid(self, names: Iterable[str], where: str) -> None:
        """Refuse names that are not valid text: no message and no checkpoint could hold them. Values may be so."""
        if broken := [name for name in names if not is_unicode(name)]:
            self.fail(f'has a field "{where}" with the name {name_of(broken[0])}, which has lone surrogates')

    def field(self, owner: dict[str, Any], where: str, kind: type, default: Any = None) -> Any:
        name = where.rpartition(".")[2]
        if name not in owner:
            if default is not None:
                return default
            self.fail(f'has no field "{where}"; it has {_fields(owner)}')
        value = owner[name]
        if type(value) is not kind:
            self.fail(f'has a field "{where}" that is {_kind(value)}, not {_KINDS[kind]}')
        if kind is str:
            self.valid([cast(str, value)], where)
        return value


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def _kind(value: object) -> str:
    """Return how a message names a JSON value; strings are not shown, they may be secret."""
    return _KINDS[type(value)]


def _fields(owner: Mapping[str, Any]) -> str:
    names = [json.dumps(name) for name in owner]
    return ", ".join(names[:8] + (["..."] if len(names) > 8 else [])) or "none"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"an object has the key {name_of(name)} twice")
            seen.add(name)
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _float(digits: str) -> float:
    value = float(digits)
    if value - value != 0.0:
        raise ValueError("a number is out of range")
    return value
