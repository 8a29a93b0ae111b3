# A transform with known keys ends what is not known.
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Closes(Flow[Input]):
    @flow.step("load")
    def load(self) -> dict[str, Any]:  # N: step "load"
        return {}

    @flow.transform("pick")
    def pick(self, x: int):
        return {"picked": x}

    @flow.step("wrong")
    def wrong(self, zum):  # E: [stepkit-missing-key] step "wrong" reads "zum"
        return None


class Out(TypedDict):
    picked: int


assert_type(Closes().run_sync({"a": 1}), Out)


def key() -> str:
    return "x"


class OpensAgain(Flow[Input]):
    @flow.step("one")
    def one(self):
        return {key(): 1}  # N: step "one"

    @flow.transform("close")
    def close(self):
        return {"b": 1}

    @flow.step("two")
    def two(self):
        return {key(): 1}  # N: step "two"
