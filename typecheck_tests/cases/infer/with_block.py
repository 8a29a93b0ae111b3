# A with block that swallows errors may be left without a return; others may not.
import contextlib
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    path: str


class Withs(Flow[Input]):
    @flow.step("read")
    def read(self, path):
        with open(path) as file:
            return {"text": file.read()}

    @flow.step("maybe")
    def maybe(self, text):
        with contextlib.suppress(ValueError):
            return {"number": int(text)}


class Out(TypedDict):
    path: str
    text: str
    number: NotRequired[int]


assert_type(Withs().run_sync({"path": "x"}), Out)
