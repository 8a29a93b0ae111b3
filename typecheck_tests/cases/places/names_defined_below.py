# The module is analyzed more than once, as some of its names wait for others; what a step's body defines is known once.
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Order(TypedDict):
    lines: list[Line]


class Above(Flow[Order]):
    @flow.step("total")
    def total(self, lines):
        total = sum(line.quantity for line in lines)
        names = {line.sku: [part for part in line.sku.split("-")] for line in lines}
        return {"total": total, "names": names}

    @flow.step("local")
    async def local(self, total, lines):
        def double(number: int) -> int:
            twice = number * 2
            return twice

        count = 0
        for line in lines:
            count += double(line.quantity)
        if (found := max((each.quantity for each in lines), default=0)) > 1:
            return {"count": count, "found": found}
        return {"count": total, "found": 0}


class Line:
    sku: str
    quantity: int


class Below(Flow[Order]):
    @flow.step("skus", when=lambda lines: any(line.quantity for line in lines))
    def skus(self, lines):
        skus = sorted({line.sku for line in lines})
        return {"skus": skus}


result = Above().run_sync({"lines": []})
assert_type(result["total"], int)
assert_type(result["names"], dict[str, list[str]])
assert_type(result["found"], int)
later: list[Last] = []


class Last:
    pass
