# In a step, self is the flow: attributes and helper methods have their types.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Mailer:
    def send(self, to: str) -> int:
        return len(to)


class Input(TypedDict):
    to: str


class Reply(Flow[Input]):
    def __init__(self, mailer: Mailer) -> None:
        self.mailer = mailer

    def helper(self, n: int) -> str:
        return str(n)

    @flow.step("send")
    def send(self, to):
        assert_type(self.mailer, Mailer)
        return {"sent": self.mailer.send(to), "text": self.helper(1)}

    @flow.step("wrong")
    def wrong(self, sent):
        self.mailer.send(sent)  # E: [arg-type] "send" of "Mailer" ... "int" ... "str"
        self.mailer.sendd("x")  # E: [attr-defined] "sendd"


class Out(TypedDict):
    to: str
    sent: int
    text: str


assert_type(Reply(mailer=Mailer()).run_sync({"to": "x"}), Out)
