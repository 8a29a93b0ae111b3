# A default for a key that nothing gives would always be taken.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    limit: int


class Useless(Flow[Input]):
    @flow.step("list")
    def listed(self, limt: int = 10):  # E(limt): [stepkit-useless-default] step "list" ... "limt" ... "limit"
        return {"rows": limt}

    @flow.step("page")
    def page(self, rows, page=1):  # E(page=1): [stepkit-useless-default] step "page" ... "page"
        return {"pages": rows + page}
