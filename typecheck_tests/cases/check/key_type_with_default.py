# The annotation must accept the key's type also where there is a default.
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    b: NotRequired[int]


class Types(Flow[Input]):
    @flow.step("show")
    def show(self, b: str = ""):  # E: [stepkit-key-type] step "show" ... "b" ... "str" ... "int"
        return {"shown": b}
