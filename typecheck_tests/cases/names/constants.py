# Names of steps by constants: the event's tag is their value, and what they are compared with is narrowed.
from enum import Enum, StrEnum
from typing import Final, Literal, TypedDict

from probe import assert_type
from stepkit import Flow, StepNames, flow

LOAD = "load"
PREFIX: Final = "step-"
TYPED: Literal["typed"] = "typed"


class Names:
    SHOW = "show"
    SAVE: Final = "save"


class Kind(Enum):
    MAIL = "mail"


class Text(StrEnum):
    PRINT = "print"


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    OWN = "own"

    @flow.step(LOAD)
    def one(self, a):
        return {"b": str(a)}

    @flow.step(PREFIX + "two")
    def two(self, a):
        return {"c": a}

    @flow.step(TYPED)
    def three(self, a):
        return {"d": a}

    @flow.step(Names.SHOW)
    def four(self, a):
        return {"e": a}

    @flow.step(Names.SAVE)
    def five(self, a):
        return {"f": a}

    @flow.step(Kind.MAIL.value)
    def six(self, a):
        return {"g": a}

    @flow.step(Text.PRINT)
    def seven(self, a):
        return {"h": a}

    @flow.step(OWN)
    def eight(self, a):
        return {"i": a}


def names(name: StepNames[Calc]) -> None:
    assert_type(name, Literal["load", "step-two", "typed", "show", "save", "mail", "print", "own"])


def show(e: Calc.Event) -> None:
    if e.step_name == "load":
        assert_type(e.context["b"], str)
        e.context["c"]  # E: "c"
    if e.step_name == LOAD:
        assert_type(e.context["a"], int)
    if e.step_name == "step-two":
        assert_type(e.context["c"], int)
    if e.step_name == TYPED:
        assert_type(e.context["d"], int)
    if e.step_name == Names.SAVE:
        assert_type(e.context["f"], int)
        e.context["g"]  # E: "g"
    if e.step_name in ("mail", "print"):
        assert_type(e.context["g"], int)
    if e.step_name == "own":
        assert_type(e.context["i"], int)
    if e.step_name == "one":  # E("one"): [stepkit-missing-key] Calc has no step "one"; did you mean "own"?
        print(e)
