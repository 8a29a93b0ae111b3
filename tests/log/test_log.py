"""The text of a log, driven as the runtime drives it, with times of our own."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_scripts import log_of, resume_calc, run_calc

from stepkit.log import LogConfig, Stopwatch
from stepkit.runtime.ending import Ending
from stepkit.runtime.observer import Observer


def test_a_resumed_run_with_a_stopwatch_reads_as_documented() -> None:
    assert log_of(resume_calc, LogConfig(stopwatch=True)) == [
        "🚀 Resuming pipeline from checkpoint step: double",
        "⏭️ Step: add-one (resume-skip)",
        "⏭️ Step: double (resume-skip)",
        "📍 Step: finish",
        "✅ finish completed in 2ms",
        "   Output: sum",
        "⏱️ Performance Summary:",
        "↪️ Resumed from checkpoint: double",
        "┌──────────────────────────────────────────────────────┐",
        "│ ⏭️ add-one                                   skipped │",
        "│ ⏭️ double                                    skipped │",
        "│ ✅ finish                                        2ms │",
        "└──────────────────────────────────────────────────────┘",
        "📊 Statistics:",
        "   Average: 2ms",
        "   Slowest: finish (2ms)",
        "   Fastest: finish (2ms)",
        "⏰ Total Pipeline Time: 3ms",
        "✨ Pipeline completed successfully",
    ]


def test_without_a_stopwatch_no_times_are_shown() -> None:
    assert log_of(run_calc) == [
        "🚀 Starting pipeline with input: a",
        "📍 Step: add-one",
        "✅ add-one completed",
        "   Output: a",
        "📍 Step: finish",
        "✅ finish completed",
        "   Output: sum, b",
        "✨ Pipeline completed successfully",
    ]


@pytest.mark.parametrize(
    ("stopwatch", "shown"),
    [
        (Stopwatch(show_summary=False, show_total=False), ["✅ finish completed in 2ms"]),
        (Stopwatch(show_step_duration=False, show_total=False), ["⏱️ Performance Summary:"]),
        (Stopwatch(show_step_duration=False, show_summary=False), ["⏰ Total Pipeline Time: 3ms"]),
    ],
)
def test_a_stopwatch_shows_the_times_it_names(stopwatch: Stopwatch, shown: list[str]) -> None:
    times = ("✅ finish completed in 2ms", "⏱️ Performance Summary:", "⏰ Total Pipeline Time: 3ms")
    lines = log_of(resume_calc, LogConfig(stopwatch=stopwatch))
    assert [line for line in lines if line in times] == shown


def test_without_emoji_all_but_the_names_is_ascii() -> None:
    def script(log: Observer) -> None:
        log.run_started("Calc", "run-1", ["a"], "x")
        log.step_skipped("x", "resume", None)
        log.step_started("route", "branch", None)
        log.case_chosen("route", "odd", None)
        log.warned("route", 'replaces "a"')
        log.attempt_failed("route", 1, 2, ValueError("boom"), 0.25, None)
        log.step_failed("route", 0.002, ValueError("boom"), None)
        log.run_finished(Ending("stopped", step="n" * 90), 0.003)

    lines = log_of(script, LogConfig(stopwatch=True, emoji=False))
    assert lines == [
        "Resuming pipeline from checkpoint step: x",
        "Step: x (resume-skip)",
        "Branch: route",
        "   -> Executing: route/odd",
        'Warning: route: replaces "a"',
        "route attempt 1 of 2 failed, retrying in 250ms: ValueError: boom",
        "route failed after 2ms",
        "   Error: ValueError: boom",
        "Early stop requested by: " + "n" * 90,
        "Performance Summary:",
        "Resumed from checkpoint: x",
        "+------------------------------------------------------+",
        "| x                                            skipped |",
        "| route                                     failed 2ms |",
        "+------------------------------------------------------+",
        "Stopped early (requested by " + "n" * 90 + ")",
        "Total Pipeline Time: 3ms",
        "Pipeline stopped early",
    ]
    assert all(line.isascii() for line in lines)


def test_each_kind_of_step_has_its_line() -> None:
    def script(log: Observer) -> None:
        log.step_started("a", "step", None)
        log.step_started("b", "transform", None)
        log.step_started("route", "branch", None)
        log.case_chosen("route", "odd", None)
        log.case_chosen("route", None, None)
        log.step_started("gather", "parallel", None)
        log.step_started("load-session", "subflow", None)
        log.step_started("load-session/fetch", "step", None)
        log.step_skipped("c", "when", None)
        log.step_skipped("d", "circuit-open", None)
        log.step_completed("a", 0.001, [], None)
        log.attempt_failed("a", 1, 3, TimeoutError(), 0, None)
        log.warned("a", 'replaces "key"')

    assert log_of(script) == [
        "📍 Step: a",
        "🔄 Transform: b",
        "🔀 Branch: route",
        "   ↳ Executing: route/odd",
        "   ↳ No case chosen",
        "⚡ Parallel: gather",
        "📦 Flow: load-session",
        "📍 Step: load-session/fetch",
        "⏭️ Step: c (skipped)",
        "⏭️ Step: d (skipped, circuit open)",
        "✅ a completed",
        "🔁 a attempt 1 of 3 failed, retrying: TimeoutError",
        '⚠️ a: replaces "key"',
    ]


@pytest.mark.parametrize(
    ("outcome", "step", "ending"),
    [
        ("completed", None, ["✨ Pipeline completed successfully"]),
        ("stopped", "a", ["⏹️ Early stop requested by: a", "✨ Pipeline stopped early"]),
        (
            "skipped-remaining",
            "a",
            ["⏹️ Remaining steps skipped after failure of: a", "✨ Pipeline ended early, remaining steps skipped"],
        ),
        ("failed", "a", ["❌ Pipeline failed at: a"]),
        ("failed", None, ["❌ Pipeline failed"]),
        ("cancelled", "a", ["🛑 Pipeline cancelled at: a"]),
    ],
)
def test_each_outcome_has_its_ending(outcome: Any, step: str | None, ending: list[str]) -> None:
    assert log_of(lambda log: log.run_finished(Ending(outcome, step=step), 0.1)) == ending


def test_a_failed_step_that_the_run_survived_is_not_called_a_success() -> None:
    def script(log: Observer) -> None:
        log.step_started("a", "step", None)
        log.step_failed("a", 0.005, ValueError("boom"), None)
        log.run_finished(Ending("completed"), 0.006)

    assert log_of(script, LogConfig(stopwatch=True)) == [
        "📍 Step: a",
        "❌ a failed after 5ms",
        "   Error: ValueError: boom",
        "⏱️ Performance Summary:",
        "┌──────────────────────────────────────────────────────┐",
        "│ ❌ a                                             5ms │",
        "└──────────────────────────────────────────────────────┘",
        "⏰ Total Pipeline Time: 6ms",
        "✨ Pipeline completed with 1 failed step",
    ]


def test_a_step_that_succeeds_when_its_container_is_retried_has_one_row() -> None:
    def script(log: Observer) -> None:
        log.step_failed("load/fetch", 0.005, ValueError("boom"), None)
        log.step_completed("load/fetch", 0.007, [], None)
        log.step_completed("load", 0.020, [], None)
        log.run_finished(Ending("completed"), 0.021)

    lines = log_of(script, LogConfig(stopwatch=True))
    assert [line for line in lines if line.startswith("│")] == [
        "│ ✅ load/fetch                                    7ms │",
        "│ ✅ load                                         20ms │",
    ]
    assert lines[-1] == "✨ Pipeline completed successfully"


def test_a_step_that_is_not_logged_has_no_lines_but_its_row() -> None:
    def script(log: Observer) -> None:
        log.step_started("a", "step", False)
        log.warned("a", 'replaces "x"')
        log.step_completed("a", 0.001, ["x"], False)
        log.step_started("b", "branch", False)
        log.case_chosen("b", "odd", False)
        log.attempt_failed("b", 1, 2, ValueError(), 0, False)
        log.step_failed("b", 0.001, ValueError(), False)
        log.step_skipped("c", "when", False)
        log.run_finished(Ending("stopped", step="a"), 0.002)

    assert log_of(script, LogConfig(stopwatch=True))[:6] == [
        "⏱️ Performance Summary:",
        "┌──────────────────────────────────────────────────────┐",
        "│ ✅ a                                             1ms │",
        "│ ❌ b                                             1ms │",
        "│ ⏭️ c                                         skipped │",
        "└──────────────────────────────────────────────────────┘",
    ]


def test_in_a_run_that_is_not_logged_only_logged_steps_and_warnings_are() -> None:
    def script(log: Observer) -> None:
        log.run_started("Calc", "run-1", ["a"], None)
        log.step_started("a", "step", None)
        log.step_completed("a", 0.001, ["x"], None)
        log.warned("a", 'replaces "x"')
        log.step_started("b", "step", True)
        log.step_completed("b", 0.001, ["y"], True)
        log.run_finished(Ending("stopped", step="b"), 0.003)

    assert log_of(script, LogConfig(stopwatch=True), run_log=False) == [
        '⚠️ a: replaces "x"',
        "📍 Step: b",
        "✅ b completed in 1ms",
        "   Output: y",
        "⏹️ Early stop requested by: b",
    ]


@given(name=st.text(min_size=1), key=st.text(), message=st.text())
def test_one_line_is_one_line_whatever_names_keys_and_errors_hold(name: str, key: str, message: str) -> None:
    def script(log: Observer) -> None:
        log.run_started(name, "run-1", [key], None)
        log.run_started(name, "run-1", [], name)
        log.step_started(name, "step", None)
        log.case_chosen(name, name, None)
        log.step_completed(name, 0.001, [key, key], None)
        log.step_skipped(name, "when", None)
        log.attempt_failed(name, 1, 2, ValueError(message), 1, None)
        log.step_failed(name, 0.001, ValueError(message), None)
        log.warned(name, message)
        log.run_finished(Ending("stopped", step=name), 0.002)

    lines = log_of(script, LogConfig(stopwatch=True))
    assert len(lines) == 20
    for line in lines:
        assert line.splitlines() == [line]
        assert {unicodedata.category(char) for char in line} & {"Cc", "Cs", "Zl", "Zp"} == set()
        assert {char for char in line if unicodedata.category(char) == "Cf"} <= {"\u200c", "\u200d"}
        line.encode("utf-8")
