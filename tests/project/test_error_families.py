"""Two families of errors: what refuses a resume before any step runs, and what cannot be taken after steps have run."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any

import pytest

from stepkit import Flow, flow
from stepkit import errors as all_errors
from stepkit.errors import (
    CheckpointError,
    CheckpointNotTakenError,
    CheckpointSizeError,
    ResumeRefusedError,
    ResumeSizeError,
    StepTimeoutError,
    UnsavableSizeError,
    UnsavableValueError,
)

ALL = [each for each in vars(all_errors).values() if inspect.isclass(each) and issubclass(each, CheckpointError)]
ABOVE = {CheckpointError, CheckpointSizeError, ResumeRefusedError, CheckpointNotTakenError}


def test_every_error_of_checkpoints_is_of_one_family() -> None:
    for each in set(ALL) - ABOVE:
        assert issubclass(each, ResumeRefusedError) != issubclass(each, CheckpointNotTakenError), each
    assert not issubclass(ResumeRefusedError, CheckpointNotTakenError)


def test_code_that_catches_what_was_there_before_goes_on_working() -> None:
    for family in (ResumeRefusedError, CheckpointNotTakenError):
        assert issubclass(family, CheckpointError)
        assert issubclass(family, ValueError)
    for each in (ResumeSizeError, UnsavableSizeError):
        assert issubclass(each, CheckpointSizeError)


class Opens(Flow, max_checkpoint_size=300):
    @flow.step("open")
    def open(self):
        return {"lock": threading.Lock()}

    @flow.step("close")
    def close(self):
        return {"lock": None}

    @flow.step("fill")
    def fill(self):
        return {"large": "x" * 400}


def test_what_cannot_be_taken_is_no_refusal_of_a_resume() -> None:
    found: dict[str, Exception] = {}

    def save(event: Any) -> None:
        try:
            _ = event.checkpoint
        except CheckpointNotTakenError as error:
            found[event.step_name] = error

    Opens().run_sync(on_step_complete=save)
    assert {step: type(error) for step, error in found.items()} == {
        "open": UnsavableValueError,
        "fill": UnsavableSizeError,
    }


def test_a_checkpoint_that_is_refused_is_none_that_was_not_taken() -> None:
    for text in ("no JSON", "[" * 400, '{"stepName":"other","output":{}}'):
        with pytest.raises(ResumeRefusedError) as caught:
            Opens().run_checkpoint_sync(text)
        assert not isinstance(caught.value, CheckpointNotTakenError)


def test_the_event_of_an_attempt_that_was_given_up_has_no_checkpoint_to_take() -> None:
    kept: list[Any] = []
    errors: list[Exception] = []

    class Inner(Flow):
        @flow.step("first")
        def first(self): ...

        @flow.step("hang")
        async def hang(self) -> None:
            try:
                await asyncio.sleep(60)
            finally:
                try:
                    _ = kept[0].checkpoint
                except CheckpointNotTakenError as error:
                    errors.append(error)

    class Outer(Flow):
        inner = flow.subflow("inner", Inner, timeout=0.05)

    async def keep(event: Any) -> None:
        kept.append(event)
        if event.step_name == "inner/first":
            await asyncio.sleep(60)

    def late(event: Any) -> Any:
        return keep(event)

    with pytest.raises(StepTimeoutError):
        Outer().run_sync(on_step_complete=late)
    with pytest.raises(CheckpointNotTakenError, match="was given up"):
        _ = kept[0].checkpoint
