# A key whose type no checkpoint can save is found where the flow is checkpointed.
import sqlite3
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    path: str


class Opens(Flow[Input]):
    @flow.step("open")
    def open(self, path):
        return {"connection": sqlite3.connect(path)}

    @flow.step("count")
    def count(self, connection):
        return {"rows": connection.total_changes}


def save(checkpoint: str) -> None:
    print(checkpoint)


def main() -> None:
    Opens().run_sync({"path": "x"}, on_step_complete=lambda e: save(e.checkpoint))  # E: [stepkit-unsavable] "connection" ... "Connection"
