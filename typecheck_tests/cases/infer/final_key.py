# A key that is a Final constant is known.
from typing import Final, TypedDict

from probe import assert_type
from stepkit import Flow, flow

KEY: Final = "total"


class Constant(Flow):
    @flow.step("give")
    def give(self):
        return {KEY: 1}


class Out(TypedDict):
    total: int


assert_type(Constant().run_sync(), Out)
