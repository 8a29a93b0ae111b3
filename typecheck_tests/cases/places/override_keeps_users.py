# What does no harm to users of a base: keys that are added, narrower types, what the base leaves to its subclasses.
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, Literal, TypedDict, TypeVar

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class Base(Flow[Input]):
    @flow.step("load")
    def load(self, a):
        return {"total": a * 1.5, "size": str(a), "all": [1.5], "by": {"a": object()}}

    @flow.step("maybe", when=lambda a: a > 1)
    def maybe(self, a):
        return {"extra": a}


class Narrower(TypedDict):
    total: int
    size: Literal["small", "big"]
    all: list[int]
    by: dict[str, str]
    more: bytes


class Sub(Base):
    @flow.step("load")
    def load(self, a) -> Narrower:
        return {"total": a, "size": "small", "all": [1], "by": {"a": ""}, "more": b""}

    @flow.step("maybe", when=lambda a: a > 2)
    def maybe(self, a, more):
        return {"extra": a, "further": more}

    @flow.step("after")
    def after(self, total: int):
        return {"after": total}


class WithoutItsExtra(Base):
    maybe = None


class OtherThanMaybe(Base):
    @flow.step("maybe")
    def maybe(self, a):
        return {"other": a}


class Shape:
    area = 1.0


class Circle(Shape):
    pass


class Box(Shape):
    pass


class Draw(Flow[Input]):
    """What a key is read as is what its steps ask for, where they say so."""

    @flow.step("make")
    def make(self):
        return {"shape": Box(), "background": Box()}

    @flow.step("draw")
    def draw(self, shape: Shape):
        return {"area": shape.area}


class DrawCircles(Draw):
    @flow.step("make")
    def make(self):  # E: [stepkit-override-step] step "make" of DrawCircles gives "background" as "Circle", but users of Draw may read it as "Box"; keep
        return {"shape": Circle(), "background": Circle()}


class IsAsync(Base):
    @flow.step("load")
    async def load(self, size: str = ""):  # E: [stepkit-useless-default]
        return {"total": 1, "size": size, "all": [1.5], "by": {"a": object()}}


class Anything(Base):
    @flow.step("load")
    def load(self, a) -> dict[str, Any]:  # N: from here on the keys of the context are not known
        return {}


class ValuesOfAny(Base):
    @flow.step("load")
    def load(self, a, value: Any = None):  # E: [stepkit-useless-default]
        return {"total": value, "size": value, "all": value, "by": value}


class WithoutIt(Base):
    load = None


class PerhapsWithoutIt(Base):
    if input():
        load = None


class Renamed(Base):
    @flow.step("fetch")
    def load(self, a):
        return {"total": a, "size": str(a), "all": [1.5], "by": {"a": object()}}


class Template(Flow[Input]):
    @flow.step("fetch")
    @abstractmethod
    def fetch(self, a): ...

    @flow.step("parse")
    def parse(self, a) -> Mapping[str, Any]:  # N: from here on the keys of the context are not known
        raise NotImplementedError


class FilledIn(Template):
    @flow.step("fetch")
    def fetch(self, a):
        return {"fetched": a}

    @flow.step("parse")
    def parse(self, a):
        return {"parsed": str(a)}


class Todo(Flow[Input]):
    @flow.step("todo")
    def todo(self, a):
        raise NotImplementedError

    @flow.step("nothing")
    def nothing(self, a):
        return None

    @flow.step("placeholder")
    def placeholder(self, a):
        return {"found": None, "rows": [], "index": {}}


class Done(Todo):
    @flow.step("todo")
    def todo(self, a):
        return {"done": a}

    @flow.step("nothing")
    def nothing(self, a):
        return {"something": a}

    @flow.step("placeholder")
    def placeholder(self, a):
        return {"found": a, "rows": [a], "index": {"a": a}}


InputT = TypeVar("InputT")
T = TypeVar("T")


class Generic1(Flow[InputT], Generic[InputT]):
    @flow.step("start-up")
    def start_up(self):
        return {"started": 1.5}


class OfInput(Generic1[Input]):
    @flow.step("start-up")
    def start_up(self):
        return {"other": 1}


class Load(Flow[Input], Generic[T]):
    def __init__(self, source: T) -> None:
        self.source = source

    @flow.step("load")
    def load(self, a):
        return {"loaded": self.source}


class LoadText(Load[str]):
    @flow.step("load")
    def load(self, a):
        return {"loaded": "text"}


class LoadWrong(Load[str]):
    @flow.step("load")
    def load(self, a):  # E: [stepkit-override-step] step "load" of LoadWrong gives "loaded" as "int", but users of Load may read it as "str"
        return {"loaded": 1}


class Helpers:
    def text(self) -> str:
        return ""


class NoSteps(Flow[Input]):
    pass


class WithHelpers(Helpers, NoSteps):
    @flow.step("load")
    def load(self, a):
        return {"total": self.text()}


class First(NoSteps):
    @flow.step("first")
    def first(self, a):
        return {"first": a}


class Second(NoSteps):
    @flow.step("second")
    def second(self, a):
        return {"second": a}


class FirstAndSecond(First, Second):
    pass


class WrongItself(Base):
    @flow.step("load")
    def load(self, a):
        return 5  # E: [return-value]
