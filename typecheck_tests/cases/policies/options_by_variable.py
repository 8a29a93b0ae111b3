# An option that is not a literal: the worst is assumed.
from typing import Literal, NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow

POLICY: Literal["raise", "continue"] = "continue" if __debug__ else "raise"


class Variable(Flow):
    @flow.step("one", on_error=POLICY)
    def one(self):
        return {"a": 1}


class Out(TypedDict):
    a: NotRequired[int]


assert_type(Variable().run_sync(), Out)
