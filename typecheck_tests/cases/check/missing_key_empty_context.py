# Nothing is there to be read at the start of a flow without input.
from stepkit import Flow, flow


class Empty(Flow):
    @flow.step("read")
    def read(self, a: int):  # E: [stepkit-missing-key] step "read" reads "a"
        return {"b": a}
