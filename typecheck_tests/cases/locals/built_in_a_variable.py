# A dict that is built in a local variable: its keys are those that it has where it is returned.
from typing import Any, NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Display(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        result = {"a": 1, "b": "x"}
        return result

    @flow.step("read")
    def read(self, a, b, zum):  # E: [stepkit-missing-key] step "read" reads "zum"
        assert_type(a, int)
        assert_type(b, str)
        return None


class Items(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out: dict[str, Any] = {}
        out["x"] = 1
        out["y"] = str(n)
        out.update(z=2.5, n=None)
        out |= {"w": b"w", "x": "now a str"}
        out.setdefault("v", 1)
        out.setdefault("z", "stays a float")
        return out

    @flow.step("read")
    def read(self, n, v, w, x, y, z, zum):  # E: [stepkit-missing-key] step "read" reads "zum"
        assert_type(n, None)
        assert_type(v, int)
        assert_type(w, bytes)
        assert_type(x, str)
        assert_type(y, str)
        assert_type(z, float)
        return None


class Maybe(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out = {"a": 1}
        if n > 1:
            out["b"] = 2
        elif n < 0:
            out["b"] = 3
            out["c"] = 4
        else:
            out["b"] = 5
        return out

    @flow.step("read")
    def read(self, a, b, c):  # E(c): [stepkit-maybe-missing] step "read" reads "c" ... not every return gives it
        return None


class MaybeOut(TypedDict):
    n: int
    a: int
    b: int
    c: NotRequired[int]


assert_type(Maybe().run_sync({"n": 1}), MaybeOut)


class Removed(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out: dict[str, object] = {"a": 1, "b": "x", "c": 2, "d": 3, "e": 4}
        del out["a"]
        b = out.pop("b")
        out.pop("zum", None)
        if n:
            del out["c"]
        if n > 2:
            e = out.pop("e", 0)
            print(b, e)
        return out

    @flow.step("read")
    def read(self, a, b, c=0, d=0):  # E(a,): [stepkit-missing-key] "a" # E(b,): [stepkit-missing-key] "b"
        assert_type(c, int)
        return None

    @flow.step("read-e")
    def read_e(self, d, e):  # E: [stepkit-maybe-missing] step "read-e" reads "e"
        return None


class SeveralReturns(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        out: dict[str, Any] = {"kind": "short"}
        if n < 3:
            return out
        out["kind"] = "long"
        out["length"] = n
        if n > 9:
            return None
        return {**out, "last": True}


class SeveralOut(TypedDict):
    n: int
    kind: NotRequired[str]
    length: NotRequired[int]
    last: NotRequired[bool]


assert_type(SeveralReturns().run_sync({"n": 1}), SeveralOut)


class Twice(Flow[Input]):
    @flow.step("build")
    def build(self, n):
        base = {"a": 1}
        more = {**base, "b": 2}
        base["c"] = 3  # after the copy
        out = more | {"d": 4}
        if n:
            out = {"a": 5, "e": 6}
        return out


class TwiceOut(TypedDict):
    n: int
    a: int
    b: NotRequired[int]
    d: NotRequired[int]
    e: NotRequired[int]


assert_type(Twice().run_sync({"n": 1}), TwiceOut)


class Transformed(Flow[Input]):
    @flow.transform("build")
    def build(self, n):
        out = {"a": n}
        out["a"] += 1
        out["b"] = out["a"]
        return out


class TransformedOut(TypedDict):
    a: int
    b: int


assert_type(Transformed().run_sync({"n": 1}), TransformedOut)
