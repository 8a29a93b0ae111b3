# Each mistake is reported at its own parameter.
from stepkit import Flow, flow


class Two(Flow):
    @flow.step("read")
    def read(self, first, second):  # E(first): [stepkit-missing-key] "first" # E(second): [stepkit-missing-key] "second"
        return {"third": 3}

    @flow.step("fine")
    def fine(self, third):
        return {"fourth": third}
