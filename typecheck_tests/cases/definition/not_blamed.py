# Arms that exclude each other, names that are not known, other classes of the same names.
import sys
from os import environ

from stepkit import Flow, flow

NAME = environ.get("NAME", "another")
CHANGED = "one"
CHANGED += "-more"


class Arms(Flow):
    if environ.get("FAST"):

        @flow.step("work")
        def fast(self):
            return {"a": 1}

    else:

        @flow.step("work")
        def slow(self):
            return {"a": 2}

    if sys.version_info >= (3, 11):

        @flow.step("one")
        def one(self):
            return {"b": 1}


class Unknown(Flow):
    @flow.step("one")
    def one(self):
        return {"a": 1}

    @flow.step(NAME)
    def two(self):
        return {"b": 1}

    @flow.step(CHANGED)
    def three(self):
        return {"c": 1}

    @flow.step("two")
    def four(self):
        return {"d": 1}

    def run_once(self) -> int:
        return 1


class NoFlow:
    def start(self) -> int:
        return 1


class Removed(Unknown):
    one = None

    @flow.step("one")
    def other(self):
        return {"e": 1}


class Inner(Flow):
    @flow.step("one")
    def one(self):
        return {"a": 1}

    two = flow.subflow("two", Removed)

    def start_over(self) -> int:
        return 1
