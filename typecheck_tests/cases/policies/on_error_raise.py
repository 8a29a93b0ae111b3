# on_error="raise" is the default: everything is certain.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Raise(Flow):
    @flow.step("one", on_error="raise")
    def one(self):
        return {"a": 1}


class Out(TypedDict):
    a: int


assert_type(Raise().run_sync(), Out)
