"""One piece of a run in a process of its own: ``python one_piece.py container_flows:Nested < checkpoint > outcome``.

Reads ``{"input": ...}`` or ``{"checkpoint": "..."}``; runs until one more step is completed; writes
``{"checkpoint": "..."}``, or ``{"result": "..."}`` with the canonical text of what the run gave.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from random_nodes import canonical

from stepkit.testing.suspending import step_of


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    flow_class = getattr(importlib.import_module(module), name)
    given = json.load(sys.stdin)
    stopped: list[str] = []

    def stop(event: Any) -> None:
        if step_of(event.checkpoint) == event.step_name:
            stopped.append(event.checkpoint)
            event.stop_pipeline()

    if "checkpoint" in given:
        result = flow_class().run_checkpoint_sync(given["checkpoint"], on_step_complete=stop)
    else:
        result = flow_class().run_sync(given["input"], on_step_complete=stop)
    json.dump({"checkpoint": stopped[-1]} if stopped else {"result": canonical(result)}, sys.stdout)


if __name__ == "__main__":
    main()
