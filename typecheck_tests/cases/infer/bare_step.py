# A bare @flow.step takes the method's name.
from probe import assert_type
from stepkit import Flow, StepNames, flow


class Bare(Flow):
    @flow.step
    def give(self):
        return {"a": 1}

    @flow.step()
    def read(self, a):
        assert_type(a, int)
        return {"b": a}

    @flow.step
    def wrong(self, zum):  # E: [stepkit-missing-key] step "wrong" reads "zum"
        return {"c": 1}


name: StepNames[Bare] = "give"
