"""What a resume refuses because the flow is another one: its steps, their order, the keys and values that they read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from payment_flow import RAN, Order, Pay, Reserved, refused, taken

from stepkit import Flow, flow
from stepkit.errors import (
    CheckpointFlowError,
    CheckpointKeyError,
    CheckpointStepError,
    CheckpointValueError,
)

# Other flows


class Refund(Flow[Order]):
    @flow.step("reserve")
    def reserve(self, amount: int) -> Reserved:
        RAN.append("reserve")
        return {"reservation": "r-1"}


def test_a_checkpoint_of_another_flow() -> None:
    assert refused(taken(Refund), CheckpointFlowError) == (
        'flow Pay: the checkpoint was taken by the flow "Refund". Resume it with that flow; if the class was only '
        'renamed, give it its former name: class ...(Flow[...], name="Refund")'
    )


def test_a_renamed_class_with_its_former_name_resumes() -> None:
    class Renamed(Refund, name="Refund"): ...

    assert Renamed().run_checkpoint_sync(json.dumps(taken(Refund)))["reservation"] == "r-1"


# Steps


THE_STEPS = 'its steps are "reserve", "charge", "notify"'


@pytest.mark.parametrize(
    ("step", "hint"),
    [
        ("resreve", '; did you mean "reserve"?'),
        ("Reserve", '; did you mean "reserve"?'),
        ("reserve ", '; did you mean "reserve"?'),
        ("capture", '; did you mean "charge"?'),
        ("zzz", ""),
        ("0", ""),
    ],
)
@pytest.mark.parametrize("bare", [False, True])
def test_a_step_that_the_flow_does_not_have(step: str, hint: str, bare: bool) -> None:
    document = taken() | {"stepName": step}
    if bare:
        del document["flow"]
    assert refused(document, CheckpointStepError) == (
        f'flow Pay: the checkpoint is of the step "{step}", but the flow has no step "{step}"{hint}; {THE_STEPS}. '
        f'If the step was renamed, give it its former name: aliases=("{step}",)'
    )


@pytest.mark.parametrize("step", ["reserve/inner", "reserve/", "reserve/charge/notify"])
def test_a_path_into_a_step_that_holds_none(step: str) -> None:
    document = taken() | {"stepName": step}
    assert refused(document, CheckpointStepError) == (
        f'flow Pay: the checkpoint is of "{step}", but "reserve" is a plain step, which holds no other '
        "steps. Resume with the flow as it was, or from the checkpoint of the step before"
    )


@pytest.mark.parametrize("step", ["/reserve", "/"])
def test_a_path_with_an_empty_segment(step: str) -> None:
    document = taken() | {"stepName": step}
    assert refused(document, CheckpointStepError).startswith(
        f'flow Pay: the checkpoint is of the step "{step}", but the flow has no step "'
    )


# Steps before the checkpoint


def variant(**steps: Any) -> type[Flow[Any]]:
    """A flow that is called Pay and has these steps."""

    def made(name: str) -> Any:
        def body(self: Any) -> None:
            RAN.append(name)

        return flow.step(name)(body)

    names = {f"s{place}": made(name) for place, name in enumerate(steps)}
    return type("Pay", (Flow,), names)


LOST = (
    " A step that was inserted, moved or removed there would silently never run, or run twice. Resume with the flow as "
    "it was, start the run anew, or, if a step was only renamed, give it its former name with aliases=."
)


@pytest.mark.parametrize(
    ("now", "difference"),
    [
        ("reserve check charge notify", 'as step 2 the flow now has "check", the run had "charge".'),
        ("check reserve charge notify", 'as step 1 the flow now has "check", the run had "reserve".'),
        ("charge reserve notify", 'as step 1 the flow now has "charge", the run had "reserve".'),
        ("reserve notify", 'as step 2 the flow now has "notify", the run had a step that it does not have any more.'),
        ("charge notify", 'as step 1 the flow now has "charge", the run had a step that it does not have any more.'),
        ("notify", 'as step 1 the flow now has "notify", the run had a step that it does not have any more.'),
        ("hold charge notify", 'as step 1 the flow now has "hold", the run had a step that it does not have any more.'),
    ],
)
def test_steps_before_the_checkpoint_that_are_not_those_that_had_run(now: str, difference: str) -> None:
    before = variant(reserve=1, charge=1, notify=1)
    after = variant(**dict.fromkeys(now.split(), 1))
    if "charge" not in now.split():
        document = taken(before, "notify", {})
    elif now.startswith("charge reserve"):
        document = taken(before, "notify", {})
    else:
        document = taken(before, "charge", {})
    message = refused(document, CheckpointFlowError, after)
    assert message == f"flow Pay: its steps before the checkpoint's are not those that had run: {difference}{LOST}"


def test_steps_after_the_checkpoint_may_change() -> None:
    before = variant(reserve=1, charge=1, notify=1)
    after = variant(reserve=1, charge=1, audit=1, archive=1)
    after().run_checkpoint_sync(json.dumps(taken(before, "charge", {})))
    assert RAN == ["audit", "archive"]


def test_a_changed_body_or_option_of_a_completed_step_is_no_change() -> None:
    class Changed(Pay, name="Pay"):
        @flow.step("reserve", retries=3, on_error="continue", timeout=1, thread=True)
        def reserve(self, other: str) -> Reserved:
            raise AssertionError("it is done")

    assert Changed().run_checkpoint_sync(json.dumps(taken()))["notified"] is True


# Values and keys


@pytest.mark.parametrize(
    ("override", "step", "key", "problem"),
    [
        ({"amount": "10"}, "charge", "amount", "the value at $.amount is str of 2 characters, expected int"),
        ({"amount": None}, "charge", "amount", "the value at $.amount is NoneType, expected int"),
        ({"amount": 1.5}, "charge", "amount", "the value at $.amount is float, expected int"),
        ({"reservation": ["r"]}, "charge", "reservation", "the value at $.reservation is list, expected str"),
        ({"due": "2026-01-02"}, "notify", "due", "the value at $.due is str of 10 characters, expected datetime"),
        ({"receipt": 5}, "notify", "receipt", "the value at $.receipt is int, expected str"),
    ],
)
def test_an_override_that_does_not_fit_the_step_that_will_read_it(
    override: dict[str, Any], step: str, key: str, problem: str
) -> None:
    message = refused(taken(), CheckpointValueError, override_data=override)
    assert message == f'flow Pay: step "{step}" cannot read "{key}" from override_data: {problem}'


@pytest.mark.parametrize("bare", [False, True])
def test_a_saved_value_that_does_not_fit_the_step_that_will_read_it(bare: bool) -> None:
    document = taken()
    document["output"]["amount"] = {"value": 10}
    if bare:
        del document["flow"]
    assert refused(document, CheckpointValueError) == (
        'flow Pay: step "charge" cannot read "amount" from the checkpoint: '
        "the value at $.amount is dict, expected int. "
        'Give a fitting value with override_data={"amount": ...}'
    )


def test_an_override_may_replace_what_did_not_fit() -> None:
    document = taken()
    document["output"]["amount"] = {"value": 10}
    assert Pay().run_checkpoint_sync(json.dumps(document), override_data={"amount": 7})["charge"] == 7


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(("key", "step"), [("amount", "charge"), ("reservation", "charge"), ("due", "notify")])
def test_a_key_that_a_remaining_step_requires_and_nothing_provides(key: str, step: str, bare: bool) -> None:
    document = taken()
    del document["output"][key]
    document["flow"]["types"].pop(key, None)
    if bare:
        del document["flow"]
        document["output"].pop("due", None)
    has = ", ".join(f'"{name}"' for name in document["output"])
    message = refused(document, CheckpointKeyError)
    assert message == (
        f'flow Pay: step "{step}" reads "{key}", which the checkpoint does not have and no step before it provides; '
        f'the checkpoint has {has}. Give it with override_data={{"{key}": ...}}'
    )


def test_a_key_that_a_step_in_between_provides_is_not_required() -> None:
    document = taken()
    assert "charge" not in document["output"]
    assert Pay().run_checkpoint_sync(json.dumps(document))["charge"] == 10


def test_a_key_with_a_default_is_not_required_and_an_override_may_give_it() -> None:
    document = taken()
    assert Pay().run_checkpoint_sync(json.dumps(document), override_data={"receipt": "mail"})["receipt"] == "mail"
