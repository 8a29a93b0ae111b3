"""A damaged or forged checkpoint is refused with a ``ResumeRefusedError`` before anything runs, or it is a valid one.

20,000 mutations of checkpoints of random flows: of their structure (fields, marks, frames, tags, names) and of bytes.
The steps of these flows take any value, so whatever a resume lets through must run to the end.
"""

from __future__ import annotations

import json
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from random_flows import Build, draw_flow
from random_nodes import FlowSpec, Node, When, World

from stepkit import Flow, flow
from stepkit.errors import ResumeRefusedError

PARTS = 8
MUTATIONS = 20_000 // PARTS


@pytest.mark.parametrize("part", range(PARTS))
def test_a_mutated_checkpoint_is_refused_before_anything_runs_or_resumes_to_the_end(part: int) -> None:
    logging.disable()
    dice = random.Random(part)
    outcomes: Counter[str] = Counter()
    subjects = [each for _ in range(12) for each in checkpoints_of_a_random_flow(dice)]
    texts = [text for _, text in subjects]
    try:
        for _ in range(MUTATIONS):
            build, text = dice.choice(subjects)
            mutation = dice.choice(MUTATIONS_OF_STRUCTURE if dice.random() < 0.75 else MUTATIONS_OF_BYTES)
            mutated = mutation(text, dice, texts)
            outcomes[resume(build, mutated)] += 1
    finally:
        logging.disable(logging.NOTSET)
    assert MUTATIONS == outcomes.total()
    assert outcomes["refused"] > MUTATIONS / 4, "hardly anything is refused: are these mutations at all?"
    assert outcomes["resumed"] > MUTATIONS / 50, "hardly anything is resumed: do the mutations only make junk?"


def resume(build: Build, checkpoint: str | bytes) -> str:
    world = World()
    try:
        build.resume(world, checkpoint)  # type: ignore[arg-type]
    except ResumeRefusedError:
        assert not world.counts, f"refused, but it ran {dict(world.counts)}: {checkpoint!r}"
        return "refused"
    except Exception as error:
        raise AssertionError(f"neither refused nor resumed: {checkpoint!r}") from error
    return "resumed"


def checkpoints_of_a_random_flow(dice: random.Random) -> Iterator[tuple[Build, str]]:
    spec, input = draw_flow(dice.randrange, depth=3)
    build = Build(with_steps_that_take_anything(spec))
    texts: list[str] = []
    build.run(World(), input, on_step_complete=lambda event: texts.append(event.checkpoint))
    for text in dict.fromkeys(texts):
        yield build, text


def with_steps_that_take_anything(spec: FlowSpec) -> FlowSpec:
    """The flow without what makes it fail: required keys, failures, collisions, unknown cases."""
    return replace(spec, nodes=tuple(map(_tolerant, spec.nodes)))


def _tolerant(node: Node) -> Node:
    when = When(node.when.key, False, node.when.is_async) if isinstance(node.when, When) else node.when
    return replace(
        node,
        when=when,
        fails=0,
        merge="override" if node.merge == "error" else node.merge,
        reads=(),
        reads_if_present=tuple(sorted({*node.reads, *node.reads_if_present})),
        unknown_case=False,
        flows=tuple(map(with_steps_that_take_anything, node.flows)),
        members=tuple(map(_tolerant, node.members)),
    )


# Mutations: each makes of a checkpoint's text another text, or bytes.

Mutation = Callable[[str, random.Random, list[str]], str | bytes]
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    1,
    -1,
    2**70,
    1.5,
    "",
    "x",
    "s0",
    "s0/s0",
    "a",
    [],
    [[]],
    [None],
    {},
    {"a": 1},
)
TAGS: tuple[Any, ...] = (
    *(
        "datetime",
        "tuple",
        "set",
        "bytes",
        "Decimal",
        "decimal",
        "uuid",
        "int",
        "float",
        "str",
        "none",
        "nowhere",
        "is",
    ),
    *({"is": kind} for kind in ("tuple", "datetime", "deque", "class", "os", "")),
    *(
        {"class": name}
        for name in ("random_nodes:Point", "random_nodes:Color", "os:system", "builtins:eval", "", "Point")
    ),
    *(
        {"in": {"0": "tuple"}},
        {"in": 3},
        {"each": "date"},
        {"key": "int"},
        {"pairs": True},
        {"pairs": 1, "keys": []},
        {},
        [],
    ),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything inside a document."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from _places(item, (*path, key))


def _owner(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        document = document[key]
    return document


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    return _owner(document, path)[path[-1]]


def _written(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def remove(text: str, dice: random.Random, others: list[str]) -> str:
    document = json.loads(text)
    path = dice.choice(list(_places(document)))
    del _owner(document, path)[path[-1]]
    return _written(document)


def put_another_value(text: str, dice: random.Random, others: list[str]) -> str:
    document = json.loads(text)
    path = dice.choice(list(_places(document)))
    _owner(document, path)[path[-1]] = dice.choice(VALUES)
    return _written(document)


def put_a_value_from_elsewhere(text: str, dice: random.Random, others: list[str]) -> str:
    document, other = json.loads(text), json.loads(dice.choice([text, *others]))
    path = dice.choice(list(_places(document)))
    _owner(document, path)[path[-1]] = _at(other, dice.choice(list(_places(other))))
    return _written(document)


def put_the_same_field_of_another_checkpoint(text: str, dice: random.Random, others: list[str]) -> str:
    document, other = json.loads(text), json.loads(dice.choice(others))
    shared = [path for path in _places(document) if path in set(_places(other))]
    path = dice.choice(shared)
    _owner(document, path)[path[-1]] = _at(other, path)
    return _written(document)


def swap(text: str, dice: random.Random, others: list[str]) -> str:
    document = json.loads(text)
    siblings: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for path in _places(document):
        siblings.setdefault(path[:-1], []).append(path)
    several = [paths for paths in siblings.values() if len(paths) > 1]
    left, right = dice.sample(dice.choice(several), 2)
    owner = _owner(document, left)
    owner[left[-1]], owner[right[-1]] = owner[right[-1]], owner[left[-1]]
    return _written(document)


def rename_a_key(text: str, dice: random.Random, others: list[str]) -> str:
    document = json.loads(text)
    path = dice.choice([path for path in _places(document) if isinstance(path[-1], str)])
    owner = _owner(document, path)
    owner[dice.choice(("a", "b", "e", "x", "flow", "stepName", "", "types", "in", "is"))] = owner.pop(path[-1])
    return _written(document)


def insert(text: str, dice: random.Random, others: list[str]) -> str:
    document = json.loads(text)
    path = dice.choice([(), *(path for path in _places(document))])
    owner = _at(document, path) if path else document
    if isinstance(owner, dict):
        owner[dice.choice(("a", "e", "x", "in", "is", "each", "flow", "attempt", "written"))] = dice.choice(VALUES)
    elif isinstance(owner, list):
        owner.insert(dice.randrange(len(owner) + 1), dice.choice([*VALUES, *owner]))
    return _written(document)


def alter_marks(text: str, dice: random.Random, others: list[str]) -> str:
    document = json.loads(text)
    done = document["flow"]["done"]
    level = dice.randrange(len(done))
    marks = done[level]
    at = dice.randrange(len(marks) + 1)
    to = min(len(marks), at + dice.choice((1, 2, 4, 5, 8)))
    done[level] = dice.choice(
        (
            marks[:at],
            marks[at:],
            marks[:at] + marks[to:],
            marks[:at] + marks[at:to] * 2 + marks[to:],
            marks[:at] + dice.choice("().!Ab-") + marks[at:],
            marks[:at] + dice.choice("().!Ab-") + marks[at + 1 :],
            marks + dice.choice((".", "!", "()", "(", ")", "AAAA", "AAAA(AAAA)", "AAAA" * 999, "AAAA(" * 9999)),
        )
    )
    return _written(document)


def alter_frames(text: str, dice: random.Random, others: list[str]) -> str:
    document = json.loads(text)
    state = document["flow"]
    frames = state.setdefault("frames", [])
    foreign = [frame for other in others for frame in json.loads(other)["flow"].get("frames", [])]
    if foreign and dice.random() < 0.3:
        frames.insert(dice.randrange(len(frames) + 1), dice.choice(foreign))
    elif len(frames) > 1 and dice.random() < 0.5:
        dice.shuffle(frames)
    elif frames:
        frame = dice.choice(frames)
        field = dice.choice(("keys", "written", "was", "types", "attempt"))
        frame[field] = dice.choice([*VALUES, ["a", "a"], ["a", "zz"], frame.get(field), {"a": "tuple"}])
    if dice.random() < 0.3:
        state["done"].append("")
    return _written(document)


def alter_a_tag(text: str, dice: random.Random, others: list[str]) -> str:
    document = json.loads(text)
    state = document["flow"]
    tagged = [(document["output"], state.setdefault("types", {}))]
    tagged += [(frame["was"], frame.setdefault("types", {})) for frame in state.get("frames", [])]
    values, types = dice.choice(tagged)
    key = dice.choice([*values, *types, "x"])
    if isinstance(types.get(key), dict) and dice.random() < 0.5:
        path = dice.choice(list(_places(types[key])) or [()])
        if path:
            _owner(types[key], path)[path[-1]] = dice.choice(TAGS)
    else:
        types[key] = dice.choice(TAGS)
    return _written(document)


def rename_the_step(text: str, dice: random.Random, others: list[str]) -> str:
    document = json.loads(text)
    name = document["stepName"]
    other = json.loads(dice.choice(others))["stepName"]
    choices = ("", "/", name + "/", "/" + name, name + "/s0", name.rpartition("/")[0], other, name + " ", name.upper())
    document["stepName"] = dice.choice(choices)
    return _written(document)


def write_a_key_twice(text: str, dice: random.Random, others: list[str]) -> str:
    fields = [text[1:-1], '"stepName":"s0"', '"output":{}', f'"flow":{_written(json.loads(text)["flow"])}']
    dice.shuffle(fields)
    return "{" + ",".join(fields) + "}"


def keep_only_what_the_original_has(text: str, dice: random.Random, others: list[str]) -> str:
    document = json.loads(text)
    del document["flow"]
    return _written(document)


def write_it_otherwise(text: str, dice: random.Random, others: list[str]) -> str:
    return json.dumps(json.loads(text), indent=dice.choice((None, 1)), sort_keys=dice.random() < 0.5)


def flip_bytes(text: str, dice: random.Random, others: list[str]) -> bytes:
    data = bytearray(text.encode())
    for _ in range(dice.choice((1, 1, 2, 5))):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


def replace_a_character(text: str, dice: random.Random, others: list[str]) -> str:
    at = dice.randrange(len(text))
    return text[:at] + dice.choice('{}[]",:0123456789abtfn\\ -.eE\u0000\ud800\ufeff\u2028é') + text[at + 1 :]


def cut(text: str, dice: random.Random, others: list[str]) -> str:
    left, right = sorted((dice.randrange(len(text)), dice.randrange(len(text) + 1)))
    return dice.choice((text[:left], text[right:], text[:left] + text[right:]))


def repeat_a_slice(text: str, dice: random.Random, others: list[str]) -> str:
    left, right = sorted((dice.randrange(len(text)), dice.randrange(len(text) + 1)))
    return text[:right] + text[left:]


def splice(text: str, dice: random.Random, others: list[str]) -> str:
    other = dice.choice(others)
    return text[: dice.randrange(len(text))] + other[dice.randrange(len(other)) :]


MUTATIONS_OF_STRUCTURE: tuple[Mutation, ...] = (
    remove,
    put_another_value,
    put_a_value_from_elsewhere,
    put_the_same_field_of_another_checkpoint,
    swap,
    rename_a_key,
    insert,
    alter_marks,
    alter_frames,
    alter_a_tag,
    rename_the_step,
    write_a_key_twice,
    keep_only_what_the_original_has,
    write_it_otherwise,
)
MUTATIONS_OF_BYTES: tuple[Mutation, ...] = (flip_bytes, replace_a_character, cut, repeat_a_slice, splice)


# What users have in their data.

OUR_FIELDS: tuple[dict[str, Any], ...] = (
    {"flow": {"name": "Other", "run": "x", "done": [""], "types": {"a": "tuple"}}, "stepName": "b", "output": {}},
    {"types": {"types": "datetime"}, "frames": [{"keys": ["a"], "was": {}, "written": ["a"]}], "done": ["AAAA"]},
    {
        "stepName": None,
        "is": "tuple",
        "class": "os:system",
        "in": {"0": "set"},
        "each": "date",
        "pairs": True,
        "key": "int",
    },
    {"a": {"is": "datetime"}, "b": [{"class": "builtins:eval"}, "2024-01-01T00:00:00"], "was": {"keys": [1]}},
    {"__class__": "x", "__proto__": {"a": 1}, "$ref": "#/flow", "py/object": "os.system", "!!python/object": 1},
)


@pytest.mark.parametrize("fields", OUR_FIELDS)
@pytest.mark.parametrize("level", ["keys of the context", "inside of a value", "inside of a tuple"])
def test_data_that_looks_like_our_own_fields_comes_back_as_plain_data(fields: dict[str, Any], level: str) -> None:
    class Inner(Flow):
        @flow.step("c")
        def c(self, ctx: Any, /) -> Any:
            return {"more": 1}

        @flow.step("d")
        def d(self, ctx: Any, /) -> Any:
            return {"last": 1}

    class Outer(Flow):
        @flow.step("b")
        def b(self, ctx: Any, /) -> Any:
            return {"given": fields}

        inner = flow.subflow("inner", Inner)

    input = (
        fields if level == "keys of the context" else {"v": fields if level == "inside of a value" else (1, [fields])}
    )
    expected = {**input, "given": fields, "more": 1, "last": 1}
    texts: list[str] = []
    assert expected == Outer().run_sync(input, on_step_complete=lambda event: texts.append(event.checkpoint))
    assert 4 == len(texts)
    for text in texts:
        assert expected == Outer().run_checkpoint_sync(text)
