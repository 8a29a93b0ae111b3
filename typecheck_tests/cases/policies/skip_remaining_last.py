# On the last step skip-remaining is the same as continue.
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Skip(Flow):
    @flow.step("one")
    def one(self):
        return {"a": 1}

    @flow.step("two", on_error="skip-remaining")
    def two(self):
        return {"b": 1}


class Out(TypedDict):
    a: int
    b: NotRequired[int]


assert_type(Skip().run_sync(), Out)
