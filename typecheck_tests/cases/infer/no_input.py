# A flow without input begins with nothing.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Ping(Flow):
    @flow.step("ping")
    def ping(self):
        return {"pong": True}


class Out(TypedDict):
    pong: bool


assert_type(Ping().run_sync(), Out)
assert_type(Ping().run_sync({}), Out)
