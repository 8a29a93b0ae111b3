"""Puts what models hold into the context, key by key: steps give ``model_dump()`` and ``asdict()`` of known classes."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import TypedDict

from pydantic import BaseModel

from stepkit import Flow, flow


class Quote(BaseModel):
    net: int
    currency: str = "EUR"


@dataclasses.dataclass
class Discount:
    percent: int
    until: date | None = None


class Start(TypedDict):
    sku: str
    count: int


class Totals(TypedDict):
    net: int
    percent: int
    total: int


class Quoting(Flow[Start]):
    @flow.step("quote")
    def quote(self, sku: str, count: int):
        return Quote(net=len(sku) * 100 * count).model_dump()

    @flow.step("discount")
    def discount(self, count: int):
        return dataclasses.asdict(Discount(10 if count > 5 else 0))

    @flow.step("total")
    def total(self, net: int, percent: int, currency: str):
        return {"total": net * (100 - percent) // 100, "label": currency.lower()}

    @flow.transform("answer")
    def answer(self, net: int, percent: int, total: int) -> Totals:
        return Totals(net=net, percent=percent, total=total)


class Slip(Quoting):
    @flow.step("total")
    def total(self, net: int, percent: int, curency: str):  # E(curency): [stepkit-missing-key] "curency" ... did you mean "currency"?
        return {"total": net * percent, "label": curency}


if __name__ == "__main__":
    result = Quoting().run_sync({"sku": "tea", "count": 10})
    assert result == {"net": 3000, "percent": 10, "total": 2700}
    total: int = result["total"]
    assert total == 2700
