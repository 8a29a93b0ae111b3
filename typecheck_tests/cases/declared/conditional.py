# Steps under conditions: in one arm they may not be there, in two they are one or the other.
import functools
import os
import sys
from typing import TYPE_CHECKING, TypedDict

from probe import assert_type
from stepkit import Flow, flow

DEBUG = bool(os.environ.get("DEBUG"))


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("inner")
    def inner(self, a):
        return {"inner": a}


class OneArm(Flow[Input]):
    if DEBUG:

        @flow.step("debug")
        def debug(self, a):
            assert_type(a, int)
            return {"debug": a}

        nested = flow.subflow("nested", Inner)

    if sys.version_info >= (3, 8):

        @flow.step("modern")
        def modern(self, a):
            return {"modern": a}

    if TYPE_CHECKING or DEBUG:

        @flow.step("checked")
        def checked(self, a):
            return {"checked": a}

    if sys.version_info < (3, 8):

        @flow.step("old")
        def old(self, a):
            return {"old": a}

    @flow.step("read")
    def read(
        self,
        modern,
        debug,  # E(debug): [stepkit-maybe-missing] step "debug" gives it, but step "debug" is declared under a condition
        inner,  # E(inner): [stepkit-maybe-missing] step "nested" is declared under a condition
        old,  # E(old): [stepkit-missing-key]
    ):
        return None


class TwoArms(Flow[Input]):
    if DEBUG:

        @flow.step("load")
        def load(self, a):
            return {"b": a, "only": a}

    else:

        @flow.step("load")
        def load(self, a):
            return {"b": str(a)}

    @flow.step("read")
    def read(
        self,
        b,
        only,  # E(only): [stepkit-maybe-missing] not every arm of the condition that it is declared under gives it
    ):
        assert_type(b, int | str)
        return {"c": b}


assert_type(TwoArms().run_sync({"a": 1})["c"], int | str)


class Tried(Flow[Input]):
    try:
        import json as fast

        @flow.step("body")
        def body(self, a):
            return {"body": a}

        @flow.step("both")
        def both(self, a):
            return {"both": a}

    except ImportError:

        @flow.step("handler")
        def handler(self, a):
            return {"handler": a}

        @flow.step("both")
        def both(self, a):
            return {"both": str(a)}

    else:

        @flow.step("other")
        def other(self, a):
            return {"other": a}

    finally:

        @flow.step("always")
        def always(self, a):
            return {"always": a}

    @flow.step("read")
    def read(
        self,
        body,  # E(body): [stepkit-maybe-missing] step "body" is declared under a condition
        handler,  # E(handler): [stepkit-maybe-missing]
        both,
        other,  # E(other): [stepkit-maybe-missing]
        always,
    ):
        assert_type(both, int | str)
        return None


class Raised(Flow[Input]):
    try:
        import json as fast

        @flow.step("body")
        def body(self, a):
            return {"body": a}

    except ImportError:
        raise

    @flow.step("read")
    def read(self, body):
        return None


class Matched(Flow[Input]):
    match os.name:
        case "posix":

            @flow.step("load")
            def load(self, a):
                return {"b": a}

        case "nt":

            @flow.step("load")
            def load(self, a):
                return {"b": [a]}

        case _:

            @flow.step("load")
            def load(self, a):
                return {"b": str(a)}

    match os.sep:
        case "/":
            signals = flow.parallel("signals")

            @signals.step
            def member(self, a):
                return {"member": a}

    @flow.step("read")
    def read(
        self,
        b,
        member,  # E(member): [stepkit-maybe-missing] step "signals/member" is declared under a condition
    ):
        assert_type(b, int | list[int] | str)
        return None


class Looped(Flow[Input]):
    for _ in os.environ:

        @flow.step("looped")
        def looped(self, a):
            return {"looped": a}

    with open(os.devnull) as handle:

        @flow.step("managed")
        def managed(self, a):
            return {"managed": a}

    @flow.step("read")
    def read(
        self,
        managed,
        looped,  # E(looped): [stepkit-maybe-missing] step "looped" is declared under a condition
    ):
        return None


class Base(Flow[Input]):
    signals = flow.parallel("signals")

    @signals.step
    def first(self, a):
        return {"first": a}

    @flow.step("load")
    def load(self, a):
        return {"b": a}

    @flow.step("extra")
    def extra(self, a):
        return {"extra": a}


class Below(Base):
    if DEBUG:

        @flow.step("load")
        def load(self, a):  # E: [stepkit-override-step] step "load" of Below gives "b" as "str | int", but users of Base may read it as "int"
            return {"b": str(a)}

        extra = None

        @Base.signals.step
        def second(self, a):
            return {"second": a}

    @flow.step("read")
    def read(
        self,
        b,
        extra,  # E(extra): [stepkit-maybe-missing] step "extra" is declared under a condition
        first,
        second,  # E(second): [stepkit-maybe-missing] step "signals/second" is declared under a condition
    ):
        assert_type(b, int | str)
        return None


def load_one(self: object, a: int) -> Input:
    return {"a": a}


class Assigned(Flow[Input]):
    if DEBUG:
        load = flow.step("load")(load_one)
        rate = int("3")
    else:
        load = flow.step("load", when=False)(load_one)
        rate = int("4")

    if DEBUG:
        nested = flow.subflow("nested", Inner)
        kind = functools.partial(int, base=2)
    else:
        nested = flow.subflow("nested", Inner, on_error="continue")
        kind = functools.partial(int, base=3)

    @flow.step("read")
    def read(
        self,
        a,
        inner,  # E(inner): [stepkit-maybe-missing] step "nested" may go on without it (on_error=)
    ):
        return None


class Other(Flow[Input]):
    @flow.step("other")
    def other(self, a):
        return {"other": a}


class OneOfTwo(Flow[Input]):
    if DEBUG:
        nested = flow.subflow("nested", Inner)  # N: "nested" may be a step
    else:
        nested = flow.subflow("nested", Other)

    @flow.step("read")
    def read(self, a, inner, other):
        return None
