# A flow that is an attrs class.
from typing import TypedDict

import attrs
from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    to: str


@attrs.define
class Reply(Flow[Input]):
    prefix: str

    @flow.step("send")
    def send(self, to):
        return {"text": self.prefix + to}


assert_type(Reply(prefix="x").run_sync({"to": "x"})["text"], str)
