# A step made of a function that stands elsewhere: the function's annotations are its keys.
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Doubled(TypedDict):
    doubled: int


def double(self: Any, a: int) -> Doubled:
    return {"doubled": a * 2}


async def fetch(self: Any, doubled: int) -> Doubled | None:
    return {"doubled": doubled} if doubled else None


def wants(self: Any, doubled: str, nothing: int, default: int = 0) -> None:
    return None


def unannotated(self, doubled):  # type: ignore[no-untyped-def, unused-ignore]
    return {"later": doubled}


class Assigned(Flow[Input]):
    doubled = flow.step("double")(double)
    again = flow.step("again", on_error="continue")(double)
    fetched = flow.step("fetch")(fetch)
    bare = flow.step(double)
    text = flow.step("text")(lambda self, doubled: {"text": str(doubled)})

    @flow.step("read")
    def read(self, doubled, text):
        assert_type(doubled, int)
        assert_type(text, str)
        return {"read": True}


class Output(TypedDict):
    a: int
    doubled: int
    text: str
    read: bool


assert_type(Assigned().run_sync({"a": 1}), Output)


class Wrong(Flow[Input]):
    doubled = flow.step("double")(double)
    wanted = flow.step("wants")(wants)  # E: [stepkit-key-type] step "wants" reads "doubled" as "str", but step "double" gives it as "int" # E: [stepkit-missing-key] step "wants" reads "nothing"

    @flow.step("read")
    def read(
        self,
        text,  # E(text): [stepkit-missing-key]
    ):
        return None


class Open(Flow[Input]):
    doubled = flow.step("double")(double)
    later = flow.step("later")(unannotated)  # N: step "later" returns something that cannot be seen

    @flow.step("read")
    def read(self, doubled, later, anything):
        assert_type(doubled, int)
        return None
