# Why it may be missing: on_error.
from stepkit import Flow, flow


class Maybe(Flow):
    @flow.step("fetch", on_error="continue")
    def fetch(self):
        return {"page": "x"}

    @flow.step("read")
    def read(self, page):  # E: [stepkit-maybe-missing] step "read" reads "page" ... "fetch" ... on_error
        return {"length": len(page)}

    @flow.step("fine")
    def fine(self, length, page=""):
        return {"total": length + len(page)}
