# A base in another module gives another type: its subclass is blamed as long as users of the base break.
# --- base.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("load")
    def load(self, a):
        return {"total": str(a)}

# --- middle.py
from .base import Base


class Middle(Base):
    pass

# --- main.py
from stepkit import flow

from .middle import Middle


class Sub(Middle):
    @flow.step("load")
    def load(self, a):  # E2: [stepkit-override-step] step "load" of Sub gives "total" as "str", but users of Middle may read it as "int"  # E3: [stepkit-override-step] step "load" of Sub does not give "sum"
        return {"total": str(a)}

# --- base.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("load")
    def load(self, a):
        return {"total": a}

# --- base.py (3)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("load")
    def load(self, a):
        return {"sum": a}
