# Keys that are constants, and dicts that are made in other ways.
from collections import OrderedDict
from enum import Enum, StrEnum
from typing import Any, Final, Literal, NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow

PLAIN = "plain"
FINAL: Final = "final"
PARTS = "par" + "ts"
TWICE = "twice"
TWICE = "again"


class Names:
    OWN = "own"


class Key(StrEnum):
    RED = "red"


class Numbers(Enum):
    ONE = "one"


class Input(TypedDict):
    n: int
    pick: Literal["left", "right"]
    settings: dict[str, Any]
    numbers: dict[str, int]


class More(TypedDict):
    a: int
    b: NotRequired[str]


class Constants(Flow[Input]):
    key = "class"

    @flow.transform("constants")
    def constants(self, n):
        out = {PLAIN: n, PARTS: n}
        out[FINAL] = n
        return {**out, Names.OWN: n, Constants.key: n, Numbers.ONE.value: n}


class ConstantsOut(TypedDict):
    plain: int
    parts: int
    final: int
    own: int
    one: int


class WithClass(ConstantsOut):
    pass


Result = TypedDict("Result", {"plain": int, "parts": int, "final": int, "own": int, "class": int, "one": int})
assert_type(Constants().run_sync({"n": 1, "pick": "left", "settings": {}, "numbers": {}}), Result)


class Literals(Flow[Input]):
    @flow.transform("literal")
    def literal(self, n, pick):
        return {pick: n, "both": n}


class LiteralsOut(TypedDict):
    left: NotRequired[int]
    right: NotRequired[int]
    both: int


assert_type(Literals().run_sync({"n": 1, "pick": "left", "settings": {}, "numbers": {}}), LiteralsOut)


class NotConstant(Flow[Input]):
    @flow.step("twice")
    def twice(self, n):
        return {TWICE: n}  # N: step "twice" returns a key that is not known

    @flow.step("read")
    def read(self, twice, again):
        return None


class OfEnum(Flow[Input]):
    @flow.step("enum")
    def enum(self, n):
        return {Key.RED: n}

    @flow.step("read")
    def read(self, red, RED):  # E: [stepkit-missing-key] step "read" reads "RED"
        assert_type(red, int)
        return None


class Merged(Flow[Input]):
    def more(self) -> More:
        return {"a": 1}

    @flow.transform("merged")
    def merged(self, n):
        more = self.more()
        data = More(a=2)
        if n > 1:
            return more | {"c": n}
        return OrderedDict(data, c=n) if n else dict(data.copy(), c=3)


class MergedOut(TypedDict):
    a: int
    b: NotRequired[str]
    c: int


assert_type(Merged().run_sync({"n": 1, "pick": "left", "settings": {}, "numbers": {}}), MergedOut)


class KnownBeside(Flow[Input]):
    @flow.step("merged")
    def merged(self, settings, n):
        return settings | {"c": n}  # N: step "merged" returns a dict, whose keys are not known

    @flow.step("read")
    def read(self, c, other):
        assert_type(c, int)
        return None


class Pairs(Flow[Input]):
    @flow.step("pairs")
    def pairs(self, settings):
        return dict(zip(settings, [1, 2]))  # N: step "pairs" returns a dict made of pairs

    @flow.step("read")
    def read(self, other):
        return None


class Comprehension(Flow[Input]):
    @flow.step("comprehension")
    def comprehension(self, settings):
        return {key.lower(): value for key, value in settings.items()}  # N: step "comprehension"

    @flow.step("read")
    def read(self, other):
        return None
