"""What the runtime tells the log of a run, with times of our own."""

from __future__ import annotations

from collections.abc import Callable

from stepkit.log import LogConfig, effective_config, make_observer
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
