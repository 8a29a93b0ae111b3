# What a flow gives, and what a callback does, is edited: the verdict at the run follows.
# --- flows.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    host: str


class Opens(Flow[Input]):
    @flow.step("open")
    def open(self, host):
        return {"line": len(host)}

# --- main.py
from typing import Any

from stepkit import StepEvent

from .flows import Opens

SAVED: list[str] = []


def save(event: StepEvent[Any, Any, Any]) -> None:
    SAVED.append(event.checkpoint)


def main() -> None:
    Opens().run_sync({"host": "a"}, on_step_complete=save)  # E2: [stepkit-unsavable] "line" of type "socket"


class Own(Opens):
    def on_step_complete(self, event):
        save(event)  # E2: [stepkit-unsavable] the checkpoint of Own cannot save "line" of type "socket"

# --- flows.py (2)
import socket
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    host: str


class Opens(Flow[Input]):
    @flow.step("open")
    def open(self, host):
        return {"line": socket.create_connection((host, 80))}

# --- main.py (3)
from typing import Any

from stepkit import StepEvent

from .flows import Opens

SAVED: list[str] = []


def save(event: StepEvent[Any, Any, Any]) -> None:
    SAVED.append(event.step_name)


def main() -> None:
    Opens().run_sync({"host": "a"}, on_step_complete=save)


class Own(Opens):
    def on_step_complete(self, event):
        save(event)
