"""No value of a run is in the text of an error: type, key path and length are. Errors reach logs and trackers."""

from __future__ import annotations

import collections
import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, NamedTuple, TypedDict

import attrs
import msgspec
import pydantic
import pytest

from stepkit import Checkpoint, Codec, Flow, deserialize_checkpoint, flow, serialize_checkpoint
from stepkit import errors as all_errors
from stepkit.codec import Registry
from stepkit.errors import StepkitError

CANARY = "c4n4ry"
NUMBER = 8_675_309


class Color(Enum):
    RED = "red"


@dataclass
class Data:
    x: Any
    y: int = 0


class Named(NamedTuple):
    x: int


class Struct(msgspec.Struct):
    x: int

    def __post_init__(self) -> None:
        if self.x == NUMBER:
            raise ValueError(f"{self.x}")


class Model(pydantic.BaseModel):
    x: int


@attrs.define
class Attr:
    x: int


class Own:
    def __init__(self, text: str) -> None:
        if CANARY in text:
            raise ValueError(text)
        self.text = text


def broken(own: Own) -> Any:
    raise ValueError(f"{CANARY} {own.text}")


class Input(TypedDict):
    n: int


class Row(TypedDict):
    price: int


class Shop(Flow[Input], codecs=[Color, Data, Named, Struct, Model, Attr, Codec(Own, broken, Own, name="own")]):
    @flow.step("first")
    def first(self, n: int) -> None: ...

    @flow.step("second")
    def second(
        self,
        n: int = 0,
        text: str = "",
        at: datetime | None = None,
        row: Row | None = None,
        rows: list[Row] = [],  # noqa: B006
        by: dict[str, int] = {},  # noqa: B006
        pair: tuple[int, str] | None = None,
        data: Data | None = None,
        choice: Literal["a", "b"] = "a",
        color: Color = Color.RED,
        number: Decimal = Decimal(0),
    ) -> None: ...


def resume(output: Any, types: Any = None, **flow_fields: Any) -> Callable[[], Any]:
    state: dict[str, Any] = {}
    if types is not None:
        state = {"flow": {"types": types}}
    text = json.dumps({"stepName": "first", "output": output, **state, **flow_fields})
    return lambda: Shop().run_checkpoint_sync(text)


def text(raw: str | bytes) -> Callable[[], Any]:
    return lambda: Shop().run_checkpoint_sync(raw)


def run(function: Callable[..., Any], input: Any = None, **options: Any) -> Callable[[], Any]:
    made = type("Made", (Flow,), {"go": flow.step("go", **options)(function), "__module__": __name__})
    return lambda: made().run_sync(input)


def take(value: Any, flow_class: Any = Shop) -> Callable[[], Any]:
    return lambda: flow_class().run_sync({"n": 1, "value": value}, on_step_complete=lambda event: event.checkpoint)


def gives(returned: Any) -> Callable[..., Any]:
    return lambda self: returned


class Route(Flow):
    route = flow.branch("route", cases={"a": Shop})(lambda self: CANARY)


class RouteNumber(Flow):
    route = flow.branch("route", cases={"a": Shop})(lambda self: NUMBER)


class Verdict(msgspec.Struct):
    by: int
    why: str = ""

    def __post_init__(self) -> None:
        if self.why:
            raise ValueError(self.why)


class Gated(Flow):
    gate = flow.approval("gate", Verdict)


def decide(decision: object) -> Callable[[], object]:
    try:
        return Gated().run_sync()
    except all_errors.ApprovalRequired as error:
        checkpoint = error.checkpoint
    return lambda: Gated().run_checkpoint_sync(checkpoint, decision=decision)


class Collides(Flow):
    @flow.step("go", merge="error")
    def go(self, text: str):
        return {"text": CANARY + text}


class Group(Flow):
    group = flow.parallel("group", mode="settled")

    @group.step
    def one(self, missing: int): ...


class Delayed(Flow):
    @flow.step("go", retries=1, retry_delay=lambda attempt, error: CANARY)  # type: ignore[arg-type, return-value]
    def go(self):
        raise OSError("no answer")


class Made(Flow):
    inner = flow.subflow("inner", lambda self: CANARY)  # type: ignore[arg-type, return-value]


class Checked(Shop, validate_input=True):
    pass


class Subclass(str):
    pass


class Small(Shop, max_checkpoint_size=200):
    pass


CYCLE: list[Any] = [CANARY]
CYCLE.append(CYCLE)
DEEP: Any = CANARY
for _ in range(150):
    DEEP = [DEEP]

CASES: dict[str, Callable[[], Any]] = {
    # a resume: text
    "no JSON": text(CANARY),
    "half a JSON": text(f'{{"stepName":"first","output":{{"text":"{CANARY}'),
    "a key twice": text(f'{{"stepName":"first","output":{{"text":"{CANARY}","text":"{CANARY}"}}}}'),
    "not UTF-8": text(f'{{"stepName":"first","output":{{"text":"{CANARY}'.encode() + b'\xff"}}'),
    "a number out of range": text(f'{{"stepName":"first","output":{{"n":{NUMBER}e999}}}}'),
    "a lone surrogate": text(f'{{"stepName":"first","output":{{"text":"{CANARY}\ud800"}}}}'),
    "a string": text(json.dumps(CANARY)),
    "an output that is a string": resume(CANARY),
    "a step that is a number": text(f'{{"stepName":{NUMBER},"output":{{}}}}'),
    "marks": resume({}, flow={"name": "Shop", "run": "r", "done": [CANARY]}),
    "an id of a run": resume({}, flow={"name": "Shop", "run": CANARY + "/", "done": ["AAAA"]}),
    "a name that is a number": resume({}, flow={"name": NUMBER, "run": "r", "done": ["AAAA"]}),
    "an object": lambda: Shop().run_checkpoint_sync(Checkpoint("first", {"own": Own("x")})),
    "no text at all": lambda: Shop().run_checkpoint_sync([CANARY]),  # type: ignore[arg-type]
    # a resume: values
    "a string for an int": resume({"n": CANARY}),
    "a number for a string": resume({"text": NUMBER}),
    "no date": resume({"at": CANARY}),
    "no number": resume({"number": CANARY}),
    "a field": resume({"row": {"price": CANARY}}),
    "a field in a list": resume({"rows": [{"price": 1}, {"price": CANARY}]}),
    "a missing field": resume({"row": {"other": CANARY}}),
    "a value of a dict": resume({"by": {"k": CANARY}}),
    "a tuple that is too long": resume({"pair": [1, CANARY, CANARY]}),
    "a dataclass": resume({"data": {"x": 1, "y": CANARY}}),
    "a field of an object": resume({"data": {"x": 1, "y": CANARY}}, {"data": {"class": "Data"}}),
    "a choice": resume({"choice": CANARY}),
    "a member": resume({"color": CANARY}),
    "an override": lambda: Shop().run_checkpoint_sync(
        '{"stepName":"first","output":{}}', override_data={"n": CANARY, "text": "x"}
    ),
    "an override that is none": lambda: Shop().run_checkpoint_sync("{}", override_data=CANARY),  # type: ignore[arg-type]
    "an override by a key that is none": lambda: Shop().run_checkpoint_sync("{}", override_data={NUMBER: 1}),  # type: ignore[dict-item]
    # a resume: tags
    "tag of a date": resume({"v": CANARY}, {"v": "date"}),
    "tag of a datetime": resume({"v": CANARY}, {"v": "datetime"}),
    "tag of a decimal": resume({"v": CANARY}, {"v": "decimal"}),
    "tag of a uuid": resume({"v": CANARY}, {"v": "uuid"}),
    "tag of bytes": resume({"v": CANARY}, {"v": "bytes"}),
    "tag of a fraction": resume({"v": CANARY}, {"v": "fraction"}),
    "tag of a big int": resume({"v": CANARY}, {"v": "int"}),
    "tag of a float": resume({"v": CANARY}, {"v": "float"}),
    "tag of a timedelta": resume({"v": CANARY}, {"v": "timedelta"}),
    "tag of a tuple": resume({"v": CANARY}, {"v": "tuple"}),
    "tag of a range": resume({"v": [1, 2, CANARY]}, {"v": "range"}),
    "tag of a complex": resume({"v": [CANARY, 1]}, {"v": "complex"}),
    "tag of an enum": resume({"v": CANARY}, {"v": {"class": "Color"}}),
    "tag of a NamedTuple": resume({"v": [CANARY]}, {"v": {"class": "Named"}}),
    "tag of a Struct": resume({"v": {"x": NUMBER}}, {"v": {"class": "Struct"}}),
    "tag of a model": resume({"v": CANARY}, {"v": {"class": "Model"}}),
    "tag of a zone": resume({"v": "2030-01-01T00:00:00"}, {"v": {"is": "datetime", "zone": CANARY + " x"}}),
    "tag of a maxlen": resume({"v": []}, {"v": {"is": "deque", "maxlen": CANARY}}),
    "tag of a set that has it twice": resume({"v": [CANARY, CANARY]}, {"v": "set"}),
    "tag of what is the same": resume({"v": [CANARY], "w": [1]}, {"v": {"shared": 1}, "w": {"same": 1}}),
    # a checkpoint that is not taken
    "an object that nobody can save": take(iter([CANARY])),
    "a subclass": take(Subclass(CANARY)),
    "a cycle": take(CYCLE),
    "a deep value": take(DEEP),
    "a codec that fails": take(Own("x")),
    "a large context": take(CANARY * 100, Small),
    "a default factory": take(collections.defaultdict(lambda: CANARY, a=CANARY)),
    "under a key that is an object": take({(date(2030, 1, 1), CANARY): object()}),
    "serialize": lambda: serialize_checkpoint(Checkpoint("s", {"v": object(), "w": CANARY})),
    "serialize no output": lambda: serialize_checkpoint(Checkpoint("s", [CANARY])),
    "serialize a string": lambda: serialize_checkpoint(CANARY),  # type: ignore[arg-type]
    "deserialize": lambda: deserialize_checkpoint(CANARY),
    # runs
    "an input that is none": lambda: Shop().run_sync(CANARY),  # type: ignore[arg-type]
    "an input by a key that is none": lambda: Shop().run_sync({NUMBER: 1}),  # type: ignore[misc, dict-item]
    "an input that is checked": lambda: Checked().run_sync({"n": CANARY}),  # type: ignore[typeddict-item]
    "an input that is checked deeper": lambda: Checked().run_sync({"n": 1, "rows": [{"price": CANARY}]}),  # type: ignore[typeddict-unknown-key]
    "a start checkpoint": lambda: Shop.start_checkpoint({"n": CANARY}),  # type: ignore[typeddict-item]
    "a return that is a string": run(gives(CANARY)),
    "an output by a key that is none": run(gives({NUMBER: CANARY})),
    "a missing key": lambda: Shop().run_sync({"text": CANARY}),  # type: ignore[typeddict-item]
    "a missing key in a group": lambda: Group().run_sync({"text": CANARY}),
    "a case": lambda: Route().run_sync(),
    "a case that is a number": lambda: RouteNumber().run_sync(),
    "a collision": lambda: Collides().run_sync({"text": CANARY}),
    "a delay": lambda: Delayed().run_sync(),
    "a flow that is none": lambda: Made().run_sync(),
    "a callback": lambda: Shop().run_sync({"n": 1}, on_step_complete=CANARY),  # type: ignore[arg-type]
    "a cancel": lambda: Shop().run_sync({"n": 1}, cancel=CANARY),  # type: ignore[arg-type]
    "a gate": lambda: Gated().run_sync({"n": 1, "text": CANARY}),
    "a decision": decide({"by": CANARY}),
    "a decision that is none": decide(CANARY),
    "a decision by a key that is none": decide({"by": 1, NUMBER: CANARY}),
    "a decision that its class refuses": decide({"by": 1, "why": CANARY}),
    "a run id": lambda: Shop().run_sync({"n": 1}, run_id=CANARY + "\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_no_value_is_in_the_text_of_an_error(case: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        CASES[case]()
    error = caught.value
    shown = [str(error), repr(error), *getattr(error, "__notes__", [])]
    if not case.startswith("a codec"):  # whose own error is chained, as its author wrote it
        shown += [line for line in traceback.format_exception(error) if not line.startswith("  File")]
    for line in shown:
        assert CANARY not in line, line
        assert str(NUMBER) not in line, line


def test_there_are_enough_canaries_and_they_reach_every_error() -> None:
    assert len(CASES) >= 50
    met: set[type[BaseException]] = set()
    for case in CASES.values():
        try:
            case()
        except Exception as error:
            met |= set(type(error).__mro__) | ({type(error.__cause__)} if error.__cause__ else set())
            if isinstance(error, ExceptionGroup):
                met |= {type(each) for each in error.exceptions}
    every = {each for each in vars(all_errors).values() if isinstance(each, type) and issubclass(each, StepkitError)}
    # These say of no value, only of names and times.
    told = ["StepTimeoutError", "CircuitOpenError", "RunCancelledError", "EventLoopError", "NoCurrentStepError"]
    told += ["CheckpointFlowError", "CheckpointStepError", "CheckpointKeyError", "ResumeSizeError"]
    told += ["RunDeadlineError", "ResumeDeadlineError", "StepInterruptedError"]
    # What durable runs and stores raise is met by the canaries of tests/stores.
    told += ["AlreadyDecidedError", "CorruptCheckpointError", "RunClaimedError", "RunConflictError", "RunExpiredError"]
    told += ["RunLostError", "RunNotFoundError", "RunStatusError", "StoreForkError", "StoreKeyError"]
    told += ["StoreUnavailableError", "StoreVersionError"]
    assert {each.__name__ for each in every - met} - set(told) == set()


def test_the_error_of_a_codec_is_chained() -> None:
    registry = Registry([], [Codec(Own, lambda own: own.text, Own, name="own")])
    with pytest.raises(all_errors.CheckpointFormatError) as caught:
        registry.load(CANARY, {"class": "own"})
    assert CANARY not in str(caught.value)
    assert str(caught.value.__cause__) == CANARY
