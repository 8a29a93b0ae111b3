# A flow nested in a class.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Service:
    class Input(TypedDict):
        a: int

    class Calc(Flow[Input]):
        @flow.step("one")
        def one(self, a):
            return {"b": str(a)}

    def run(self) -> str:
        return self.Calc().run_sync({"a": 1})["b"]


assert_type(Service.Calc().run_sync({"a": 1})["b"], str)


def show(output: Service.Calc.Output) -> None:
    assert_type(output["b"], str)
