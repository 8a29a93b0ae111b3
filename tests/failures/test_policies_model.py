"""Retries, timeouts and the circuit breaker against a small model, over random scripts. Time is virtual."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import stepping
from boom import Boom

from stepkit import CircuitBreaker, Flow, flow

pytestmark = pytest.mark.in_one_piece

SCRIPTS = 5_000
TIMEOUT = 4


class Bang(Exception):
    pass


@dataclass(frozen=True)
class Script:
    """The policies of one step, and what happens to it: runs one after the other, each call with its behaviour."""

    retries: int
    delay: int
    should_retry: type[Exception] | None
    breaker: CircuitBreaker | None
    on_error: Any
    is_async: bool
    gaps: tuple[int, ...]
    """Seconds before each run."""
    calls: tuple[str, ...]
    """What the calls of the step do, over all runs; those after the last are ok."""


def draw(number: int) -> Script:
    chance = random.Random(number)
    breaker = None
    if chance.random() < 0.8:
        breaker = CircuitBreaker(
            failure_threshold=chance.randint(1, 4),
            cooldown=chance.randint(1, 12),
            on_open=chance.choice(["raise", "skip"]),
        )
    is_async = chance.random() < 0.5
    behaviours = ["ok", "boom", "boom", "boom", "bang", "junk"] + ["slow"] * is_async
    return Script(
        retries=chance.randint(0, 3),
        delay=chance.choice([0, 0, 1, 5]),
        should_retry=chance.choice([None, None, Boom]),
        breaker=breaker,
        on_error=chance.choice(["raise", "continue", "skip-remaining"]),
        is_async=is_async,
        gaps=tuple(chance.choice([0, 1, 3, 12]) for _ in range(chance.randint(1, 7))),
        calls=tuple(chance.choice(behaviours) for _ in range(chance.randint(0, 14))),
    )


History = list[tuple[Any, ...]]


def modelled(script: Script) -> History:
    """What must happen: told plainly, with no classes, tasks or permits."""
    history: History = []
    now, failures, open_until = 0, 0, -1
    behaviours = iter(script.calls)
    for gap in script.gaps:
        now += gap
        outcome: Any = None
        for attempt in range(1, script.retries + 2):
            if script.breaker is not None and now < open_until:
                if script.breaker.on_open == "skip":
                    outcome = "skipped"
                else:
                    outcome = "CircuitOpenError"
                    history.append(("error", outcome))
                break
            behaviour = next(behaviours, "ok")
            history.append(("call", now, attempt))
            if behaviour == "slow":
                now += TIMEOUT
            outcome = {
                "ok": "ok",
                "boom": "Boom",
                "bang": "Bang",
                "junk": "StepOutputError",
                "slow": "StepTimeoutError",
            }[behaviour]
            if outcome == "ok":
                failures, open_until = 0, -1
                break
            history.append(("error", outcome))
            if outcome == "StepOutputError":
                break  # a mistake: neither tried again nor counted
            if script.breaker is not None:
                failures += 1
                if failures >= script.breaker.failure_threshold:
                    open_until = now + script.breaker.cooldown
            if script.should_retry is Boom and outcome != "Boom":
                break
            if attempt == script.retries + 1 or now + script.delay < open_until:
                break
            now += script.delay
        after = "last" if outcome in ("ok", "skipped") or script.on_error == "continue" else None
        if outcome in ("ok", "skipped"):
            end: Any = {"x": 1} if outcome == "ok" else {}
        elif script.on_error == "raise":
            end = outcome
        else:
            end = {}
        if after == "last" and not isinstance(end, str):
            end = {**end, "last": True}
        state = "closed" if open_until < 0 else "open" if now < open_until else "half-open"
        history.append(("end", now, end, state, failures))
    return history


def make(script: Script, behaviours: Iterator[str], history: History) -> type[Flow]:
    options: dict[str, Any] = {
        "retries": script.retries,
        "retry_delay": script.delay,
        "should_retry": script.should_retry,
        "circuit_breaker": script.breaker,
        "on_error": script.on_error,
    }

    def behave() -> tuple[str, Any]:
        behaviour = next(behaviours, "ok")
        history.append(("call", asyncio.get_running_loop().time(), flow.current().attempt))
        if behaviour == "boom":
            raise Boom
        if behaviour == "bang":
            raise Bang
        return behaviour, 5 if behaviour == "junk" else {"x": 1}

    class Base(Flow):
        pass

    if script.is_async:

        class Async(Base):
            @flow.step("call", timeout=TIMEOUT, **options)
            async def call(self):
                behaviour, output = behave()
                await asyncio.sleep(100 if behaviour == "slow" else 0)
                return output

            @flow.step("last")
            def last(self):
                return {"last": True}

        return Async

    class Sync(Base):
        @flow.step("call", **options)
        def call(self):
            return behave()[1]

        @flow.step("last")
        def last(self):
            return {"last": True}

    return Sync


async def played(script: Script) -> History:
    """What happens."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    history: History = []
    make_flow = make(script, iter(script.calls), history)
    breaker = make_flow.circuit_breaker("call") if script.breaker is not None else None
    if breaker is not None:
        breaker.clock = loop.time
    for gap in script.gaps:
        await asyncio.sleep(gap)
        try:
            end: Any = await make_flow().run(
                on_step_error=lambda step, error: history.append(("error", type(error).__name__))
            )
        except Exception as error:
            end = type(error).__name__
        state, failures = ("closed", 0) if breaker is None else (breaker.state, breaker.failures)
        history.append(("end", loop.time(), end, state, failures))
    return [(what[0], what[1] - start, *what[2:]) if what[0] != "error" else what for what in history]


@pytest.mark.parametrize("part", range(10))
def test_policies_do_what_the_model_says(part: int) -> None:
    async def work() -> int:
        happened = 0
        for number in range(part * SCRIPTS // 10, (part + 1) * SCRIPTS // 10):
            script = draw(number)
            history = await played(script)
            assert history == modelled(script), f"script {number}: {script}"
            happened += len(history)
        return happened

    assert stepping.run(work()) > SCRIPTS / 10 * 5  # the scripts are not empty


def test_the_scripts_reach_every_state_and_outcome() -> None:
    seen = {
        (what[0], str(what[1 if what[0] == "error" else 3]))
        for number in range(500)
        for what in modelled(draw(number))
        if what[0] != "call"
    }
    assert seen == {
        ("error", "Boom"),
        ("error", "Bang"),
        ("error", "StepOutputError"),
        ("error", "StepTimeoutError"),
        ("error", "CircuitOpenError"),
        ("end", "closed"),
        ("end", "open"),
        ("end", "half-open"),
    }
