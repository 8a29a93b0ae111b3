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

# --- house.py
from typing import Generic, TypeVar

from stepkit import Flow, flow

InputT = TypeVar("InputT")


class House(Flow[InputT], Generic[InputT]):
    @flow.step("begin")
    def begin(self):
        return {"begun": True}

    def on_step_complete(self, event: "House.Event") -> None:
        print(event.step_name)

# --- housed.py
from .flows import Input
from .house import House
from socket import create_connection
from stepkit import flow


class Housed(House[Input]):
    @flow.step("start")
    def begin(self):  # E3: [stepkit-missing-key] which Housed inherits from House, compares with "begin"
        return {"begun": True}

    @flow.step("line")
    def line(self, host):  # E2: [stepkit-unsavable] the checkpoint of Housed, which on_step_complete of House takes
        return {"line": create_connection((host, 80))}

# --- house.py (2)
from typing import Generic, TypeVar

from stepkit import Flow, flow

InputT = TypeVar("InputT")


class House(Flow[InputT], Generic[InputT]):
    @flow.step("begin")
    def begin(self):
        return {"begun": True}

    def on_step_complete(self, event: "House.Event") -> None:
        print(event.checkpoint)

# --- house.py (3)
from typing import Generic, TypeVar

from stepkit import Flow, flow

InputT = TypeVar("InputT")


class House(Flow[InputT], Generic[InputT]):
    @flow.step("begin")
    def begin(self):
        return {"begun": True}

    def on_step_complete(self, event: "House.Event") -> None:
        print(event.step_name == "begin")

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
