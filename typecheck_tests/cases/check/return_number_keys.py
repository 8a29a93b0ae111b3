# A mapping whose keys are no strings.
from stepkit import Flow, flow


class Wrong(Flow):
    @flow.step("numbers")
    def numbers(self):
        return {1: "x"}  # E: "int"
