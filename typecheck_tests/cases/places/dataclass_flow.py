# A flow that is a dataclass.
from dataclasses import dataclass, field
from typing import TypedDict

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
