# Steps of a class that is no flow: what one without annotations gives is read in its body, and what is not known
# opens the context of a flow that mixes it in, with one note there.
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    start: int


class Counting:
    def __init__(self) -> None:
        self.limit = 3

    @flow.step("count")
    async def count(self, start):  # type: ignore[no-untyped-def, unused-ignore]
        if start > self.limit:
            return None
        return {"number": self.limit, "names": ["a"]}

    @flow.step("measure")
    def measure(self, number=0):  # type: ignore[no-untyped-def, unused-ignore]
        length = self.length()
        return {"length": length, "number": number}

    def length(self) -> float:
        return 1.5


class Mixed(Counting, Flow[Input]):
    @flow.step("last")
    def last(
        self,
        length,
        names,  # E(names): [stepkit-maybe-missing] step "count" gives it, but not every return gives it
        lenght,  # E(lenght): [stepkit-missing-key] did you mean "length"?
    ):
        assert_type(length, float)
        return {"all": [length]}


assert_type(Mixed().run_sync({"start": 1})["all"], list[float])
assert_type(Mixed().run_sync({"start": 1})["length"], float)


class Hungry(Counting, Flow):  # E: [stepkit-missing-key] step "count" reads "start", which no earlier step provides
    pass


class Read(TypedDict):
    rows: list[int]


class Wrong:
    @flow.step("read")
    def read(self) -> Read:
        return {"rows": [1]}

    @flow.step("add")
    def add(self, rows: list[str]) -> Read:
        return {"rows": [1]}


class OnlyMixed(Wrong, Flow):  # E: [stepkit-key-type] step "add" reads "rows" as "list[str]"
    pass


class Loose:
    @flow.step("load")
    def load(self) -> dict[str, int]:
        return {"loaded": 1}


class Opened(Loose, Flow):  # N: the keys that "load" of Loose gives are not known
    @flow.step("last")
    def last(self, loaded, other):
        return {"all": [loaded, other]}


class Below(Opened):
    @flow.step("more")
    def more(self, all, other):
        return {"all": [all, other]}


class Inner(Flow):
    @flow.step("inner")
    def inner(self):
        return {"deep": 1}


class Containers:
    nested = flow.subflow("nested", Inner)

    @flow.step("after")
    def after(self, deep: int) -> Read:
        return {"rows": [deep]}


class WithNested(Containers, Flow):  # N: the keys that "nested" of Containers gives are not known
    @flow.step("last")
    def last(self, deep, rows):
        assert_type(rows, list[int])
        return {"all": [deep]}


class Choosing:
    @flow.branch("choose", cases={"a": Inner})
    def choose(self):  # type: ignore[no-untyped-def, unused-ignore]
        return "a"


class WithBranch(Choosing, Flow):  # N: the keys that "choose" of Choosing gives are not known
    @flow.step("last")
    def last(self, deep):
        return {"all": [deep]}


class Without(Loose, Flow):
    load = None

    @flow.step("last")
    def last(self, loaded):  # E(loaded): [stepkit-missing-key]
        return {"all": [loaded]}


def load_all(self: object) -> Read:
    return {"rows": [1]}


class Assigned:
    load = flow.step("load")(load_all)


class WithAssigned(Assigned, Flow):  # N: the keys that "load" of Assigned gives are not known
    @flow.step("last")
    def last(self, rows):
        return {"all": rows}


class Annotated:
    @flow.step("load")
    def load(self, start: int):  # type: ignore[no-untyped-def, unused-ignore]
        return {"rows": [start]}

    @flow.step("more")
    async def more(self, start: int):  # type: ignore[no-untyped-def, unused-ignore]
        return {"more": [start]}


class WithAnnotated(Annotated, Flow[Input]):
    @flow.step("last")
    def last(self, rows, more, row):  # E: [stepkit-missing-key] step "last" reads "row", which no earlier step provides; did you mean "rows"?
        assert_type(rows, list[int])
        assert_type(more, list[int])
