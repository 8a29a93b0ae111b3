# when as a bool that is not known makes the keys optional.
import os
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow

ENABLED = bool(os.environ.get("ENABLED"))


class When(Flow):
    @flow.step("sometimes", when=ENABLED)
    def sometimes(self):
        return {"a": 1}


class Out(TypedDict):
    a: NotRequired[int]


assert_type(When().run_sync(), Out)
