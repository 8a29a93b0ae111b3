# The parameters of a when lambda are typed from the context at that step.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int
    names: list[str]


class When(Flow[Input]):
    @flow.step("first", when=lambda a: a > 1)
    def first(self, a):
        return {"b": str(a)}

    @flow.step("second", when=lambda a, names: a.upper() == names)  # E: [attr-defined] "int" has no attribute "upper"
    def second(self):
        return None

    @flow.step("third", when=lambda b=None: b is None or b.upper() == "X")
    def third(self):
        return None

    @flow.step("fourth", when=lambda zum: zum > 1)  # E: [stepkit-when] step "fourth" ... "zum"
    def fourth(self):
        return None
