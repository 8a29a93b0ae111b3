# Returns in try, except and finally blocks.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    text: str


class Tries(Flow[Input]):
    @flow.step("parse")
    def parse(self, text):
        try:
            return {"number": int(text)}
        except ValueError:
            return {"number": None}

    @flow.step("again")
    def again(self, text):
        try:
            number = int(text)
        except ValueError:
            raise RuntimeError(text) from None
        finally:
            print(text)
        return {"again": number}


class Out(TypedDict):
    text: str
    number: int | None
    again: int


assert_type(Tries().run_sync({"text": "1"}), Out)
