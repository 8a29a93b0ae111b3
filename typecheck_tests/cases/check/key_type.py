# An annotation that does not accept the key's type: both types and the giving step are named.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Types(Flow[Input]):
    @flow.step("count")
    def count(self, a: int):
        return {"total": a}

    @flow.step("show")
    def show(self, total: str, a: int):  # E(total: str): [stepkit-key-type] step "show" ... "total" ... "str" ... "count" ... "int"
        return {"shown": total}
