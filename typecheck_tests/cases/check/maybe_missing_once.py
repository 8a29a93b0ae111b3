# After the mistake was reported the key's type is known all the same.
from stepkit import Flow, flow


class Maybe(Flow):
    @flow.step("fetch", on_error="continue")
    def fetch(self):
        return {"page": "x"}

    @flow.step("read")
    def read(self, page):  # E: [stepkit-maybe-missing] "page"
        return {"length": page.upper() + 1}  # E: [operator] "str" ... "int"
