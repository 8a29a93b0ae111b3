# The first step reads what the input does not have.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    user_id: int


class First(Flow[Input]):
    @flow.step("load")
    def load(self, userid: int):  # E: [stepkit-missing-key] step "load" reads "userid" ... did you mean "user_id"?
        return {"user": userid}
