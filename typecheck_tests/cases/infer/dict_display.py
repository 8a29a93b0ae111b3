# A dict display gives its keys, with the types of their values; literals are widened.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Shown(Flow):
    @flow.step("give")
    def give(self):
        return {"n": 1, "s": "x", "f": 1.5, "b": True, "nothing": None, "raw": b""}

    @flow.step("read")
    def read(self, n, s, f, b, nothing, raw):
        assert_type(n, int)
        assert_type(s, str)
        assert_type(f, float)
        assert_type(b, bool)
        assert_type(nothing, None)
        assert_type(raw, bytes)


class Out(TypedDict):
    n: int
    s: str
    f: float
    b: bool
    nothing: None
    raw: bytes


assert_type(Shown().run_sync(), Out)
