"""One runner for all flows of a service: it saves after each step, and goes on where a run was left."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any, TypedDict, TypeVar

from stepkit import Flow, StepEvent, flow
from stepkit.errors import CheckpointError

InputT = TypeVar("InputT", bound=Mapping[str, Any])
OutputT = TypeVar("OutputT", bound=Mapping[str, Any])


class Runs:
    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path)
        with self.db:
            self.db.execute(
                "CREATE TABLE IF NOT EXISTS runs (id TEXT, flow TEXT, step TEXT, checkpoint TEXT, PRIMARY KEY (id, step))"
            )

    def latest(self, id: str) -> str | None:
        query = "SELECT checkpoint FROM runs WHERE id = ? ORDER BY rowid DESC LIMIT 1"
        with closing(self.db.execute(query, (id,))) as cursor:
            row: tuple[str] | None = cursor.fetchone()
        return row[0] if row else None

    def run(self, id: str, flow: Flow[InputT, OutputT], input: InputT) -> OutputT:
        def save(event: StepEvent[Any, Any, Any]) -> None:
            row = (id, type(flow).__name__, event.step_name, event.checkpoint)
            with self.db:
                self.db.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", row)

        checkpoint = self.latest(id)
        if checkpoint is None:
            return flow.run_sync(input, on_step_complete=save)
        try:
            return flow.run_checkpoint_sync(checkpoint, on_step_complete=save)
        except CheckpointError as error:
            error.add_note(f"run {id}")
            raise


class ResizeInput(TypedDict):
    width: int
    factor: float


class Resize(Flow[ResizeInput]):
    fail = True

    @flow.step("scale")
    def scale(self, width, factor):
        return {"width": round(width * factor)}

    @flow.step("upload")
    def upload(self, width):
        if self.fail:
            raise OSError("no route to host")
        return {"url": f"/img/{width}"}


class GreetInput(TypedDict):
    name: str


class Greet(Flow[GreetInput]):
    @flow.step("greet")
    def greet(self, name):
        return {"text": f"hello {name}", "length": len(name)}


FLOWS: dict[str, type[Flow[Any, Any]]] = {"resize": Resize, "greet": Greet}


def resume(runs: Runs, id: str, kind: str) -> dict[str, Any]:
    checkpoint = runs.latest(id)
    if checkpoint is None:
        raise LookupError(id)
    return dict(FLOWS[kind]().run_checkpoint_sync(checkpoint))


if __name__ == "__main__":
    runs = Runs(":memory:")
    image: ResizeInput = {"width": 100, "factor": 0.5}
    greeted = runs.run("r1", Greet(), GreetInput(name="Ana"))
    assert greeted["text"] == "hello Ana"
    try:
        runs.run("r2", Resize(), image)
    except OSError:
        Resize.fail = False
    assert runs.run("r2", Resize(), image)["url"] == "/img/50"
    assert resume(runs, "r2", "resize")["url"] == "/img/50"
