# Names that a flow could not be created with: taken twice, empty, with "/", with control characters.
from typing import Final

from stepkit import Flow, flow

TAKEN: Final = "taken"
PLAIN = "plain"


class Twice(Flow):
    @flow.step("one")
    def one(self):
        return {"a": 1}

    @flow.step("one")  # E("one"): [stepkit-definition] two: the name "one" is taken by one
    def two(self):
        return {"b": 1}

    @flow.step
    def three(self):
        return {"c": 1}

    @flow.transform("three")  # E("three"): [stepkit-definition] four: the name "three" is taken by three
    def four(self):
        return {"d": 1}

    @flow.step("two", aliases=("five", "one"))  # E("one"): [stepkit-definition] five: the alias "one" is taken by one
    def five(self):
        return {"e": 1}


class Small(Flow):
    @flow.step("one")
    def one(self):
        return {"a": 1}


class ByConstant(Flow):
    @flow.step(TAKEN)
    def one(self):
        return {"a": 1}

    @flow.step("taken")  # E("taken"): [stepkit-definition] two: the name "taken" is taken by one
    def two(self):
        return {"b": 1}

    @flow.step(PLAIN)
    def three(self):
        return {"c": 1}

    @flow.step("pl" + "ain")  # E("pl"): [stepkit-definition] four: the name "plain" is taken by three
    def four(self):
        return {"d": 1}


class OfEveryKind(Flow):
    load = flow.subflow("load", Small)
    again = flow.subflow("load", Small)  # E("load"): [stepkit-definition] again: the name "load" is taken by load
    group = flow.parallel("load")  # E("load"): [stepkit-definition] group: the name "load" is taken by load

    @group.step("member")
    def member(self):
        return {"a": 1}

    @group.step("member")  # E("member"): [stepkit-definition] group: second: the name "member" is taken by member
    def second(self):
        return {"b": 1}

    @group.step
    def load_it(self):
        return {"c": 1}

    inner = group.subflow(Small, name="load_it")  # E("load_it"): [stepkit-definition] group: inner: the name

    @flow.branch("group", cases={"x": Small}, aliases=["load"])  # E("load"): [stepkit-definition] the alias "load"
    def route(self):
        return "x"


class Unspeakable(Flow):
    @flow.step("")  # E(""): [stepkit-definition] one: the name '' is empty
    def one(self):
        return {"a": 1}

    @flow.step("  ")  # E("  "): [stepkit-definition] two: the name '  ' is empty
    def two(self):
        return {"b": 1}

    @flow.step("x/y")  # E("x/y"): [stepkit-definition] three: the name 'x/y' has a "/"
    def three(self):
        return {"c": 1}

    @flow.step("a\nb", aliases=("c\t", "d"))  # E("c): [stepkit-definition] aliases # E("a): [stepkit-definition] control
    def four(self):
        return {"d": 1}

    @flow.branch("route", cases={"a/b": Small, "c": Small})  # E("a/b"): [stepkit-definition] route: cases: the name
    def route(self):
        return "c"

    @flow.branch("none", cases={})  # E({}): [stepkit-definition] none: cases maps the names of cases to flows, not {}
    def none(self):
        return None

    @flow.step("five", aliases="former")  # E("former"): [stepkit-definition] five: aliases is a tuple of former names
    def five(self):
        return {"e": 1}


class Unnamed(Flow, name=""):  # E(""): [stepkit-definition] the name '' is empty
    @flow.step("one")
    def one(self):
        return {"a": 1}


class Tiny(Flow, max_checkpoint_size=0):  # E(0): [stepkit-definition] max_checkpoint_size is a number of bytes from 1
    @flow.step("one")
    def one(self):
        return {"a": 1}


class OwnNames(Flow):
    @flow.step("begin")
    def start(self):  # E(def): [stepkit-definition] start: a step cannot be called like one of Flow's own names
        return {"a": 1}

    @flow.step
    async def resume(self):  # E(async): [stepkit-definition] resume: a step cannot be called like
        return {"b": 1}

    on_step_complete = flow.subflow("draw", Small)  # E(on): [stepkit-definition] on_step_complete: a subflow cannot be
    on_step_error = flow.parallel("tell")  # E(on): [stepkit-definition] on_step_error: a parallel cannot be called

    @on_step_error.step
    def member(self):
        return {"c": 1}

    @flow.branch("run", cases={"x": Small})
    def run_sync(self):  # E(def): [stepkit-definition] run_sync: a branch cannot be called like
        return "x"
