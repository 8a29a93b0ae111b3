# A key that only a later step gives is missing; so is the step's own.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Order(Flow[Input]):
    @flow.step("use")
    def use(self, token: str):  # E: [stepkit-missing-key] step "use" reads "token"
        return {"used": token}

    @flow.step("login")
    def login(self, a: int):
        return {"token": str(a)}

    @flow.step("itself")
    def itself(self, own: int):  # E: [stepkit-missing-key] step "itself" reads "own"
        return {"own": 1}

    @flow.step("after")
    def after(self, token: str, own: int):
        return {"fine": token * own}
