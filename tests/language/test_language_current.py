"""``flow.current()``: which step is running here."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from stepkit import Flow, flow
from stepkit.errors import NoCurrentStepError


def where() -> str:
    current = flow.current()
    return f"{current.flow}:{current.path}#{current.attempt}"


class Where(Flow):
    @flow.step("sync")
    def one(self):
        return {"one": where()}

    @flow.step("async")
    async def two(self):
        await asyncio.sleep(0)
        return {"two": where()}

    @flow.step("thread", thread=True)
    def three(self):
        return {"three": where()}

    @flow.step("condition", when=lambda: True)
    def four(self):
        return {"four": where()}


EXPECTED = {"one": "Where:sync#1", "two": "Where:async#1", "three": "Where:thread#1", "four": "Where:condition#1"}


def test_a_step_knows_its_flow_path_and_attempt() -> None:
    assert asyncio.run(Where().run()) == EXPECTED
    assert Where().run_sync() == EXPECTED
    assert Where().run_sync(on_step_complete=lambda event: None) == EXPECTED


def test_all_steps_of_a_run_have_its_id_and_another_run_has_another() -> None:
    class Ids(Flow):
        @flow.step
        def first(self):
            return {"first": flow.current().run_id}

        @flow.step(on_error="continue")
        def second(self):
            return {"second": flow.current().run_id}

    one, two = Ids().run_sync(), Ids().run_sync()
    assert one["first"] == one["second"]
    assert one["first"] != two["first"]


def test_outside_of_a_step_there_is_no_current_step() -> None:
    message = (
        "flow.current() was called outside of a step; call it in the body of a step, or in a function that a step calls"
    )
    with pytest.raises(NoCurrentStepError) as caught:
        flow.current()
    assert str(caught.value) == message
    Where().run_sync()
    with pytest.raises(NoCurrentStepError):
        flow.current()


def test_after_a_failed_run_there_is_no_current_step() -> None:
    class Fails(Flow):
        @flow.step
        def fail(self):
            raise ValueError

    async def run() -> None:
        with pytest.raises(ValueError):
            await Fails().run()
        with pytest.raises(NoCurrentStepError):
            flow.current()

    asyncio.run(run())


def test_each_attempt_has_its_number_and_the_same_idempotency_key() -> None:
    seen: list[tuple[int, str]] = []

    class Retried(Flow):
        @flow.step(retries=2)
        def flaky(self):
            seen.append((flow.current().attempt, flow.current().idempotency_key))
            if len(seen) < 3:
                raise OSError("not yet")

    Retried().run_sync()
    assert [attempt for attempt, _ in seen] == [1, 2, 3]
    assert len({key for _, key in seen}) == 1


class Inner(Flow):
    @flow.step
    def only(self):
        return {"only": where()}


def test_a_run_inside_a_step_does_not_hide_the_step_around_it() -> None:
    class Outer(Flow):
        @flow.step
        def sync(self):
            return {"sync": (Inner().run_sync()["only"], where())}

        @flow.step("async", on_error="continue")
        async def later(self):
            return {"async": ((await Where().run())["two"], where())}

    assert asyncio.run(Outer().run()) == {
        "sync": ("Inner:only#1", "Outer:sync#1"),
        "async": ("Where:async#1", "Outer:async#1"),
    }


PROGRAM = """
import json, sys
from stepkit import Flow, flow

class Pay(Flow):
    @flow.step("reserve")
    def reserve(self):
        return {"keys": [flow.current().idempotency_key]}

    @flow.step("charge")
    def charge(self, keys):
        return {"keys": [*keys, flow.current().idempotency_key]}

checkpoints = []
keep = lambda event: checkpoints.append(event.checkpoint)
arguments = json.load(sys.stdin)
if arguments["checkpoint"] is None:
    result = Pay().run_sync(on_step_complete=keep)
else:
    result = Pay().run_checkpoint_sync(arguments["checkpoint"], on_step_complete=keep)
json.dump({"keys": result["keys"], "checkpoints": checkpoints}, sys.stdout)
"""


def _pay(checkpoint: str | None) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps({"checkpoint": checkpoint}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_an_idempotency_key_is_the_same_after_a_resume_in_another_process() -> None:
    first = _pay(None)
    second = _pay(first["checkpoints"][0])
    third = _pay(None)
    assert second["keys"] == first["keys"]
    assert [key.partition("/")[2] for key in first["keys"]] == ["reserve", "charge"]
    assert len({key.partition("/")[0] for key in first["keys"]}) == 1
    assert third["keys"] != first["keys"]
