"""Class keywords, generic and abstract bases, and annotations, evaluated or not."""

from __future__ import annotations

import abc
from typing import Any, Generic, TypedDict, TypeVar

import pytest

from stepkit import Flow, flow

T = TypeVar("T")


class Body(TypedDict):
    body: str


def test_a_class_keyword_that_no_base_knows_is_refused() -> None:
    with pytest.raises(TypeError, match="takes no keyword arguments"):

        class Mistyped(Flow, lgo=True): ...


def test_class_keywords_of_other_bases_reach_them() -> None:
    class Tagged:
        tag = ""

        def __init_subclass__(cls, tag: str = "", **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            cls.tag = tag

    class Both(Flow, Tagged, tag="x", name="named"): ...

    assert Both.tag == "x"


# Generic and abstract bases


class Typed(Flow[Body], Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value

    @flow.step
    def give(self, body: str):
        return {"value": self.value}


InputT = TypeVar("InputT")


class OverAnyInput(Flow[InputT]):
    @flow.step
    def count(self, ctx, /):
        return {"count": len(ctx)}


class OverBodies(OverAnyInput[Body]): ...


def test_generic_flows_are_flows() -> None:
    assert Typed[int](3).run_sync({"body": "x"}) == {"body": "x", "value": 3}
    assert Typed.Input is Body
    assert OverBodies().run_sync({"body": "x"}) == {"body": "x", "count": 1}
    assert OverBodies.Input is Body


class Abstract(Flow, abc.ABC):
    @flow.step
    @abc.abstractmethod
    def load(self): ...

    @flow.step
    def count(self, items):
        return {"count": len(items)}


def test_an_abstract_step_must_be_overridden() -> None:
    class Concrete(Abstract):
        @flow.step
        def load(self):
            return {"items": [1, 2]}

    assert Concrete().run_sync() == {"items": [1, 2], "count": 2}
    with pytest.raises(TypeError, match="abstract"):
        Abstract()


# Annotations


FUTURE = """
from __future__ import annotations
from typing import TYPE_CHECKING, TypedDict
from stepkit import Flow, flow
if TYPE_CHECKING:
    from nowhere import Decimal, Unknown
class Body(TypedDict):
    body: str
class Later(Flow[Body]):
    @flow.step
    def shout(self, body: str, unknown: Unknown = 1) -> dict[str, NotEvenNamed]:
        return {"shout": body.upper(), "kept": Decimal_}
Decimal_ = "a name that the module has by then"
"""


def test_annotations_need_not_be_evaluated() -> None:
    module: dict[str, Any] = {"__name__": "future_module"}
    exec(compile(FUTURE, "future_module.py", "exec", dont_inherit=True), module)
    seen: list[str] = []

    def keep(event: Any) -> None:
        seen.append(event.checkpoint)

    expected = {"body": "hi", "shout": "HI", "kept": "a name that the module has by then"}
    assert module["Later"]().run_sync({"body": "hi"}, on_step_complete=keep) == expected
    assert module["Later"]().run_checkpoint_sync(seen[0]) == expected
    assert module["Later"].Input is module["Body"]


EVALUATED = """
import datetime
from typing import NotRequired, TypedDict
from stepkit import Flow, flow
class Body(TypedDict):
    body: str
    at: NotRequired[datetime.datetime]
class Now(Flow[Body]):
    @flow.step
    def stamp(self, body: str, at: datetime.datetime | None = None) -> Body:
        return {"body": body.upper(), "at": at or datetime.datetime(2026, 1, 2)}
    @flow.step
    def year(self, at: datetime.datetime):
        return {"year": at.year}
    @flow.step
    def late(self, body: "str", year: "NotThere" = 0):
        return {"late": body}
"""


@pytest.mark.parametrize("future", ["", "from __future__ import annotations"])
def test_annotations_do_the_same_evaluated_or_not(future: str) -> None:
    module: dict[str, Any] = {"__name__": "evaluated_module"}
    exec(compile(future + EVALUATED, "evaluated_module.py", "exec", dont_inherit=True), module)
    seen: list[str] = []
    result = module["Now"]().run_sync({"body": "hi"}, on_step_complete=lambda event: seen.append(event.checkpoint))
    assert result["year"] == 2026
    assert [module["Now"]().run_checkpoint_sync(text) for text in seen] == [result] * 3
    bare = '{"stepName":"stamp","output":{"body":"HI","at":"2026-01-02T00:00:00"}}'
    assert module["Now"]().run_checkpoint_sync(bare) == result
    assert module["Now"].Input is module["Body"]


def test_a_class_inside_a_function_is_a_flow_whose_checkpoints_resume() -> None:
    class Local(TypedDict):
        value: int

    class InFunction(Flow[Local]):
        @flow.step
        def one(self, value: int) -> Local:
            return {"value": value + 1}

        @flow.step
        def two(self, value: int):
            return {"value": value * 10}

    seen: list[str] = []
    InFunction().run_sync({"value": 1}, on_step_complete=lambda event: seen.append(event.checkpoint))
    assert InFunction().run_checkpoint_sync(seen[0]) == {"value": 20}
    assert InFunction.Input is Local
