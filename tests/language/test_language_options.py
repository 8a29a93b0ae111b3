"""The options of a step: when, on_error, merge, log, aliases."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest
from notes import notes

from stepkit import Flow, LogConfig, flow
from stepkit.errors import ContextCollisionError, MissingKeyError

# when


def is_wanted(a: int, limit: int = 5) -> bool:
    return a < limit


async def is_wanted_async(a: int) -> bool:
    await asyncio.sleep(0)
    return a < 5


class When(Flow):
    wanted = True

    @flow.step(when=True)
    def always(self, order=()):
        return {"order": [*order, "always"]}

    @flow.step(when=False)
    def never(self, order):
        return {"order": [*order, "never"]}

    @flow.step(when=lambda a: a == 1)
    def by_lambda(self, order):
        return {"order": [*order, "lambda"]}

    @flow.step(when=is_wanted)
    def by_function(self, order):
        return {"order": [*order, "function"]}

    @flow.step(when=is_wanted_async)
    def by_async_function(self, order):
        return {"order": [*order, "async"]}

    @flow.step(when=lambda self, a: self.wanted and a < 5)
    def by_self(self, order):
        return {"order": [*order, "self"]}

    @flow.step(when=lambda ctx, /: set(ctx) == {"a", "order"})
    def by_whole_context(self, order):
        return {"order": [*order, "whole"]}

    @flow.step(when=lambda: [])
    def by_falsy(self, order):
        return {"order": [*order, "falsy"]}

    @flow.transform(when=lambda missing=False: missing)
    def transformed(self, a):
        return {}


def test_step_options_has_the_options_of_a_step() -> None:
    parameters = inspect.signature(flow.step).parameters.values()
    names = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    hints = get_type_hints(flow.step)
    assert get_type_hints(flow.StepOptions) == {name: hints[name] for name in names}
    assert flow.StepOptions.__required_keys__ == set()


def test_a_step_runs_only_where_when_says_so() -> None:
    expected = {"a": 1, "order": ["always", "lambda", "function", "async", "self", "whole"]}
    assert asyncio.run(When().run({"a": 1})) == expected
    assert When().run_sync({"a": 1}) == expected
    assert When().run_sync({"a": 7}) == {"a": 7, "order": ["always", "whole"]}


def test_a_skipped_step_gives_no_event_and_needs_no_keys() -> None:
    class Skips(Flow):
        @flow.step(when=False)
        def first(self, not_there):
            return {"a": 1}

        @flow.step
        def second(self, a=None):
            return {"saw": a}

    seen: list[str] = []
    assert Skips().run_sync(on_step_complete=lambda event: seen.append(event.step_name)) == {"saw": None}
    assert seen == ["second"]


def test_a_condition_on_a_method_of_the_class_receives_self() -> None:
    class Method(Flow):
        limit = 3

        def is_small(self, a):
            return a < self.limit

        @flow.step(when=is_small)
        def run_it(self):
            return {"ran": True}

    assert Method().run_sync({"a": 1}) == {"a": 1, "ran": True}
    assert Method().run_sync({"a": 3}) == {"a": 3}


def test_a_failing_condition_is_a_failure_of_its_step() -> None:
    class Fails(Flow):
        @flow.step(when=lambda a: 1 / a > 0, on_error="continue")
        def survived(self):
            return {"ran": 1}

        @flow.step(when=lambda a: 1 / a > 0)
        def fatal(self): ...

    failed: list[str] = []
    with pytest.raises(ZeroDivisionError) as caught:
        Fails().run_sync({"a": 0}, on_step_error=lambda name, error: failed.append(name))
    assert failed == ["survived", "fatal"]
    assert notes(caught.value) == ['in flow Fails, step "fatal", run ...']


def test_a_condition_on_a_missing_key_says_so() -> None:
    class Lacks(Flow):
        @flow.step(when=lambda limt: limt)
        def first(self): ...

    with pytest.raises(MissingKeyError) as caught:
        Lacks().run_sync({"limit": 1})
    assert str(caught.value) == (
        'flow Lacks: step "first" reads "limt", which the context does not have; it has "limit"; did you mean "limit"? '
        "Give the key in the input or in an earlier step, or give the parameter a default."
    )


# on_error


class OnError(Flow):
    def __init__(self, policy: str) -> None:
        self.policy = policy

    @flow.step
    def before(self):
        return {"before": 1}

    @flow.step("raise", when=lambda self: self.policy == "raise", on_error="raise")
    def raises(self):
        raise ValueError("raise")

    @flow.step("continue", when=lambda self: self.policy == "continue", on_error="continue")
    def continues(self):
        raise ValueError("continue")

    @flow.step("skip", when=lambda self: self.policy == "skip-remaining", on_error="skip-remaining")
    def skips(self):
        raise ValueError("skip")

    @flow.step
    def after(self):
        return {"after": 1}


def test_on_error_raise_ends_the_run_with_the_error() -> None:
    with pytest.raises(ValueError) as caught:
        OnError("raise").run_sync()
    assert str(caught.value) == "raise"


def test_on_error_continue_goes_on_with_the_next_step() -> None:
    assert OnError("continue").run_sync() == {"before": 1, "after": 1}


def test_on_error_skip_remaining_ends_the_run_with_the_context_as_it_is() -> None:
    assert OnError("skip-remaining").run_sync() == {"before": 1}


@pytest.mark.parametrize("policy", ["raise", "continue", "skip-remaining"])
def test_every_failed_step_is_told_to_on_step_error_whatever_the_policy(policy: str) -> None:
    failed: list[tuple[str, str]] = []
    completed: list[str] = []

    def tell(name: str, error: Exception) -> None:
        failed.append((name, str(error)))

    try:
        OnError(policy).run_sync(on_step_error=tell, on_step_complete=lambda event: completed.append(event.step_name))
    except ValueError:
        pass
    word = policy.partition("-")[0]
    assert failed == [(word, word)]
    assert completed == (["before", "after"] if policy == "continue" else ["before"])


def test_a_failed_step_changes_nothing_whatever_it_would_have_returned() -> None:
    class Bad(Flow):
        @flow.step(on_error="continue")
        def first(self):
            return {"good": 1, 2: "bad key"}

        @flow.step(on_error="continue", merge="error")
        def second(self):
            return {"new": 1, "a": 2}

    assert Bad().run_sync({"a": 1}) == {"a": 1}


# merge


class Merge(Flow):
    def __init__(self, returned: Mapping[str, int] | None = None) -> None:
        self.returned = returned

    @flow.step("override", merge="override", when=lambda policy: policy == "override")
    def override(self):
        return self.returned

    @flow.step("skip", merge="skip", when=lambda policy: policy == "skip")
    def skip(self):
        return self.returned

    @flow.step("warn", merge="warn", when=lambda policy: policy == "warn")
    def warn(self):
        return self.returned

    @flow.step("error", merge="error", when=lambda policy: policy == "error")
    def error(self):
        return self.returned


@pytest.mark.parametrize(
    ("policy", "returned", "expected"),
    [
        ("override", {"a": 2, "b": 2}, {"a": 2, "b": 2}),
        ("override", {"a": None}, {"a": None}),
        ("override", None, {"a": 1}),
        ("skip", {"a": 2, "b": 2}, {"a": 1, "b": 2}),
        ("skip", {"a": 2}, {"a": 1}),
        ("skip", None, {"a": 1}),
        ("warn", {"a": 2, "b": 2}, {"a": 2, "b": 2}),
        ("warn", {"a": 1}, {"a": 1}),
        ("warn", None, {"a": 1}),
        ("error", {"b": 2}, {"a": 1, "b": 2}),
        ("error", None, {"a": 1}),
    ],
)
def test_a_return_is_merged_by_the_steps_policy(
    policy: str, returned: dict[str, Any], expected: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    expected = {**expected, "policy": policy}
    assert Merge(returned).run_sync({"a": 1, "policy": policy}) == expected
    collides = policy == "warn" and returned is not None
    assert [record.getMessage() for record in caplog.records] == (
        ["flow Merge: warn: the key 'a' was there before and is replaced"] if collides else []
    )


def test_merge_error_names_step_and_key_and_changes_nothing() -> None:
    with pytest.raises(ContextCollisionError) as caught:
        Merge({"b": 2, "a": 2}).run_sync({"a": 1, "policy": "error"})
    assert str(caught.value) == (
        'flow Merge: step "error" returns "a", which the context already has, and its merge policy is "error". '
        'Return another key, or choose merge="override", "warn" or "skip".'
    )
    assert (caught.value.flow, caught.value.step, caught.value.key) == ("Merge", "error", "a")


def test_merge_warn_goes_to_the_runs_log_where_it_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    lines: list[str] = []
    Merge({"a": 2}).run_sync({"a": 1, "policy": "warn"}, log=LogConfig(log_fn=lines.append))
    assert "⚠️ warn: the key 'a' was there before and is replaced" in lines
    assert caplog.records == []


# log


@pytest.mark.in_one_piece
def test_a_steps_log_option_wins_over_the_run(caplog: pytest.LogCaptureFixture) -> None:
    class Partly(Flow):
        @flow.step("shown", log=True)
        def shown(self): ...

        @flow.step("usual")
        def usual(self): ...

        @flow.step("hidden", log=False)
        def hidden(self): ...

    caplog.set_level(logging.INFO, logger="stepkit")
    Partly().run_sync()
    assert caplog.messages == ["📍 Step: shown", "✅ shown completed"]
    caplog.clear()
    Partly().run_sync(log=True)
    assert [line for line in caplog.messages if "usual" in line or "hidden" in line] == [
        "📍 Step: usual",
        "✅ usual completed",
    ]
    caplog.clear()
    Partly().run_sync(log=False)
    assert caplog.messages == ["📍 Step: shown", "✅ shown completed"]


def test_values_are_never_logged() -> None:
    class Secrets(Flow):
        @flow.step
        def read(self, password):
            return {"token": "s3cr3t-token"}

    lines: list[str] = []
    Secrets().run_sync({"password": "s3cr3t-password"}, log=LogConfig(log_fn=lines.append, stopwatch=True))
    assert any("token" in line for line in lines)
    assert [line for line in lines if "s3cr3t" in line] == []


# aliases


def test_a_renamed_step_with_its_former_name_as_alias_stays_resumable() -> None:
    class Before(Flow, name="Pay"):
        @flow.step("reserve")
        def reserve(self):
            return {"reserved": True}

        @flow.step("charge")
        def charge(self, reserved):
            return {"charged": reserved}

        @flow.step("notify")
        def notify(self, charged):
            return {"notified": charged}

    class After(Flow, name="Pay"):
        @flow.step("hold", aliases=("reserve", "even-earlier"))
        def hold(self):
            raise AssertionError("it is done")

        @flow.step("capture", aliases=["charge"])
        def capture(self, reserved):
            raise AssertionError("it is done")

        @flow.step("notify")
        def notify(self, charged):
            return {"notified": charged}

    checkpoints: list[str] = []
    result = Before().run_sync(on_step_complete=lambda event: checkpoints.append(event.checkpoint))
    assert After().run_checkpoint_sync(checkpoints[1]) == result
    assert After().run_checkpoint_sync(checkpoints[2]) == result
