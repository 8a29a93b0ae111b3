# Constants of another module, whose values change; the functions that compare names are checked again.
# --- names.py
from typing import Final

LOAD: Final = "load"
SHOW = "show"

# --- names.py (2)
from typing import Final

LOAD: Final = "fetch"
SHOW = "show"

# --- work.py
from stepkit import Flow, flow

from .names import LOAD, SHOW


class Work(Flow):
    @flow.step(LOAD)
    def one(self):
        return {"a": 1}


class Unknown(Flow):
    @flow.step(SHOW)
    def one(self):
        return {"a": 1}

# --- use.py
from probe import assert_type

from .names import LOAD
from .work import Unknown, Work


def show(e: Work.Event) -> None:
    if e.step_name == "load":  # E2("load"): [stepkit-missing-key] Work has no step "load"
        print(e.context["a"])
    if e.step_name == "fetch":  # E1("fetch"): [stepkit-missing-key] Work has no step "fetch"
        print(e.context["a"])
    if e.step_name == LOAD:
        assert_type(e.context["a"], int)


def show_unknown(e: Unknown.Event) -> None:
    if e.step_name == "show":
        assert_type(e.context["a"], int)
