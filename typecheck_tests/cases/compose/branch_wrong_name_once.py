"""A case that a route misspells may be any of the branch's: nothing behind it is blamed for that."""

from probe import assert_type
from stepkit import Flow, flow


class Small(Flow):
    @flow.step("memo")
    def memo(self):
        return {"memo": "small"}


class Big(Flow):
    @flow.step("dossier")
    def dossier(self):
        return {"dossier": 1}


class Process(Flow):
    @flow.step("start")
    def begin(self):
        return {"amount": 3}

    @flow.branch("route", cases={"small": Small, "big": Big})
    def route(self, amount):
        return "bigg" if amount > 1 else "small"  # E("bigg"): [stepkit-branch-case] did you mean "big"

    @flow.step("end")
    def end(self, memo="", dossier=0):
        return {"end": dossier}


def saw(event: Process.Event) -> None:
    if event.step_name == "route/big/dossier":
        assert_type(event.context["dossier"], int)


Process().run_sync(on_step_complete=saw)
