# A team's own decorators in a module that imports the flows that use them.
# --- team.py
from typing import Any

from probe import assert_type
from stepkit import flow

from . import flows


def remote_step(name: str, **options: Any) -> flow.StepDecorator:
    return flow.step(name, retries=3, **options)


SAFE = flow.step("safe", on_error="continue")
step = flow.step


def run() -> None:
    result = flows.Team().run_sync({"a": 1})
    assert_type(result["b"], str)


# --- flows.py
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow

from . import team


class Input(TypedDict):
    a: int


class Team(Flow[Input]):
    @team.remote_step("load")
    def load(self, a):
        assert_type(a, int)
        return {"b": str(a)}

    @team.SAFE
    def safe(self, b):
        return {"c": b}

    @team.step("alias")
    def alias(self, b):
        return {"d": b}

    @team.remote_step("maybe", on_error="continue")
    def maybe(self, d):
        return {"e": d}

    @flow.step("read")
    def read(
        self,
        b,
        c,  # E(c): [stepkit-maybe-missing] step "safe" has on_error="continue"
        d,
        e,  # E(e): [stepkit-maybe-missing] step "maybe" has on_error="continue"
        f,  # E(f): [stepkit-missing-key]
    ):
        assert_type(b, str)
        assert_type(d, str)
        return None
