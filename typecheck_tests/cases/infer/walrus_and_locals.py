# Values through local variables, also narrowed ones.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    text: str | None


class Locals(Flow[Input]):
    @flow.step("narrow")
    def narrow(self, text):
        if text is None:
            return {"length": 0, "known": ""}
        length = len(text)
        return {"length": length, "known": text}


class Out(TypedDict):
    text: str | None
    length: int
    known: str


assert_type(Locals().run_sync({"text": None}), Out)
