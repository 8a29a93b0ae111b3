"""The log of a run, driven as the runtime drives it, with times of our own."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepkit.log import LogConfig, Stopwatch, effective_config, make_observer
from stepkit.runtime.ending import Ending
from stepkit.runtime.observer import Observer

Script = Callable[[Observer], None]


def log_of(script: Script, config: LogConfig | None = None, run_log: bool = True) -> list[str]:
    lines: list[str] = []
    config, _ = effective_config(config, LogConfig(log_fn=lines.append))
    script(make_observer(config, run_log))
    return lines


def run_calc(log: Observer) -> None:
    log.run_started("Calc", "run-1", ["a"], None)
    log.step_started("add-one", "step", None)
    log.step_completed("add-one", 0.0012, ["a"], None)
    log.step_started("finish", "step", None)
    log.step_completed("finish", 1.5, ["sum", "b"], None)
    log.run_finished(Ending("completed"), 1.503)


def resume_calc(log: Observer) -> None:
    log.run_started("Calc", "run-1", ["a", "b"], "double")
    log.step_skipped("add-one", "resume", None)
    log.step_skipped("double", "resume", None)
    log.step_started("finish", "step", None)
    log.step_completed("finish", 0.002, ["sum"], None)
    log.run_finished(Ending("completed"), 0.003)


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


# Where the lines go


def fail(log: Observer) -> None:
    log.run_started("Calc", "run-1", [], None)
    log.attempt_failed("a", 1, 2, ValueError("boom"), 0, None)
    log.step_failed("a", 0.001, ValueError("boom"), None)
    log.run_finished(Ending("failed", step="a"), 0.002)


def test_lines_go_to_the_logger_stepkit_with_level_flow_and_step(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="stepkit")
    fail(make_observer(LogConfig(), True))
    found = [
        (record.name, record.levelname, vars(record)["flow"], vars(record)["step"], record.getMessage())
        for record in caplog.records
    ]
    assert found == [
        ("stepkit", "INFO", "Calc", "", "🚀 Starting pipeline"),
        ("stepkit", "WARNING", "Calc", "a", "🔁 a attempt 1 of 2 failed, retrying: ValueError: boom"),
        ("stepkit", "ERROR", "Calc", "a", "❌ a failed"),
        ("stepkit", "ERROR", "Calc", "a", "   Error: ValueError: boom"),
        ("stepkit", "ERROR", "Calc", "", "❌ Pipeline failed at: a"),
    ]


def test_a_percent_sign_is_no_format(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="stepkit")
    make_observer(LogConfig(), True).run_started("Calc", "run-1", ["100%s", "%d"], None)
    assert caplog.messages == ["🚀 Starting pipeline with input: 100%s, %d"]


def test_where_logging_is_configured_its_levels_decide(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="stepkit")
    fail(make_observer(LogConfig(), True))
    assert caplog.messages == ["❌ a failed", "   Error: ValueError: boom", "❌ Pipeline failed at: a"]


@contextmanager
def nobody_configured_logging() -> Iterator[logging.Logger]:
    """Without the handlers that pytest gives to the root and to the logger."""
    logger = logging.getLogger("stepkit")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger(), "handlers", [])
        patch.setattr(logger, "handlers", [])
        patch.setattr(logger, "level", logging.NOTSET)
        yield logger


def test_where_logging_is_not_configured_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with nobody_configured_logging():
        run_calc(make_observer(LogConfig(), True))
    out, err = capsys.readouterr()
    assert (out, err.splitlines()) == ("", log_of(run_calc))


def test_a_level_of_the_logger_counts_without_handlers_too(capsys: pytest.CaptureFixture[str]) -> None:
    with nobody_configured_logging() as logger:
        logger.level = logging.ERROR
        fail(make_observer(LogConfig(), True))
    assert capsys.readouterr().err.splitlines() == [
        "❌ a failed",
        "   Error: ValueError: boom",
        "❌ Pipeline failed at: a",
    ]


def test_logging_that_was_disabled_stays_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with nobody_configured_logging():
        logging.disable(logging.INFO)
        try:
            fail(make_observer(LogConfig(), True))
        finally:
            logging.disable(logging.NOTSET)
    assert capsys.readouterr().err.splitlines() == [
        "🔁 a attempt 1 of 2 failed, retrying: ValueError: boom",
        "❌ a failed",
        "   Error: ValueError: boom",
        "❌ Pipeline failed at: a",
    ]


def test_failures_go_to_the_error_function() -> None:
    lines: list[str] = []
    errors: list[str] = []
    fail(make_observer(LogConfig(log_fn=lines.append, error_fn=errors.append), True))
    assert lines == ["🚀 Starting pipeline", "🔁 a attempt 1 of 2 failed, retrying: ValueError: boom"]
    assert errors == ["❌ a failed", "   Error: ValueError: boom", "❌ Pipeline failed at: a"]


def test_without_an_error_function_the_log_function_gets_failures(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="stepkit")
    lines: list[str] = []
    fail(make_observer(LogConfig(log_fn=lines.append), True))
    assert lines[2:] == ["❌ a failed", "   Error: ValueError: boom", "❌ Pipeline failed at: a"]
    assert caplog.messages == []


def test_a_log_function_that_raises_loses_its_line_and_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    lines: list[str] = []

    def picky(line: str) -> None:
        if "add-one" in line:
            raise OSError("disk\nfull")
        lines.append(line)

    run_calc(make_observer(LogConfig(log_fn=picky), True))
    assert lines == [line for line in log_of(run_calc) if "add-one" not in line]
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "⚠️ the log function failed; the run goes on, this line is lost: OSError: disk\\nfull")
    ]


def test_a_filter_of_the_logger_that_raises_does_not_break_the_run(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO, logger="stepkit")

    def broken(record: logging.LogRecord) -> bool:
        raise RuntimeError("broken filter")

    logger = logging.getLogger("stepkit")
    logger.addFilter(broken)
    try:
        run_calc(make_observer(LogConfig(), True))
    finally:
        logger.removeFilter(broken)
    assert capsys.readouterr().err == (
        "⚠️ the logger failed; the run goes on, this line is lost: RuntimeError: broken filter\n"
    )


def test_an_interrupt_in_a_log_function_is_not_swallowed() -> None:
    def interrupted(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_calc(make_observer(LogConfig(log_fn=interrupted), True))


def test_a_log_function_may_run_what_is_logged_by_the_same_log() -> None:
    lines: list[str] = []

    def reentrant(line: str) -> None:
        lines.append(line)
        if line == "✅ a completed":
            log.warned("a", "seen")

    log = make_observer(LogConfig(log_fn=reentrant), True)
    log.step_completed("a", 0.001, ["x"], None)
    assert lines == ["✅ a completed", "⚠️ a: seen", "   Output: x"]


def test_members_in_many_threads_keep_their_lines_together() -> None:
    lines: list[str] = []
    log = make_observer(LogConfig(log_fn=lines.append, stopwatch=True), True)
    members = [f"group/member-{number}" for number in range(8)]
    start = threading.Barrier(len(members))

    def work(member: str) -> None:
        start.wait()
        for turn in range(50):
            log.step_completed(f"{member}/{turn}", 0.001, [f"{member}/{turn}"], None)

    threads = [threading.Thread(target=work, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pairs = list(zip(lines[::2], lines[1::2], strict=True))
    paths = [f"{member}/{turn}" for member in members for turn in range(50)]
    assert sorted(pairs) == sorted((f"✅ {path} completed in 1ms", f"   Output: {path}") for path in paths)
    log.run_finished(Ending("completed"), 0.5)
    assert sum(line.startswith("│") for line in lines) == len(paths)


def test_importing_stepkit_does_not_import_logging() -> None:
    code = "import stepkit, sys; print([name for name in ('logging', 'stepkit.log.run_log') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# Configuration


CONFIG = LogConfig(stopwatch=True)


@pytest.mark.parametrize("of_class", [None, False, True, CONFIG])
@pytest.mark.parametrize(("of_run", "logged"), [(False, False), (True, True), (CONFIG, True)])
def test_the_argument_of_a_run_decides_whether_it_is_logged(of_class: Any, of_run: Any, logged: bool) -> None:
    assert effective_config(of_run, of_class)[1] is logged


@pytest.mark.parametrize(("of_class", "logged"), [(None, False), (False, False), (True, True), (CONFIG, True)])
def test_without_an_argument_the_class_decides_whether_a_run_is_logged(of_class: Any, logged: bool) -> None:
    assert effective_config(None, of_class)[1] is logged


def test_what_the_config_of_a_run_leaves_out_is_as_in_that_of_the_class() -> None:
    of_class = LogConfig(stopwatch=True, log_fn=print, emoji=False)
    assert effective_config(LogConfig(emoji=True, error_fn=repr), of_class)[0] == LogConfig(
        stopwatch=True, log_fn=print, error_fn=repr, emoji=True
    )
    assert effective_config(LogConfig(stopwatch=False), of_class)[0].stopwatch is False
    assert effective_config(True, of_class)[0] == of_class
    assert effective_config(False, of_class)[0] == of_class


async def _async_log(line: str) -> None: ...


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"stopwatch": "yes"}, "LogConfig: stopwatch is a bool or a Stopwatch, not 'yes'"),
        ({"emoji": 1}, "LogConfig: emoji is a bool, not 1"),
        ({"log_fn": "print"}, "LogConfig: log_fn is a function of a line, not 'print'"),
        ({"error_fn": _async_log}, "LogConfig: error_fn is async, and nothing would await it; give a plain function"),
    ],
)
def test_a_config_of_wrong_types_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        LogConfig(**arguments)
    assert str(caught.value) == message


def test_a_log_option_of_a_wrong_type_is_refused() -> None:
    wrong: Any = "yes"
    for refuse in (
        lambda: effective_config(wrong, None),
        lambda: effective_config(None, wrong),
        lambda: make_observer(wrong, True),
    ):
        with pytest.raises(TypeError) as caught:
            refuse()
        assert str(caught.value) == "log is True, False or a LogConfig, not 'yes'"


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
