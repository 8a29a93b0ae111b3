"""Objects whose class has changed since, or that were not quite whole: what a resume does about their fields."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest

from stepkit import Flow, flow
from stepkit.annotations.fitting import fit
from stepkit.codec import Registry
from stepkit.errors import CheckpointValueError
from stepkit.testing import assert_resumable_sync, difference

T = TypeVar("T")


def classes(price: Any) -> dict[str, Any]:
    """The same class in every kind, with a field ``price`` of that type."""

    @dataclass
    class Data:
        sku: str
        price: Any

    Data.__annotations__["price"] = price
    struct = msgspec.defstruct("Struct", [("sku", str), ("price", price)])
    attr = attrs.make_class("Attr", {"sku": attrs.field(type=str), "price": attrs.field(type=price)})
    attr.__annotations__ = {"sku": str, "price": price}
    model = pydantic.create_model("Model", sku=(str, ...), price=(price, ...))
    named = NamedTuple("Named", [("sku", str), ("price", price)])  # type: ignore[misc]  # noqa: UP014
    return {"Data": Data, "Struct": struct, "Attr": attr, "Model": model, "Named": named}


def flow_with(cls: Any) -> type[Flow[Any]]:
    def give(self: Any) -> None: ...

    def read(self: Any, item: Any) -> Any:
        return {"read": item}

    read.__annotations__["item"] = cls
    steps = {"give": flow.step("give")(give), "read": flow.step("read")(read)}
    return type("Shop", (Flow,), {**steps, "__module__": __name__})


@pytest.mark.parametrize("kind", ["Data", "Struct", "Attr", "Model", "Named"])
def test_a_field_whose_type_is_another_today_is_refused(kind: str) -> None:
    then, today = classes(int)[kind], classes(str)[kind]
    texts: list[str] = []
    flow_with(then)().run_sync({"item": then(sku="a", price=3)}, on_step_complete=lambda e: texts.append(e.checkpoint))
    assert flow_with(then)().run_checkpoint_sync(texts[0])["read"] == then(sku="a", price=3)
    with pytest.raises(CheckpointValueError, match=r"the value at \$\.item\.price is .*int.*, expected str"):
        flow_with(today)().run_checkpoint_sync(texts[0])


@dataclass
class Line:
    amount: int
    note: str = None  # type: ignore[assignment]
    next: Line | None = None
    extra: list[Decimal] = field(default_factory=list)


class Box(pydantic.BaseModel, Generic[T]):
    inside: T
    mail: pydantic.PastDate | None = None
    lines: list[Line] = []


@pytest.mark.parametrize(
    ("value", "annotation", "problem"),
    [
        (Line(1), Line, None),
        (Line(1, next=Line(2)), Line, None),
        (Line(1, next=Line("2")), Line, "$.next.amount"),  # type: ignore[arg-type]
        (Line(1, extra=[Decimal(1)]), Line, None),
        (Line(1, extra=[1]), Line, "$.extra[0]"),  # type: ignore[list-item]
        ([Line(1), Line(None)], list[Line], "$[1].amount"),  # type: ignore[arg-type]
        ({"a": Line("x")}, dict[str, Line], "$.a.amount"),  # type: ignore[arg-type]
        (Line(True), Line, None),
        (Box[int](inside=1, lines=[Line(1)]), Box[int], None),
        (Box[int](inside=1).model_copy(update={"lines": [Line("x")]}), Box[int], "$.lines[0].amount"),  # type: ignore[arg-type]
    ],
)
def test_fields_are_judged_at_every_depth(value: Any, annotation: Any, problem: str | None) -> None:
    if problem is None:
        assert fit(value, annotation, "$", convert=False) is value
    else:
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            fit(value, annotation, "$", convert=False)
        assert str(caught.value).startswith(f"the value at {problem} is ")


def test_pydantic_types_that_stand_for_values_of_others_fit() -> None:
    class Person(pydantic.BaseModel):
        born: pydantic.PastDate
        secret: pydantic.SecretStr
        site: pydantic.HttpUrl
        count: pydantic.PositiveInt
        raw: pydantic.Json[list[int]]

    person = Person(born="2000-01-01", secret="x", site="https://example.org", count=1, raw="[1]")  # type: ignore[arg-type]
    assert fit(person, Person, "$", convert=False) is person


# Bool is an int is a float


class Urgent(TypedDict):
    urgent: bool


class Numbers(Flow):
    @flow.step("give")
    def give(self) -> Urgent:
        return {"urgent": True}

    @flow.step("as_int")
    def as_int(self, urgent: int):
        return {"kind": type(urgent).__name__}

    @flow.step("as_float")
    def as_float(self, urgent: float):
        return {"again": type(urgent).__name__}

    @flow.step("in_containers")
    def in_containers(self, urgent: complex):
        return {"third": type(urgent).__name__}


def test_a_bool_is_an_int_and_a_float_and_resumes_as_what_it_was() -> None:
    assert assert_resumable_sync(Numbers) == {"urgent": True, "kind": "bool", "again": "bool", "third": "bool"}
    assert fit([True, 1], list[float], "$", convert=False) == [True, 1]
    assert fit({"a": True}, dict[str, int], "$", convert=True)["a"] is True
    with pytest.raises(ValueError, match="expected bool"):
        fit(1, bool, "$", convert=False)
    with pytest.raises(ValueError, match="expected int"):
        fit(1.0, int, "$", convert=False)


# Fields that are not there


@attrs.define
class Order:
    net: int
    gross: int = attrs.field(default=attrs.Factory(lambda self: self.net + 19, takes_self=True))


def test_a_factory_of_attrs_that_takes_self_is_a_default() -> None:
    registry = Registry([Order])
    plain, tag = registry.dump_plain(Order(100))
    del plain["gross"]
    assert registry.load(plain, tag) == Order(100, 119)


class Model(pydantic.BaseModel):
    x: int
    y: int = 7


def without_x() -> Model:
    return Model.model_construct(y=1)


def without_y() -> Model:
    model = Model(x=1)
    del model.y
    return model


@pytest.mark.parametrize("make", [without_x, without_y])
def test_a_pydantic_object_without_a_field_comes_back_without_it(make: Any) -> None:
    registry, model = Registry([Model]), make()
    plain, tag = registry.dump_plain(model)
    restored = registry.load(plain, tag)
    assert type(restored) is Model
    assert restored.__dict__ == model.__dict__
    assert restored.model_fields_set == model.model_fields_set
    assert fit(restored, Model, "$", convert=False) is restored


def test_a_field_that_the_class_got_later_still_has_its_default() -> None:
    registry = Registry([Model])
    plain, tag = registry.dump_plain(Model(x=1, y=2))
    del plain["y"]
    assert registry.load(plain, tag) == Model(x=1, y=7)


# A signalling NaN


def test_a_signalling_nan_does_not_break_assert_resumable() -> None:
    class Prices(Flow):
        @flow.step("give")
        def give(self):
            return {"price": Decimal("sNaN"), "prices": [Decimal("NaN"), Order(Decimal("sNaN"), 1)]}  # type: ignore[arg-type]

        @flow.step("read")
        def read(self, price: Decimal, prices: list[Any]): ...

    class Registered(Prices, codecs=[Order]):
        pass

    assert str(assert_resumable_sync(Registered)["price"]) == "sNaN"
    assert difference(Decimal("sNaN"), Decimal("sNaN")) is None
    assert difference(Decimal("sNaN"), Decimal("NaN")) is not None
    assert difference([Decimal(1)], [Decimal("sNaN")]) is not None


def test_this_module_is_found_by_its_name() -> None:
    assert __name__ in sys.modules
