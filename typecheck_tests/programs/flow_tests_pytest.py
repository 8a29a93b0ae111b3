"""Tests of a flow, as they stand in a service's repository: fixtures, parametrization, doubles, resumes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypedDict
from unittest import mock

import pytest

from stepkit import Flow, flow
from stepkit.errors import CheckpointKeyError, MissingKeyError
from stepkit.testing import assert_resumable, assert_resumable_sync, run_suspended_sync


class CartInput(TypedDict):
    items: list[tuple[str, int]]
    country: str


@dataclass
class Catalog:
    prices: dict[str, Decimal]
    asked: list[str] = field(default_factory=list)

    def price(self, sku: str) -> Decimal:
        self.asked.append(sku)
        return self.prices[sku]


class Price(Flow[CartInput]):
    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    @flow.step("lines")
    def lines(self, items: list[tuple[str, int]]):
        return {"lines": [(sku, self.catalog.price(sku) * count) for sku, count in items]}

    @flow.step("net")
    def net(self, lines: list[tuple[str, Decimal]]):
        return {"net": sum((amount for _, amount in lines), Decimal(0))}

    @flow.step("vat")
    def vat(self, net: Decimal, country: str):
        return {"vat": net * {"de": Decimal("0.19")}.get(country, Decimal(0))}


@pytest.fixture
def catalog() -> Catalog:
    return Catalog({"tea": Decimal(4), "cup": Decimal(6)})


@pytest.fixture
def checkpoints(catalog: Catalog) -> Iterator[dict[str, str]]:
    saved: dict[str, str] = {}

    def save(event: Price.Event) -> None:
        saved[event.step_name] = event.checkpoint

    Price(catalog).run_sync({"items": [("tea", 2)], "country": "de"}, on_step_complete=save)
    catalog.asked.clear()
    yield saved


@pytest.mark.parametrize(("country", "vat"), [("de", Decimal("2.66")), ("us", Decimal(0))])
def test_vat(catalog: Catalog, country: str, vat: Decimal) -> None:
    result = Price(catalog).run_sync({"items": [("tea", 2), ("cup", 1)], "country": country})
    assert result["vat"] == vat
    assert result["net"] + result["vat"] >= result["net"]


def test_a_step_is_a_method(catalog: Catalog) -> None:
    step = Price(catalog)
    assert step.net(lines=[("tea", Decimal(2))]) == {"net": Decimal(2)}
    assert step.vat(Decimal(100), "de")["vat"] == 19
    with pytest.raises(TypeError):
        step.net(line=[])  # E: [call-arg] "line" for "net"


def test_a_resume_asks_the_catalog_no_more(checkpoints: dict[str, str], catalog: Catalog) -> None:
    result = Price(catalog).run_checkpoint_sync(checkpoints["lines"])
    assert catalog.asked == [] and result["net"] == 8


def test_what_is_given_on_resume_wins(checkpoints: dict[str, str], catalog: Catalog) -> None:
    result = Price(catalog).run_checkpoint_sync(checkpoints["net"], override_data={"net": Decimal(100)})
    assert result["vat"] == 19
    with pytest.raises(CheckpointKeyError, match="country"):
        Price(catalog).run_checkpoint_sync('{"stepName":"net","output":{"net":"1"}}')


def test_the_flow_can_be_stopped_anywhere(catalog: Catalog) -> None:
    start: CartInput = {"items": [("cup", 1)], "country": "de"}
    result = assert_resumable_sync(lambda: Price(catalog), start)
    assert result == run_suspended_sync(Price(catalog), start)


def test_with_a_mock() -> None:
    mocked = mock.create_autospec(Catalog, instance=True)
    mocked.price.return_value = Decimal(1)
    assert Price(mocked).run_sync({"items": [("x", 3)], "country": "us"})["net"] == 3


def test_a_slip_in_the_input_is_told(catalog: Catalog) -> None:
    with pytest.raises(MissingKeyError):
        Price(catalog).run_sync({"itms": [], "country": "de"})  # E: [typeddict-item] "items" # E: [typeddict-unknown-key]


def test_async(catalog: Catalog) -> None:
    result = asyncio.run(assert_resumable(Price(catalog), {"items": [], "country": "us"}))
    assert result["vat"] == 0


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", ".", __file__]))
