# What may be missing behind a branch: the message names the cases that do not give it.
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("half")
    def half(self, n):
        return {"half": n // 2, "all": 1}


class Odd(Flow[Input]):
    @flow.step("more")
    def more(self, n):
        return {"more": n, "all": 1}


class Zero(Flow[Input]):
    @flow.step("zero")
    def zero(self, n):
        return {"more": n, "all": 1}

    @flow.step("sometimes", when=lambda n: n > 1)
    def sometimes(self, n):
        return {"all": 2}


class Route(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    def route(self, n):
        return "odd" if n % 2 else "even"

    @flow.step("one")
    def one(self, half):  # E: [stepkit-maybe-missing] "route/even/half" ... but case "odd" of branch "route" does not give it
        return None

    @flow.step("two")
    def two(self, more, all):  # E: [stepkit-maybe-missing] but case "even" of branch "route" does not give it
        return None


class Three(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd, "zero": Zero})
    def route(self, n):
        return "odd" if n % 2 else "even" if n else "zero"

    @flow.step("one")
    def one(self, half):  # E: [stepkit-maybe-missing] but cases "odd" and "zero" of branch "route" do not give it
        return None

    @flow.step("two")
    def two(self, more, all):  # E: [stepkit-maybe-missing] but case "even" of branch "route" does not give it
        return None


class MayBeNone(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    def route(self, n):
        return None if n > 9 else "odd" if n % 2 else "even"

    @flow.step("one")
    def one(self, half, all):  # E: [stepkit-maybe-missing] but case "odd" of branch "route" does not give it, and it may choose no case # E: [stepkit-maybe-missing] "all" ... but branch "route" may choose no case
        return None


class Quiet(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    def route(self, n):
        return "odd" if n % 2 else "even"


class Deep(Flow[Input]):
    inner = flow.subflow("inner", Quiet)

    @flow.step("one")
    def one(self, more):  # E: [stepkit-maybe-missing] but case "even" of branch "inner/route" does not give it
        return None
