"""Routes parcels in a warehouse: cases by weight and kind, events of nested steps, and slips in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypedDict

from stepkit import Flow, flow


class Kind(StrEnum):
    LETTER = "letter"
    PARCEL = "parcel"
    PALLET = "pallet"


@dataclass(frozen=True)
class Goods:
    id: str
    kind: Kind
    kilos: float
    fragile: bool = False


class RouteInput(TypedDict):
    goods: Goods


class Sort(Flow[RouteInput]):
    @flow.step("slot")
    def slot(self, goods):
        return {"slot": hash(goods.id) % 10, "belt": "fast"}


class Weigh(Flow[RouteInput]):
    @flow.step("weigh")
    def weigh(self, goods):
        return {"grams": int(goods.kilos * 1000)}

    sort = flow.subflow("sort", Sort, when=lambda grams: grams < 30_000)


class Lift(Flow[RouteInput]):
    @flow.step("lift")
    def lift(self, goods):
        return {"lane": 1 if goods.fragile else 2, "grams": round(goods.kilos) * 1000}


class Route(Flow[RouteInput]):
    @flow.branch("kind", cases={"letter": Sort, "parcel": Weigh, "pallet": Lift})
    def kind(self, goods: Goods) -> Literal["letter", "parcel", "pallet"]:
        if goods.kind is Kind.LETTER:
            return "letter"
        return "parcel" if goods.kind is Kind.PARCEL else "pallet"

    @flow.step("label")
    def label(self, goods: Goods, lane: int | None = None, slot: int | None = None, belt: str = "slow"):
        place = f"lane {lane}" if lane is not None else f"slot {slot} on {belt}"
        return {"label": f"{goods.kind.upper()} to {place}"}

    @flow.step("weight")
    def weight(self, grams: int):  # E(grams): [stepkit-maybe-missing] "grams" ... "letter"
        return {"heavy": grams > 20_000}


class RightRoute(Route):
    @flow.step("weight")
    def weight(self, goods: Goods, grams: int = 20):
        return {"heavy": grams > 20_000 or goods.kilos > 20}


def watch(event: Route.Event) -> str:
    if event.step_name == "kind/parcel/sort/slot":
        return f"{event.context['slot']} {event.context['grams'] / 1000} kg"
    if event.step_name == "kind/letter/slot":
        return f"{event.context['grams']}"  # E: [misc] "grams" is not a valid TypedDict key
    if event.step_name == "kind/parcel/slot":  # E("kind/parcel/slot"): [stepkit-missing-key] no step "kind/parcel/slot"
        return "never"
    return event.step_name


def labels(goods: list[Goods]) -> list[str]:
    seen: list[str] = []

    def listen(event: RightRoute.Event) -> None:
        match event.step_name:
            case "kind/pallet/lift":
                seen.append(f"lift {event.context['lane']}")
            case "weight":
                seen.append("heavy" if event.context["heavy"] else "light")

    texts = [RightRoute().run_sync({"goods": each}, on_step_complete=listen)["label"] for each in goods]
    return texts + seen


if __name__ == "__main__":
    goods = [Goods("g1", Kind.PALLET, 300), Goods("g2", Kind.LETTER, 0.1)]
    said = labels(goods)
    assert said[0] == "PALLET to lane 2" and said[1].endswith("on fast") and said[2:] == ["lift 2", "heavy", "light"], said
