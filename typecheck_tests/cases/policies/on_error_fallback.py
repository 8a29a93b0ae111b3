# A fallback gives a step's keys when the step has failed: they are certain, and of either's type.
# --- main.py
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, Literal, NoReturn, NotRequired, ParamSpec, TypedDict, TypeVar, final

from probe import assert_type
from stepkit import Flow, flow
from typing_extensions import override

from .elsewhere import from_elsewhere


INSTEAD: Final = "instead"
P = ParamSpec("P")
R = TypeVar("R")


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


class Translated(ValueError):
    pass


class NeverReturns(Flow[Input]):
    """What never returns gives no keys, and misses none."""

    def translate(self, error: Exception) -> NoReturn:
        raise Translated from error

    def pass_on(self, error):
        raise error

    def only_some(self, error, n):
        if n > 1:
            raise error
        return {"b": n}

    @flow.step("translated", on_error="translate")
    def translated(self, n):
        return {"a": n}

    @flow.step("passed", on_error=pass_on)
    def passed(self, a: int):
        return {"b": a}

    @flow.step("some", on_error="only_some")
    def some(self, b: int):
        return {"b": b}

    @flow.step("fails", on_error=lambda error, b: {"c": b})
    def fails(self):
        raise ConnectionError

    @flow.step("never", on_error="pass_on")
    async def never(self, c: int) -> NoReturn:
        raise ConnectionError


class FailsInside(Flow[Input]):
    @flow.step("fails")
    def fails(self):
        raise ConnectionError


class NeverCompletes(Flow[Input]):
    nested = flow.subflow("nested", FailsInside, on_error=lambda error: {"a": 1})
    group = flow.parallel("group", on_error=lambda error: {"b": 1})
    member = group.subflow(FailsInside)

    @flow.branch("route", cases={"fails": FailsInside}, on_error=lambda error: {"c": 1})
    def route(self, a: int, b: int):
        return "fails"

    @flow.step("use")
    def use(self, c: int):
        return None


class Named(Flow[Input]):
    """A subclass may name another method so, and is judged by what that gives and reads."""

    def instead(self, error):
        return {"x": 0}

    def raises(self, error):
        if error.args:
            raise error
        return {"y": 1}

    @flow.step("give", on_error="instead")
    def give(self, n):
        return {"x": n}

    group = flow.parallel("group")

    @group.step("member", on_error="raises")
    def member(self):
        return {"y": 1}

    @flow.step("use")
    def use(self, x: int, y: int):
        return {"used": x}


class Fits(Named):
    def instead(self, error, n=0):
        return {"x": n, "more": 1}

    @flow.step("read-more")
    def read_more(self, more=None):
        assert_type(more, int | None)
        return None


class OtherType(Named):  # E: [stepkit-key-type] step "use" reads "x" as "int", but step "give" gives it as "int | str"
    def instead(self, error: Exception):  # pyright: ignore[reportIncompatibleMethodOverride]
        return {"x": "text"}


class OtherKey(Named):  # E: [stepkit-maybe-missing] step "use" reads "x", which may be missing
    def instead(self, error):
        return {"z": 1}


class InAGroup(Named):  # E: [stepkit-maybe-missing] step "use" reads "y", which may be missing
    def raises(self, error):
        return {"z": 1}


class ReadsMore(Named):
    def instead(self, error, zum=1):  # E: [stepkit-useless-default] the fallback "instead" of step "give" reads "zum"
        return {"x": 1}


class Returns(Named):
    def instead(self, error):  # pyright: ignore[reportIncompatibleMethodOverride]
        return "text"  # E: [stepkit-return] the fallback of step "give" returns "str"; return a mapping


class ByAConstant(Flow[Input]):
    def instead(self, error):
        return {"x": 1}

    @flow.step("give", on_error=INSTEAD)
    def give(self, n):
        return {"x": n}

    @flow.step("use")
    def use(self, x: int):
        return None


class OneKey(TypedDict):
    x: int


class MixedIn:
    def instead(self, error):
        return {"x": 1}

    @flow.step("give", on_error="instead")
    def give(self, n: int) -> OneKey:
        return {"x": n}


class Mixes(MixedIn, Flow[Input]):
    @flow.step("use")
    def use(self, x: int):
        return None


class NoMapping(Flow[Input]):
    def text(self, error):
        return "text"  # E: [stepkit-return] the fallback of step "first" returns "str"; return a mapping with known

    def number(self, error: Exception) -> int:
        return 1

    @flow.step("first", on_error="text")
    def first(self):
        return {"x": 1}

    @flow.step("second", on_error="number")  # E: [stepkit-return] the fallback of step "second" returns "int"
    def second(self):
        return {"x": 1}

    @flow.step("third", on_error=lambda error: 5)  # E: [stepkit-return] the fallback of step "third" returns "int"
    def third(self):
        return {"x": 1}

    @flow.transform("last", on_error=lambda error: None)  # E: [stepkit-return] the fallback of step "last" returns "None"
    def last(self):
        return {"x": 1}


class NoMethod(Flow[Input]):
    @staticmethod
    def static(error: Exception) -> Rate:
        return {"rate": 1, "source": ""}

    @lru_cache
    def cached(self, error: Exception) -> Rate:
        return {"rate": 1, "source": ""}

    @flow.step("first", on_error="static")  # E: [stepkit-definition] "static" is no plain method of the class
    def first(self) -> Rate:
        return {"rate": 1, "source": ""}

    @flow.step("second", on_error="cached")  # E: [stepkit-definition] "cached" is no plain method of the class
    def second(self):
        return None

    @flow.step("third")
    def third(self, rate: float):
        return None


def traced(function: Callable[P, R]) -> Callable[P, R]:
    return function


async def ask(error: Exception) -> OneKey:
    return {"x": 1}


class Decorated(Flow[Input]):
    @flow.step("above", on_error="final_one")
    def above(self):
        return {"x": 1}

    @final
    def final_one(self, error):
        return {"x": 2}

    @traced
    def first(self, error):
        return {"x": 1}

    @flow.step("give", on_error="first")
    def give(self, x: int):
        return {"x": x}

    @flow.step("below", on_error="second")
    def below(self, x: int):
        return {"y": x}

    @traced
    def second(self, error: Exception):
        return {"y": 1}

    @flow.step("async", on_error=lambda error: ask(error))
    def asked(self, x: int, y: int):
        return {"x": x}

    @flow.step("use")
    def use(self, x: int, y: int):
        return None


class Same(Decorated):
    @override
    def first(self, error):
        return {"x": 3}


@dataclass
class Risk:
    level: str


class Risky(TypedDict):
    risk: Risk


class Saved(Flow[Input]):
    """What a fallback's annotations name can be restored."""

    def give(self, error: Exception) -> Risky:
        return {"risk": Risk("high")}

    @flow.step("ask", on_error="give")
    def ask(self):
        return {"risk": None}


class Unsaved(Flow[Input]):
    def give(self, error):
        return {"risk": Risk("high")}

    @flow.step("ask", on_error="give")
    def ask(self):
        return {"risk": None}


Saved().run_sync({"n": 1}, on_step_complete=lambda event: print(event.checkpoint))
Unsaved().run_sync({"n": 1}, on_step_complete=lambda event: print(event.checkpoint))  # E: [stepkit-unsavable] "risk"


class ForItsReaders(Flow[Input]):
    """Values are inferred for who reads them, as those of steps are."""

    def bad(self, error):
        return {"how": "bad", "shapes": []}

    @flow.step("judge", on_error="bad")
    def judge(self):
        return {"how": "good", "shapes": [1]}

    @flow.step("again", on_error=lambda error: {"again": "bad"})
    def again(self, how: Literal["good", "bad"], shapes: list[int | str]):
        return {"again": "good"}

    @flow.step("number", on_error=lambda error: {"number": None})
    def number(self, again: Literal["good", "bad"]):
        return {"number": 1}

    @flow.step("use")
    def use(self, number: int):  # E: [stepkit-key-type] gives it as "int | None"; its fallback gives "None"
        return None


class OpenButQuiet(Flow[Input]):
    """Who reads what the step gives is not blamed where the fallback cannot be seen, or the other way round."""

    attribute = lambda self, error: {"y": 1}  # noqa: E731

    def known(self, error: Exception):
        return {"x": 1}

    @flow.step("partial", on_error=partial(lambda error, d: {"x": d}, d=3))  # N: what the fallback of step "partial"
    def partial(self):
        return {"x": 1}

    @flow.step("attribute", on_error="attribute")
    def by_attribute(self, x: int):
        return {"y": x}

    @flow.step("any", on_error="known")
    def any(self, y: int) -> dict[str, int] | None:
        return {"x": y}

    @flow.step("use")
    def use(self, x: int, y: int):
        return None


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
