# override_data from a variable of a TypedDict type; of a plain dict nothing is known.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Patch(TypedDict, total=False):
    b: str


class WrongPatch(TypedDict, total=False):
    b: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}


def resume(checkpoint: str, patch: Patch, wrong: WrongPatch, anything: dict[str, object]) -> None:
    Calc().run_checkpoint_sync(checkpoint, override_data=patch)
    Calc().run_checkpoint_sync(checkpoint, override_data=wrong)  # E: [stepkit-override] "b"
    Calc().run_checkpoint_sync(checkpoint, override_data=anything)
