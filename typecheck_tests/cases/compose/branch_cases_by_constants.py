# Cases whose names are constants, and routes that return them: members of a StrEnum, values, names of a module.
# --- names.py
from enum import Enum, StrEnum
from typing import Final


class Kind(StrEnum):
    A = "a"
    B = "b"


class Plain(Enum):
    A = "a"


FAST: Final = "fast"

# --- names.py (2)
from enum import Enum, StrEnum
from typing import Final


class Kind(StrEnum):
    A = "a"
    B = "bb"


class Plain(Enum):
    A = "a"


FAST: Final = "faster"

# --- flows.py
from typing import Literal, NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow

from .names import FAST, Kind, Plain

SLOW = "slow"


class Input(TypedDict):
    n: int


class Ina(Flow[Input]):
    @flow.step("one")
    def one(self, n):
        return {"x": n, "y": "a"}


class Inb(Flow[Input]):
    @flow.step("two")
    def two(self, n):
        return {"x": n}


class Both(TypedDict):
    n: int
    x: int
    y: NotRequired[str]


class Members(Flow[Input]):
    @flow.branch("route", cases={Kind.A: Ina, Kind.B: Inb})
    def route(self, n: int):
        return Kind.A if n else Kind.B


class Named(Flow[Input]):
    @flow.branch("route", cases={FAST: Ina, SLOW: Inb})
    def route(self, n: int):
        if n > 3:
            return FAST
        return SLOW


class Called(Flow[Input]):
    @flow.branch("route", cases=dict(slow=Inb))
    def route(self, n: int):
        return SLOW


class Values(Flow[Input]):
    @flow.branch("route", cases={Plain.A.value: Ina, Kind.B.value: Inb})
    def route(self, n: int):
        if n > 3:
            return Plain.A.value
        return Kind.B


class Annotated(Flow[Input]):
    @flow.branch("route", cases={Kind.A: Ina, Kind.B: Inb})
    def route(self, n: int) -> Kind:
        return Kind.A if n else Kind.B


class OfOne(Flow[Input]):
    @flow.branch("route", cases={Kind.A: Ina, Kind.B: Inb})
    def route(self, n: int) -> Literal[Kind.A]:
        return Kind.A


class Computed(Flow[Input]):
    @flow.branch("route", cases={Kind.A: Ina, Kind.B: Inb})
    def route(self, n: int):
        return list(Kind)[n]


class NotAll(Flow[Input]):
    @flow.branch("route", cases={Kind.A: Ina, "c": Inb})
    def route(self, n: int):
        return list(Kind)[n]  # N(list): branch "route" returns "Kind": any of its cases may be chosen


class Slip(Flow[Input]):
    @flow.branch("route", cases={Kind.A: Ina, SLOW: Inb})
    def route(self, n: int):
        if n > 3:
            return Kind.B  # E1(Kind): [stepkit-branch-case] branch "route" has no case "b" ... "a", "slow"  # E2(Kind): [stepkit-branch-case] branch "route" has no case "bb" ... "a", "slow"
        return SLOW


class Text(Flow[Input]):
    @flow.branch("route", cases={"a": Ina, "b": Inb})  # the name changes: a case that no return names is no mistake
    def route(self, n: int) -> str:
        if n:
            return Kind.B  # E2(Kind): [stepkit-branch-case] branch "route" has no case "bb" ... "a", "b"
        return Kind.A


def results() -> None:
    start = Input(n=1)
    assert_type(Members().run_sync(start), Both)
    assert_type(Named().run_sync(start), Both)
    assert_type(Values().run_sync(start), Both)
    assert_type(Annotated().run_sync(start), Both)
    assert_type(Computed().run_sync(start), Both)
    assert_type(OfOne().run_sync(start)["y"], str)
    assert_type(Called().run_sync(start)["x"], int)


def watch(e: Members.Event, f: Named.Event) -> None:
    if e.step_name == "route/a/one":
        assert_type(e.context["y"], str)
    if e.step_name == "route/b/two":  # E2("route): [stepkit-missing-key] Members has no step "route/b/two"
        print(e)
    if f.step_name == "route/fast/one":  # E2("route): [stepkit-missing-key] Named has no step "route/fast/one"
        print(f)
    if f.step_name == "route/slow/two":
        assert_type(f.context["x"], int)
