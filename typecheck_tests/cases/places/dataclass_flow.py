# A flow that is a dataclass.
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Mailer:
    def send(self, to: str) -> int:
        return len(to)


class Input(TypedDict):
    to: str


@dataclass
class Reply(Flow[Input]):
    mailer: Mailer
    sent: list[str] = field(default_factory=list)

    @flow.step("send")
    def send(self, to):
        self.sent.append(to)
        return {"size": self.mailer.send(to)}

    @flow.step("read")
    def read(self, size):
        assert_type(size, int)


assert_type(Reply(mailer=Mailer()).run_sync({"to": "x"})["size"], int)
Reply(mailer=5)  # E+: ncompatible type


@dataclass
class Kept(Flow[Input]):
    saved: list["Kept.Event"] = field(default_factory=list)
    last: "Kept.Output | None" = None
    hook: "Callable[[Kept.Event], None] | None" = None
    newest: ClassVar["Kept.Event | None"] = None

    @flow.step("send")
    def send(self, to):
        return {"size": len(to)}

    def on_step_complete(self, event):
        self.saved.append(event)
        if self.hook is not None:
            self.hook(event)


kept = Kept()
for event in kept.saved:
    if event.step_name == "send":
        assert_type(event.context["size"], int)
    if event.step_name == "sent":  # E: [stepkit-missing-key] Kept has no step "sent"; did you mean "send"?
        print(event)
if kept.last is not None:
    assert_type(kept.last["size"], int)
    print(kept.last["zum"])  # E: "zum"
