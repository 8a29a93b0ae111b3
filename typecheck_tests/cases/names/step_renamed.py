# A step gets another name: whoever compares with the old one is told, in another module too.
# --- work.py
from stepkit import Flow, flow


class Work(Flow):
    @flow.step("load")
    def one(self):
        return {"a": 1}

    @flow.step("show")
    def two(self, a):
        return {"b": a}

# --- work.py (2)
from stepkit import Flow, flow


class Work(Flow):
    @flow.step("loads")
    def one(self):
        return {"a": 1}

    @flow.step("show")
    def two(self, a):
        return {"b": a}

# --- use.py
from .work import Work


def show(e: Work.Event) -> None:
    if e.step_name in ("load", "show"):  # E2("load"): [stepkit-missing-key] Work has no step "load"; did you mean "loads"?
        print(e)


def match_it(e: Work.Event) -> None:
    match e.step_name:
        case "loads":  # E1("loads"): [stepkit-missing-key] Work has no step "loads"; did you mean "load"?
            print(e)
