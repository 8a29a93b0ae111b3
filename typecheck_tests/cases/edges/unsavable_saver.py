# A saver that is typed for any flow, or not at all, is judged where a run gets it.
import socket
from functools import partial
from typing import Any, Protocol, TypedDict

from stepkit import Flow, StepEvent, flow

SAVED: list[str] = []


class Input(TypedDict):
    host: str


class Opens(Flow[Input]):
    @flow.step("open")
    def open(self, host):
        return {"line": socket.create_connection((host, 80)), "lines": iter([host])}

    @flow.transform("close")
    def close(self, host):
        return {"host": host}


class Savable(Flow[Input]):
    @flow.step("length")
    def length(self, host):
        return {"length": len(host)}


class HasCheckpoint(Protocol):
    @property
    def checkpoint(self) -> str: ...


class Job:
    checkpoint: str = ""


def save(event: StepEvent[Any, Any, Any]) -> None:
    SAVED.append(event.checkpoint)


def save_plain(event: StepEvent) -> None:
    SAVED.append(event.checkpoint)


def save_strings(event: StepEvent[str, Any]) -> None:
    SAVED.append(event.checkpoint)


def save_untyped(event):  # type: ignore[no-untyped-def, unused-ignore]
    SAVED.append(event.checkpoint)


def save_protocol(event: HasCheckpoint) -> None:
    SAVED.append(event.checkpoint)


async def save_async(event: StepEvent[Any, Any, Any]) -> None:
    SAVED.append(event.checkpoint)


def save_typed(event: Opens.Event) -> None:
    SAVED.append(event.checkpoint)  # E: [stepkit-unsavable] "line" # E: [stepkit-unsavable] "lines"


def save_savable(event: Savable.Event) -> None:
    SAVED.append(event.checkpoint)


def save_as(run_id: str, event: StepEvent) -> None:
    SAVED.append(run_id + event.step_name + event.checkpoint)


def save_below(event: StepEvent) -> None:
    print(event.step_name)
    save(event)


def at_the_end(event: StepEvent[Any, Any, Any]) -> None:
    if event.step_name == "close":
        SAVED.append(event.checkpoint)


def count(event: StepEvent[Any, Any, Any]) -> None:
    print(event.step_name, save)


def ask_job(job: Job, event: StepEvent[Any, Any, Any]) -> None:
    print(job.checkpoint, event)


class Store:
    def save(self, event: StepEvent[Any, Any, Any]) -> None:
        SAVED.append(event.checkpoint)

    def run(self, host: str) -> None:
        Opens().run_sync({"host": host}, on_step_complete=self.save)  # E(self.save): [stepkit-unsavable] "line" # E(self.save): [stepkit-unsavable] "lines"


async def main(store: Store) -> None:
    opens, input = Opens(), Input(host="a")
    await opens.run(input, on_step_complete=save)  # E: [stepkit-unsavable] the checkpoint of Opens cannot save "line" of type "socket" # E: [stepkit-unsavable] "lines"
    opens.run_sync(input, on_step_complete=save_plain)  # E: [stepkit-unsavable] "line" # E: [stepkit-unsavable] "lines"
    opens.run_sync(input, on_step_complete=save_strings)  # E: [stepkit-unsavable] "line" # E: [stepkit-unsavable] "lines"
    opens.run_sync(input, on_step_complete=save_untyped)  # E: [stepkit-unsavable] "line" # E: [stepkit-unsavable] "lines"
    opens.run_sync(input, on_step_complete=save_protocol)  # E: [stepkit-unsavable] "line" # E: [stepkit-unsavable] "lines"
    await opens.run_checkpoint("", on_step_complete=save_async)  # E: [stepkit-unsavable] "line" # E: [stepkit-unsavable] "lines"
    opens.run_sync(input, on_step_complete=partial(save_as, "1"))  # E: [stepkit-unsavable] "line" # E: [stepkit-unsavable] "lines"
    opens.run_checkpoint_sync("", on_step_complete=store.save)  # E: [stepkit-unsavable] "line" # E: [stepkit-unsavable] "lines"
    opens.run_sync(input, on_step_complete=lambda event: save(event))  # E: [stepkit-unsavable] "line" # E: [stepkit-unsavable] "lines"
    opens.run_sync(input, on_step_complete=save_below)  # E: [stepkit-unsavable] "line" # E: [stepkit-unsavable] "lines"
    opens.run_sync(input, on_step_complete=lambda event: SAVED.append(event.checkpoint))  # E(event.checkpoint): [stepkit-unsavable] "line" # E(event.checkpoint): [stepkit-unsavable] "lines"
    opens.run_sync(input, on_step_complete=save_typed)
    opens.run_sync(input, on_step_complete=at_the_end)
    opens.run_sync(input, on_step_complete=count)
    opens.run_sync(input, on_step_complete=partial(ask_job, Job()))
    Savable().run_sync(input, on_step_complete=save)
    Savable().run_sync(input, on_step_complete=save_savable)


class Hands(Opens):
    def on_step_complete(self, event):
        save(event)  # E(save): [stepkit-unsavable] the checkpoint of Hands cannot save "line" # E: [stepkit-unsavable] "lines"


class Loose(Opens):
    async def on_step_complete(self, event: StepEvent[Any, Any, Any]) -> None:
        SAVED.append(event.checkpoint)  # E(event.checkpoint): [stepkit-unsavable] the checkpoint of Loose cannot save "line" # E: [stepkit-unsavable] "lines"


class Typed(Opens):
    def on_step_complete(self, event):
        self.keep(event)
        SAVED.append(event.checkpoint)  # E(event.checkpoint): [stepkit-unsavable] the checkpoint of Typed cannot save "line" # E: [stepkit-unsavable] "lines"

    def keep(self, event: Opens.Event) -> None:
        print(event)


class FineOwn(Savable):
    def on_step_complete(self, event):
        save(event)


Hands().run_sync({"host": "a"})


class Keeps(Savable):
    """What a base saves, its subclasses must be able to."""

    def on_step_complete(self, event: StepEvent[Any, Any, Any]) -> None:
        SAVED.append(event.checkpoint)


class KeepsLine(Keeps):
    @flow.step("line")
    def line(self, host):  # E: [stepkit-unsavable] the checkpoint of KeepsLine, which on_step_complete of Keeps takes, cannot save "line" of type "socket" (step "line" gives it)
        return {"line": socket.create_connection((host, 80))}


class KeepsMore(KeepsLine):
    @flow.step("more")
    def more(self):
        return {"more": 1}


class KeepsNothing(KeepsLine):
    @flow.step("other")
    def other(self, host):
        return {"other": socket.create_connection((host, 80))}

    def on_step_complete(self, event: "KeepsNothing.Event") -> None:
        print(event.step_name)


class KeepsToo(Keeps):
    @flow.step("line")
    def line(self, host):  # E: [stepkit-unsavable] which on_step_complete of Keeps takes
        return {"line": socket.create_connection((host, 80))}

    def on_step_complete(self, event: "KeepsToo.Event") -> None:
        super().on_step_complete(event)


class KeepsGated(Flow[Input]):
    @flow.step("draft")
    def draft(self, host):
        return {"text": host}

    @flow.step("send")
    def send(self, text):
        return {"sent": text}

    def on_step_complete(self, event: "KeepsGated.Event") -> None:
        if event.step_name == "draft":
            SAVED.append(event.checkpoint)


class LineAfterGate(KeepsGated):
    @flow.step("send")
    def send(self, host):
        return {"sent": host, "line": socket.create_connection((host, 80))}


class LineBeforeGate(KeepsGated):
    @flow.step("draft")
    def draft(self, host):  # E: [stepkit-unsavable] of LineBeforeGate, which on_step_complete of KeepsGated takes, cannot save "line"
        return {"text": host, "line": socket.create_connection((host, 80))}


class Mixed(Keeps, Opens):  # E: [stepkit-unsavable] the checkpoint of Mixed, which on_step_complete of Keeps takes, cannot save "line" # E: [stepkit-unsavable] "lines"
    pass
