"""What can be a gate, what it shows, and the payload types that its decision can have."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple, TypedDict

import attrs
import msgspec
import pydantic
import pytest

from stepkit import Flow, flow
from stepkit.errors import ApprovalRequired, DecisionError, FlowDefinitionError


class Amount(msgspec.Struct):
    cents: int


class AsTypedDict(TypedDict, total=False):
    by: str
    level: Annotated[int, msgspec.Meta(ge=1)]
    at: datetime
    amount: Amount


@dataclass
class AsDataclass:
    by: str
    level: Annotated[int, msgspec.Meta(ge=1)] = 1
    at: datetime | None = None
    amount: Amount = field(default_factory=lambda: Amount(0))

    def __post_init__(self) -> None:
        if self.by == "secret-nobody":
            raise ValueError("secret-nobody may not")


class AsStruct(msgspec.Struct, rename="camel"):
    by: str
    level: Annotated[int, msgspec.Meta(ge=1)] = 1
    at: datetime | None = None
    amount: Amount = msgspec.field(default_factory=lambda: Amount(0))


class AsModel(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    by: str = pydantic.Field(alias="approvedBy")
    level: int = pydantic.Field(default=1, ge=1)
    at: datetime | None = None


@attrs.define
class AsAttrs:
    by: str
    level: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    at: datetime | None = None
    amount: Amount = attrs.Factory(lambda: Amount(0))
    _made: int = attrs.field(default=3, init=False)


PAYLOADS = [AsTypedDict, AsDataclass, AsStruct, AsModel, AsAttrs]
CLASSES = PAYLOADS[1:]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def gated(payload: Any) -> type[Flow[Any, Any]]:
    class Gated(Flow):
        gate = flow.approval("gate", payload)

        @flow.step("last")
        def last(self):
            return {"last": True}

    return Gated


def decide(flow_class: type[Flow[Any, Any]], decision: object) -> dict[str, Any]:
    with pytest.raises(ApprovalRequired) as waiting:
        flow_class().run_sync({})
    texts: list[str] = []
    result: dict[str, Any] = flow_class().run_checkpoint_sync(
        waiting.value.checkpoint,
        decision=decision,
        on_step_complete=lambda event: texts.append(event.checkpoint),
    )
    assert flow_class().run_checkpoint_sync(texts[0]) == result  # its values come back from a checkpoint
    return result


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_fields_of_a_decision_join_the_context_in_their_types(payload: Any) -> None:
    result = decide(gated(payload), {"by": "ana", "level": 2, "at": "2026-01-01T12:00:00Z"})
    assert (result["by"], result["level"], result["at"]) == ("ana", 2, NOON)
    assert decide(gated(payload), {"by": "ana", "at": NOON})["at"] == NOON
    if payload is not AsModel:
        assert decide(gated(payload), {"by": "ana", "amount": {"cents": 3}})["amount"] == Amount(3)


@pytest.mark.parametrize("payload", CLASSES)
def test_defaults_are_filled_in_and_what_is_not_required_may_be_missing(payload: Any) -> None:
    result = decide(gated(payload), {"by": "ana"})
    assert (result["level"], result["at"]) == (1, None)
    assert result == decide(gated(payload), {"by": "ana", "level": 1})
    described = gated(payload).describe()[0]
    assert described["gives"][:3] == ["by", "level", "at"]
    assert described["gives_if_present"] == []
    assert decide(gated(AsTypedDict), {"by": "ana"}) == {"by": "ana", "last": True}
    assert gated(AsTypedDict).describe()[0]["gives_if_present"] == ["by", "level", "at", "amount"]


def test_an_instance_of_the_payload_is_a_decision() -> None:
    assert decide(gated(AsDataclass), AsDataclass("ana", 2))["level"] == 2
    assert decide(gated(AsStruct), AsStruct("ana", 2))["level"] == 2
    assert decide(gated(AsModel), AsModel(approvedBy="ana", level=2))["by"] == "ana"
    assert decide(gated(AsAttrs), AsAttrs("ana", 2))["_made"] == 3
    with pytest.raises(DecisionError, match=r"\$\.level is str of 3 characters, expected int"):
        decide(gated(AsDataclass), AsDataclass("ana", "two"))  # type: ignore[arg-type]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"by": 3}, "$.by"),
        ({"level": "canary"}, "$.level"),
        ({"level": 0}, ""),
        ({"at": "canary"}, "$.at"),
        ({"bye": "canary"}, '"bye"'),
    ],
)
def test_what_does_not_fit_is_named_by_its_key_and_never_by_its_value(
    payload: Any, change: dict[str, Any], path: str
) -> None:
    decision = {"by": "ana", **change}
    if payload is AsModel and "at" in change:
        decision["at"] = "canary of an hour"
    with pytest.raises(DecisionError) as refused:
        decide(gated(payload), decision)
    assert path in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("payload", CLASSES)
def test_a_required_field_may_not_be_missing(payload: Any) -> None:
    with pytest.raises(DecisionError, match='lacks the key "by"'):
        decide(gated(payload), {"level": 1})


def test_a_class_that_refuses_a_decision_is_not_quoted() -> None:
    with pytest.raises(DecisionError) as refused:
        decide(gated(AsDataclass), {"by": "secret-nobody"})
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None and refused.value.__suppress_context__


def test_a_field_that_made_by_the_class_is_not_given() -> None:
    with pytest.raises(DecisionError, match='the key "_made"'):
        decide(gated(AsAttrs), {"by": "ana", "_made": 4})


def test_an_annotation_that_cannot_be_resolved_lets_nothing_pass() -> None:
    class Odd(TypedDict):
        by: "Unknown"  # type: ignore[name-defined] # noqa: F821, UP037

    with pytest.raises(DecisionError, match=r"the annotation of .*Odd\.by cannot be resolved"):
        decide(gated(Odd), {"by": "ana"})


class Pair(NamedTuple):
    by: str


@pytest.mark.parametrize("payload", [dict, dict[str, int], str, int, None, Pair, {"by": str}, AsDataclass("ana"), Flow])
def test_a_payload_is_a_class_with_fields(payload: Any) -> None:
    with pytest.raises(FlowDefinitionError, match="the payload of an approval is a TypedDict, a dataclass"):
        gated(payload)


@pytest.mark.parametrize("expires", [0, -1, True, "7", float("nan"), float("inf")])
def test_expires_is_a_time(expires: Any) -> None:
    with pytest.raises(FlowDefinitionError, match="expires is a number of seconds over 0, or a timedelta"):

        class Gated(Flow):
            gate = flow.approval("gate", AsTypedDict, expires=expires)


def test_names_are_judged_as_those_of_steps() -> None:
    with pytest.raises(FlowDefinitionError) as refused:

        class Gated(Flow):
            @flow.step("review")
            def first(self):
                return None

            second = flow.approval("review", AsTypedDict)
            third = flow.approval("a/b", AsTypedDict, when=3, aliases="x")  # type: ignore[arg-type]
            run = flow.approval("run", AsTypedDict)

    text = str(refused.value)
    assert 'second: the name "review" is taken by first' in text
    assert "third: the name 'a/b' has a \"/\"" in text
    assert "third: when is a bool" in text and "third: aliases is a tuple" in text
    assert "run: a approval cannot" in text or "run: an approval cannot" in text


def test_a_gate_cannot_stand_in_a_parallel_group() -> None:
    gate = gated(AsTypedDict)

    class Deeper(Flow):
        inner = flow.subflow("inner", gate)

    for member in (gate, gate(), Deeper):
        with pytest.raises(FlowDefinitionError, match='the approval "gate" of .* cannot stand in a parallel group'):

            class Group(Flow):
                group = flow.parallel("group")
                member_ = group.subflow(member)


@pytest.mark.parametrize("mode", ["all", "settled"])
def test_a_gate_in_a_group_that_only_a_function_knows_is_refused_when_it_runs(mode: Any) -> None:
    ran: list[str] = []

    class Member(Flow):
        @flow.step("first")
        def first(self):
            ran.append("first")

        gate = flow.approval("gate", AsTypedDict)

        @flow.step("behind")
        def behind(self):
            ran.append("behind")

    class Deeper(Flow):
        inner = flow.subflow("inner", lambda self: Member())

    class Group(Flow):
        group = flow.parallel("group", mode=mode)
        member = group.subflow(lambda self: Deeper(), name="member")

    with pytest.raises((FlowDefinitionError, ExceptionGroup)) as refused:
        Group().run_sync({})
    assert "cannot stand in a parallel group" in repr(refused.value) or mode == "settled"
    assert ran == []


def test_a_gate_is_a_row_with_a_shape_of_its_own() -> None:
    class Shown(Flow):
        gate = flow.approval("gate", AsDataclass, expires=90, aliases=["old"], when=lambda x=1: x > 0)

    assert json.loads(json.dumps(Shown.describe())) == [
        {
            "name": "gate",
            "kind": "approval",
            "when": "condition",
            "aliases": ["old"],
            "payload": "AsDataclass",
            "gives": ["by", "level", "at", "amount"],
            "gives_if_present": [],
            "expires": 90.0,
        }
    ]
    assert '{{"gate"}}' in Shown.mermaid()
    assert "not gate" in Shown.mermaid()
    assert repr(Shown.gate) == "<approval 'gate'>"
    assert Shown().gate is Shown.gate


def test_a_waiting_run_is_logged_as_one(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="stepkit")
    with pytest.raises(ApprovalRequired):
        gated(AsTypedDict)().run_sync({}, log=True)
    text = "\n".join(caplog.messages)
    assert "Approval: gate" in text and "Waiting for a decision at: gate" in text and "Pipeline waits at: gate" in text
    assert "failed" not in text


def test_a_subclass_goes_without_a_gate_or_has_another() -> None:
    base = gated(AsTypedDict)

    class Without(base):  # type: ignore[misc, valid-type]
        gate = None

    class Other(base):  # type: ignore[misc, valid-type]
        gate = flow.approval("other", AsDataclass)

    assert Without().run_sync({}) == {"last": True}
    assert [row["name"] for row in Other.describe()] == ["other", "last"]
