# A fallback gives a step's keys when the step has failed: they are certain, and of either's type.
# --- main.py
from typing import NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow

from .elsewhere import from_elsewhere


class Input(TypedDict):
    n: int


class Rate(TypedDict):
    rate: float
    source: str


class Certain(Flow[Input]):
    def annotated(self, error: Exception, n: int) -> Rate:
        return {"rate": n / 2, "source": str(error)}

    def bare(self, error, n):
        return {"label": [n]}

    async def awaited(self, error, label=None):
        return {"many": label}

    @flow.step("fetch", on_error="annotated", retries=2)
    async def fetch(self) -> Rate:
        raise ConnectionError

    @flow.step("label", on_error=bare)
    def label(self, rate: float, source: str):
        return {"label": source}

    @flow.step("await", on_error="awaited")
    def wait(self, label):
        assert_type(label, str | list[int])
        return {"many": 1}

    @flow.step("lambda", on_error=lambda self, error, n, rate: {"guess": n, "rate": rate})
    def guess(self, many):
        assert_type(many, str | list[int] | int | None)
        return {"guess": "x", "other": 1}

    @flow.step("use")
    def use(self, guess, other=None):
        assert_type(guess, str | int)
        assert_type(other, int | None)
        return None


class Out(TypedDict):
    n: int
    rate: float
    source: str
    label: str | list[int]
    many: str | list[int] | int | None
    guess: str | int
    other: NotRequired[int]


assert_type(Certain().run_sync({"n": 1}), Out)


class Elsewhere(Flow[Input]):
    @flow.step("fetch", on_error=from_elsewhere)
    def fetch(self):
        return {"found": 1}

    @flow.step("use")
    def use(self, found):
        assert_type(found, int | str)  # E2: [assert-type]
        return None


class Fails(Flow[Input]):
    @flow.step("inner")
    def inner(self, n):
        return {"found": [n], "lost": n}


def instead(error: Exception) -> Rate:
    return {"rate": 1.0, "source": "none"}


class Holds(Flow[Input]):
    nested = flow.subflow("nested", Fails, on_error=lambda error: {"found": 1})

    @flow.branch("route", cases={"fails": Fails}, on_error=instead)
    def route(self, found, lost=None):
        assert_type(found, list[int] | int)
        assert_type(lost, int | None)
        return "fails"

    group = flow.parallel("group")
    member = group.subflow(Fails, on_error=lambda error: {"found": "text"})

    @group.step("step", on_error=instead)
    def step(self) -> Rate:
        raise ConnectionError

    @flow.step("after")
    def after(self, found, rate, source: str):
        assert_type(found, list[int] | str)
        assert_type(rate, float)
        return None

    @flow.transform("reduce", on_error=lambda error, n: {"n": n, "left": 1})
    def reduce(self):
        return {"left": "x"}


class Reduced(TypedDict):
    left: str | int
    n: NotRequired[int]


assert_type(Holds().run_sync({"n": 1}), Reduced)


class Wrong(Flow[Input]):
    def reads(
        self,
        error: Exception,
        zum: int,  # E: [stepkit-missing-key] the fallback "reads" of step "first" reads "zum", which no earlier step
        n: str,  # E: [stepkit-key-type] the fallback "reads" of step "first" reads "n" as "str", but the input has it
        m: int = 0,  # E: [stepkit-useless-default] the fallback "reads" of step "first" reads "m"
    ):
        return {"x": 1}

    def narrow(self, error: ConnectionError):  # E: [stepkit-parameters] takes its error as "ConnectionError", but
        return {"x": 1}

    def alone(self):
        return {"x": 1}

    def stars(self, error: Exception, **keys: int):
        return {"x": 1}

    @flow.step("first", on_error="reads")
    def first(self):
        return {"x": 1}

    @flow.step("second", on_error="narrow")
    def second(self):
        return {"x": 1}

    @flow.step("third", on_error="alone")  # E: [stepkit-definition] third: on_error: alone: it has no error parameter
    def third(self):
        return {"x": 1}

    @flow.step("fourth", on_error="stars")  # E: [stepkit-definition] fourth: on_error: stars: it takes **keys; name every
    def fourth(self):
        return {"x": 1}

    @flow.step("fifth", on_error="naroww")  # E: [stepkit-definition] "naroww" is no plain method of the class; did you mean "narrow"?
    def fifth(self):
        return {"x": 1}

    @flow.step("sixth", on_error="first")  # E: [stepkit-definition] "first" is no plain method of the class
    def sixth(self):
        return {"x": 1}


class Unseen(Flow[Input]):
    def whatever(self, error: Exception) -> dict[str, int]:
        return {str(error): 1}

    @flow.step("first", on_error="whatever")  # N: what the fallback of step "first" gives cannot be seen
    def first(self):
        return {"x": 1}


# --- elsewhere.py
from typing import Any, TypedDict


class Found(TypedDict):
    found: str


def from_elsewhere(self: Any, error: Exception) -> Found:
    return {"found": "x"}


# --- elsewhere.py (2)
from typing import Any, TypedDict


class Found(TypedDict):
    found: list[str]


def from_elsewhere(self: Any, error: Exception) -> Found:
    return {"found": ["x"]}
