"""Where the lines of a log go, and who decides whether there are any."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from log_scripts import log_of, run_calc

from stepkit import Flow, flow
from stepkit.errors import UnknownCaseError
from stepkit.log import LogConfig, effective_config, make_observer
from stepkit.runtime.ending import Ending
from stepkit.runtime.observer import Observer

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


def test_a_name_that_is_no_case_is_a_value_which_no_line_shows() -> None:
    class Routes(Flow):
        @flow.branch("route", cases={"none": Nothing})
        def route(self):
            return "hunter2"

    lines: list[str] = []
    with pytest.raises(UnknownCaseError):
        Routes().run_sync(log=LogConfig(log_fn=lines.append, error_fn=lines.append))
    assert "hunter2" not in "".join(lines)
    assert "route failed" in "".join(lines)


class Nothing(Flow):
    @flow.step("nothing")
    def nothing(self) -> None: ...
