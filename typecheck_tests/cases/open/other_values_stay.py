# What a dict[str, int] may hold says nothing of the keys that other steps give.
from typing import Any, NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int
    note: NotRequired[str]


class Numbers(Flow[Input]):
    @flow.step("load")
    def load(self) -> dict[str, int]:  # N: step "load"
        return {}

    @flow.step("name", when=lambda n: n > 1)
    def name(self, n):
        return {"name": "x"}

    @flow.step("sometimes")
    def sometimes(self, n):
        if n:
            return {"title": "y"}
        return None

    @flow.step("kept", merge="skip")
    def kept(self):
        return {"kept": b"z"}

    @flow.step("read")
    def read(self, name: str = "", title: str = "", note: str = "", kept: bytes = b"", other: int = 0):
        return {"text": name + title + note}

    @flow.step("unannotated")
    def unannotated(self, kept, number, name="", title=""):
        assert_type(name, str)
        assert_type(title, str)
        assert_type(kept, bytes)
        assert_type(number, int)
        return None

    @flow.step("wrong")
    def wrong(self, name: bytes = b""):  # E: [stepkit-key-type] reads "name" as "bytes", but step "name" gives it as "str"
        return None


class Objects(Flow[Input]):
    @flow.step("load")
    def load(self) -> dict[str, object]:  # N: step "load"
        return {}

    @flow.step("name", when=lambda n: n > 1)
    def name(self, n):
        return {"name": "x"}

    @flow.step("read")
    def read(self, name: str = ""):
        return None


class OneWay(Flow[Input]):
    @flow.step("build")
    def build(self, n, note=""):
        out: dict[str, Any] = {}
        if n:
            out[note] = n  # N: step "build" returns a key that is not known
        else:
            out["text"] = "x"
        return out

    @flow.step("read")
    def read(self, text: str = ""):
        return None
