"""A condition that goes through a team's own decorator, or one that is kept under a name, is checked as any other."""

from typing import Any

from stepkit import Flow, flow


def plain(name: str, **options: Any) -> flow.StepDecorator:
    return flow.step(name, retries=3, **options)


def explicit(name: str, when: Any = True) -> flow.StepDecorator:
    return flow.step(name, when=when)


def above(n: int) -> bool:
    return n > 4


def below(text: str) -> bool:
    return text < "m"


KEPT = flow.step("kept", when=lambda m9: m9 > 1)  # E: [stepkit-when] the condition of step "kept" reads "m9"


class Guarded(Flow):
    @flow.step("start")
    def begin(self):
        return {"n": 1, "decision": {"verdict": "approved"}}

    @plain("a", when=lambda m: m > 1)  # E(m: m): [stepkit-when] the condition of step "a" reads "m", which no earlier step provides
    def a(self):
        return {"a": 1}

    @plain("b", when=lambda n: n.upper() == "N")  # E: [attr-defined] "int" has no attribute "upper"
    def b(self):
        return {"b": 1}

    @explicit("c", when=lambda n: n > 1)
    def c(self):
        return {"c": 1}

    @explicit("d", when=above)
    def d(self):
        return {"d": 1}

    @explicit("e", when=below)  # E: [stepkit-when] the condition of step "e" reads "text", which no earlier step provides
    def e(self):
        return {"e": 1}

    @plain("f", when=lambda c: c > 0)  # E(c: c): [stepkit-when] reads "c", which may be missing
    def f(self):
        return {"f": 1}

    @plain("g", when=lambda n: "yes")  # E("yes"): [stepkit-when] gives "str"
    def g(self):
        return {"g": 1}

    @plain("h", when=lambda decision: decision["verdict"] == "approved")
    def h(self):
        return {"h": 1}

    @KEPT
    def kept(self):
        return {"kept": 1}
