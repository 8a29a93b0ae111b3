# Names of steps by constants: the event's tag is their value, and what they are compared with is narrowed.
from enum import Enum, StrEnum
from typing import Final, Literal, TypedDict, get_args

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


# Names in constants: a gate of several.
PAIR = ("load", "lod")
FROZEN: Final = frozenset({"load", "svae"})
ROLES: Final = {"load": "clerk", "mial": "manager"}
LISTED = ["load", "prnt"]
Gate = Literal["load", "shwo"]
GATES: tuple[Gate, ...] = get_args(Gate)
CHANGED = ("load", "nobody")
CHANGED = ("load", "save")


class Gated(Calc):
    GATES = ("load", "onw")

    @flow.step("last")
    def last(self, a):
        return {"z": a}

    def on_step_complete(self, event: "Gated.Event") -> None:
        if event.step_name in self.GATES:  # E(self): [stepkit-missing-key] Gated has no step "onw"; did you mean "own"?
            print(event)
        if event.step_name in Gated.GATES:  # E(Gated): [stepkit-missing-key] Gated has no step "onw"
            print(event)


def gates(e: Calc.Event) -> None:
    print(e.step_name in PAIR)  # E(PAIR): [stepkit-missing-key] Calc has no step "lod"; did you mean "load"?
    print(e.step_name in FROZEN)  # E(FROZEN): [stepkit-missing-key] Calc has no step "svae"; did you mean "save"?
    print(e.step_name in ROLES)  # E(ROLES): [stepkit-missing-key] Calc has no step "mial"; did you mean "mail"?
    print(e.step_name not in LISTED)  # E(LISTED): [stepkit-missing-key] Calc has no step "prnt"; did you mean "print"?
    print(e.step_name in GATES)  # E(GATES): [stepkit-missing-key] Calc has no step "shwo"; did you mean "show"?
    print(e.step_name in CHANGED)
    print(e.step_name in frozenset(("load", "lod")))  # E("lod"): [stepkit-missing-key] Calc has no step "lod"
    print(e.step_name == "outer/load")  # E: [stepkit-missing-key] did you mean "load"? (the events of Calc do not name the flows around it)
