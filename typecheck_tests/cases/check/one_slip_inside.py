# One slip inside a nested flow, a group, a subclass, an event: one error in each flow that is wrong.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Text(TypedDict):
    text: str


class Inner(Flow[Input]):
    """The nested flow gives a wrong type: its own step says so, those around it do not."""

    @flow.step("make")
    def make(self, n: int):
        return {"ok": "yes"}

    @flow.step("use")
    def use(self, ok: bool):  # E: [stepkit-key-type] step "use" reads "ok" as "bool", but step "make" gives it as "str"
        return {"used": ok}


class Outer(Flow[Input]):
    inner = flow.subflow("inner", Inner)

    @flow.step("after")
    def after(self, ok: bool, used: bool):
        return None

    @flow.step("later")
    def later(self, ok: bool):
        return None


class NeedsText(Flow[Text]):
    @flow.step("one")
    def one(self, text: str):
        return {"a": text}

    @flow.step("two")
    def two(self, text: str):
        return {"b": text}


class NotGiven(Flow[Input]):
    """Nested twice, and in both cases of a branch: the key is missing once."""

    first = flow.subflow("first", NeedsText)  # E: [stepkit-nested-input] "text" is missing
    second = flow.subflow("second", NeedsText)

    @flow.branch("route", cases={"a": NeedsText, "b": NeedsText})
    def route(self, n, text):
        return "a" if n else "b"

    @flow.step("read")
    def read(self, text: str, a: str, b: str):
        return {"c": text + a + b}


print(NotGiven().run_sync({"n": 1})["text"])


class Members(Flow[Input]):
    """A member of a group, and those after it."""

    group = flow.parallel("group", when=lambda n: n > 1)

    @group.step("one")
    def one(self, txt: str):  # E: [stepkit-missing-key] step "one" reads "txt"
        return {"a": txt}

    @group.step("two")
    def two(self, txt: str):
        return {"b": txt}

    nested = group.subflow(NeedsText, name="nested")  # E: [stepkit-nested-input] "text" is missing
    again = group.subflow(NeedsText, name="again")

    @flow.step("after")
    def after(self, txt, text):
        return None


class GroupCondition(Flow[Input]):
    group = flow.parallel("group", when=lambda zum: zum > 1)  # E: [stepkit-when] reads "zum"

    @group.step("one")
    def one(self, zum: int):
        return {"a": zum}


class Base(Flow[Input]):
    @flow.step("give")
    def give(self, n):
        return {"key": 1}

    @flow.step("read")
    def read(self, key: int):
        return {"a": key}

    @flow.step("read-again")
    def read_again(self, key: int, a: int):
        return {"b": key}


class Child(Base):
    """Its own step says so, not the inherited ones."""

    @flow.step("give")
    def give(self, n):
        return {"key": "x"}

    @flow.step("own")
    def own(self, key: int, b: int):  # E: [stepkit-key-type] step "own" reads "key" as "int", but step "give" gives it
        return None


class OnlyInherited(Base):  # E: [stepkit-key-type] step "read" reads "key" as "int", but step "give" gives it as "str"
    @flow.step("give")
    def give(self, n):
        return {"key": "x"}


class Grandchild(Child):
    @flow.step("last")
    def last(self, key: int):
        return None


class Independent(Flow[Input]):
    """Two readers that want different things are two mistakes, and the key stays what it is given as."""

    @flow.step("give")
    def give(self, n):
        return {"key": 1}

    @flow.step("one")
    def one(self, key: str):  # E: [stepkit-key-type] step "one" reads "key" as "str"
        return None

    @flow.step("right")
    def right(self, key: int):
        assert_type(key, int)
        return None

    @flow.step("two")
    def two(self, key: bytes):  # E: [stepkit-key-type] step "two" reads "key" as "bytes"
        return None


class GivenAgain(Flow[Input]):
    """Given anew, a key is another one."""

    @flow.step("give")
    def give(self, n):
        return {"key": 1}

    @flow.step("one")
    def one(self, key: str):  # E: [stepkit-key-type] step "one" reads "key" as "str", but step "give" gives it as "int"
        return None

    @flow.step("give-again")
    def give_again(self, n):
        return {"key": 2.5}

    @flow.step("two")
    def two(self, key: str):  # E: [stepkit-key-type] step "two" reads "key" as "str", but step "give-again" gives it
        return None


class OneReader(Flow[Input]):
    """One reader is the one that is wrong: what the flow gives is what it was."""

    @flow.step("read")
    def read(self, zum):  # E: [stepkit-missing-key] "zum"
        return {"a": 1}


class OneReaderOut(TypedDict):
    n: int
    a: int


assert_type(OneReader().run_sync({"n": 1}), OneReaderOut)
