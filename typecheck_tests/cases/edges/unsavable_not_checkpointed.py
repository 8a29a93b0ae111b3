# A flow that nobody checkpoints may hold anything; so may one that drops the value before the checkpoint is taken.
import sqlite3
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    path: str


class Opens(Flow[Input]):
    @flow.step("open")
    def open(self, path):
        return {"connection": sqlite3.connect(path)}

    @flow.transform("count")
    def count(self, connection):
        return {"rows": connection.total_changes}


def save(checkpoint: str) -> None:
    print(checkpoint)


def save_last(e: Opens.Event) -> None:
    if e.step_name == "count":
        save(e.checkpoint)


Opens().run_sync({"path": "x"}, on_step_complete=lambda e: print(e.step_name))
