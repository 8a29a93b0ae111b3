# The base in another module: its conditions and nested flows are judged in the subclass, after edits of each.
# --- inner.py
from typing import TypedDict

from stepkit import Flow, flow


class In(TypedDict):
    limit: int


class Inner(Flow[In]):
    @flow.step("use")
    def use(self, limit: int):
        return {"text": str(limit)}

# --- inner.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class In(TypedDict):
    limit: float


class Inner(Flow[In]):
    @flow.step("use")
    def use(self, limit: float):
        return {"text": str(limit)}

# --- base.py
from stepkit import Flow, flow

from .inner import Inner


class Nested(Flow):
    @flow.step("limits")
    def limits(self):
        return {"limit": 5, "flag": True}

    inner = flow.subflow("inner", Inner)

    @flow.step("last")
    def last(self, text: str):
        return {"x": text}

# --- base.py (3)
from stepkit import Flow, flow

from .inner import Inner


class Nested(Flow):
    @flow.step("limits")
    def limits(self):
        return {"limit": 5, "flag": True}

    inner = flow.subflow("inner", Inner)

    @flow.step("last", when=lambda flag: flag)
    def last(self, text: str):
        return {"x": text}

# --- sub.py
from .base import Nested
from stepkit import flow


class Sub(Nested):  # E1: [stepkit-nested-input] it wants "limit" as "int"  # E3: [stepkit-when] the condition of step "last" reads "flag"
    @flow.step("limits")
    def limits(self):  # type: ignore[stepkit-override-step, unused-ignore]
        return {"limit": 1.5}
