"""Reorders what runs low; suppliers answer late. The steps build their results in variables."""

from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, NotRequired, TypedDict

from stepkit import Flow, flow


class Stock(NamedTuple):
    sku: str
    on_hand: int
    minimum: int


@dataclass(frozen=True)
class Supplier:
    name: str
    days: int
    minimum_order: int = 1


class InventoryInput(TypedDict):
    stock: list[Stock]
    suppliers: dict[str, Supplier]
    today: date
    rush: NotRequired[bool]


class Reorder(Flow[InventoryInput]):
    @flow.step("low")
    def low(self, stock):
        result = {"low": [each for each in stock if each.on_hand < each.minimum]}
        return result

    @flow.step("demand")
    def demand(self, low):
        demand: Counter[str] = Counter()
        for each in low:
            demand[each.sku] += each.minimum - each.on_hand
        out: dict[str, object] = {}
        out["demand"] = demand
        out["units"] = demand.total()
        return out

    @flow.step("orders")
    def orders(self, demand, suppliers):
        orders: OrderedDict[str, list[tuple[str, int]]] = OrderedDict()
        missing = []
        for sku, count in demand.items():
            supplier = suppliers.get(sku)
            if supplier is None:
                missing.append(sku)
                continue
            orders.setdefault(supplier.name, []).append((sku, max(count, supplier.minimum_order)))
        result = dict(orders=orders)
        if missing:
            return {**result, "missing": missing}
        return result

    @flow.step("delivery")
    def delivery(self, suppliers, today, rush=False):
        slowest = max((supplier.days for supplier in suppliers.values()), default=0)
        return {"delivery": today + timedelta(days=slowest // 2 if rush else slowest)}

    @flow.step("report")
    def report(self, orders, delivery, units, missing=()):
        lines = [f"{name}: {', '.join(f'{count} {sku}' for sku, count in order)}" for name, order in orders.items()]
        lines.append(f"{units} units by {delivery:%d %b}, {len(missing)} without a supplier")
        return {"report": "\n".join(lines)}


if __name__ == "__main__":
    stock = [Stock("tea", 2, 10), Stock("cup", 50, 10), Stock("jar", 0, 3)]
    start: InventoryInput = {"stock": stock, "suppliers": {"tea": Supplier("Leaf", 6, 20)}, "today": date(2026, 1, 5)}
    result = Reorder().run_sync(start)
    assert result["report"] == "Leaf: 20 tea\n11 units by 11 Jan, 1 without a supplier", result["report"]
    assert result.get("missing") == ["jar"] and result["demand"].most_common(1) == [("tea", 8)]
    names: list[str] = list(result["orders"])
    assert names == ["Leaf"]
    assert Reorder().run_sync({**start, "rush": True})["delivery"] == date(2026, 1, 8)
