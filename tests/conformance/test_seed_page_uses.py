"""The page that describes the original's checkpoints: its use cases, the log of a resume, type safety."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, TypedDict

import pytest
from calc import Calc

from stepkit import Flow, LogConfig, StepEvent, flow


class Batch(TypedDict):
    batch_id: str


class LongRunning(Flow[Batch]):
    def __init__(self, fails_at: str = "") -> None:
        self.fails_at = fails_at
        self.ran: list[str] = []

    def work(self, step: str) -> None:
        if step == self.fails_at:
            raise ConnectionError(step)
        self.ran.append(step)

    @flow.step("load-batch")
    async def load_batch(self, batch_id: str):
        self.work("load-batch")
        return {"items": [f"{batch_id}-{number}" for number in range(3)]}

    @flow.step("process-items")
    async def process_items(self, items: list[str]):
        self.work("process-items")
        return {"processed": [item.upper() for item in items]}

    @flow.step("validate")
    async def validate(self, processed: list[str]):
        self.work("validate")
        return {"validated": all(processed)}

    @flow.step("save-results")
    async def save_results(self, validated: bool):
        self.work("save-results")
        return {"saved": validated}


STEPS = ["load-batch", "process-items", "validate", "save-results"]


@pytest.mark.parametrize("fails_at", STEPS)
def test_long_running_workflow_saves_progress_and_goes_on_where_it_failed(fails_at: str) -> None:
    rows: list[dict[str, str]] = []

    async def save_checkpoint(event: StepEvent) -> None:
        rows.append({"workflow_id": "batch-123", "step_name": event.step_name, "checkpoint": event.checkpoint})

    result = asyncio.run(LongRunning().run({"batch_id": "123"}))
    done = STEPS[: STEPS.index(fails_at)]
    with pytest.raises(ConnectionError):
        asyncio.run(LongRunning(fails_at).run({"batch_id": "123"}, on_step_complete=save_checkpoint))
    assert [row["step_name"] for row in rows] == done

    again = LongRunning()
    if rows:
        resumed = again.run_checkpoint(rows[-1]["checkpoint"], on_step_complete=save_checkpoint)
    else:
        resumed = again.run({"batch_id": "123"}, on_step_complete=save_checkpoint)
    assert asyncio.run(resumed) == result
    assert again.ran == STEPS[len(done) :]
    assert [row["step_name"] for row in rows] == STEPS


class Request(TypedDict):
    request: str


class MultiStage(Flow[Request]):
    @flow.step("draft")
    async def draft(self, request: str):
        return {"draft": f"draft of {request}"}

    @flow.step("manager-review")
    async def manager_review(self, draft: str):
        return {"reviewed": f"{draft}, reviewed"}

    @flow.step("legal-review")
    async def legal_review(self, reviewed: str):
        return {"approved": f"{reviewed}, approved"}

    @flow.step("publish")
    async def publish(self, approved: str):
        return {"published": f"{approved}, published"}


def test_multi_stage_approval() -> None:
    async def main() -> list[list[str]]:
        waiting: dict[str, str] = {}
        seen: list[list[str]] = []

        async def stop_for_review(event: StepEvent) -> None:
            if event.step_name == "draft":
                waiting["manager"] = event.checkpoint
                event.stop_pipeline()
            elif event.step_name == "manager-review":
                waiting["legal"] = event.checkpoint
                event.stop_pipeline()

        seen.append(list(await MultiStage().run({"request": "New policy"}, on_step_complete=stop_for_review)))
        # after the manager's approval
        seen.append(list(await MultiStage().run_checkpoint(waiting["manager"], on_step_complete=stop_for_review)))
        # after the legal approval
        result = await MultiStage().run_checkpoint(waiting["legal"])
        assert result["published"] == "draft of New policy, reviewed, approved, published"
        seen.append(list(result))
        return seen

    assert asyncio.run(main()) == [
        ["request", "draft"],
        ["request", "draft", "reviewed"],
        ["request", "draft", "reviewed", "approved", "published"],
    ]


# As on the page; its columns, which the page lost, stand where the original draws them.
RESUME_LOG = """\
🚀 Resuming pipeline from checkpoint step: double
⏭️ Step: add-one (resume-skip)
⏭️ Step: double (resume-skip)
📍 Step: finish
✅ finish completed in 2ms
   Output: sum
⏱️ Performance Summary:
↪️ Resumed from checkpoint: double
┌──────────────────────────────────────────────────────┐
│ ⏭️ add-one                                   skipped │
│ ⏭️ double                                    skipped │
│ ✅ finish                                        2ms │
└──────────────────────────────────────────────────────┘
"""


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_logging_with_resume(kind: str) -> None:
    texts: dict[str, str] = {}
    Calc().run_sync({"a": 1}, on_step_complete=lambda event: texts.update({event.step_name: event.checkpoint}))
    lines: list[str] = []
    log = LogConfig(stopwatch=True, log_fn=lines.append)
    if kind == "async":
        asyncio.run(Calc().run_checkpoint(texts["double"], log=log))
    else:
        Calc().run_checkpoint_sync(texts["double"], log=log)

    def without_durations(line: str) -> str:
        # a duration takes the same room as the page's, whatever it is
        line = re.sub(r"completed in \S+$", "completed in 2ms", line)
        return re.sub(r" +[\d.]+(?:µs|ms|s|m) │$", lambda match: "2ms │".rjust(len(match[0])), line)

    expected = RESUME_LOG.splitlines()
    assert [without_durations(line) for line in lines[: len(expected)]] == expected


TYPE_SAFETY = """\
from typing import TypedDict
from stepkit import Checkpoint, Flow, flow

class MyContext(TypedDict):
    a: int
    b: str

class Pipeline(Flow[MyContext]):
    @flow.step("process")
    def process(self, a: int, b: str):
        return {"c": a + len(b)}

checkpoint: str = ""

def save(event: Pipeline.Event) -> None:
    global checkpoint
    checkpoint = event.checkpoint
    c: int = event.context["c"]  # the context has MyContext's keys and c
    b: str = event.context["b"]

result = Pipeline().run_sync({"a": 1, "b": "test"}, on_step_complete=save)
c: int = result["c"]
"""


def test_type_safety_at_run_time() -> None:
    module: dict[str, Any] = {"__name__": "type_safety"}
    exec(TYPE_SAFETY, module)
    assert module["result"] == {"a": 1, "b": "test", "c": 5}
    assert module["checkpoint"].startswith('{"stepName":"process","output":{"a":1,"b":"test","c":5},')


def test_type_safety_in_mypy(tmp_path: Path) -> None:
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = stepkit_mypy\n")
    (tmp_path / "right.py").write_text(TYPE_SAFETY)
    wrong = TYPE_SAFETY.replace('event.context["c"]', 'event.context["see"]').replace(
        "c: int = result", "c: str = result"
    )
    (tmp_path / "wrong.py").write_text(wrong)
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", "right.py", "wrong.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    numbers = {number for number, line in enumerate(wrong.splitlines(), 1) if '"see"' in line or "c: str" in line}
    assert {(line.split(":")[0], int(line.split(":")[1])) for line in errors} == {("wrong.py", at) for at in numbers}
