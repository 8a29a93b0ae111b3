# A default for a key that may exist is what a default is for.
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    limit: NotRequired[int]


class Useful(Flow[Input]):
    @flow.step("list")
    def listed(self, limit: int = 10):
        return {"rows": limit}

    @flow.step("page", when=lambda rows: rows > 3)
    def page(self):
        return {"page": 2}

    @flow.step("show")
    def show(self, rows, page=1):
        return {"shown": rows + page}
