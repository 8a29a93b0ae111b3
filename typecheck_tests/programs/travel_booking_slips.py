"""Books trips from nested flows of several teams: their inputs are not satisfied, one is no flow, one case is misspelt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NotRequired, TypedDict

from stepkit import Flow, flow


@dataclass(frozen=True)
class Traveller:
    name: str
    bonus: int = 0


class TripInput(TypedDict):
    traveller: Traveller
    city: str
    day: date
    nights: NotRequired[int]


class FlightInput(TypedDict):
    traveller: Traveller
    destination: str
    day: date


class BookFlight(Flow[FlightInput]):
    @flow.step("book")
    def book(self, traveller, destination, day):
        return {"flight": f"{destination} on {day:%d %b} for {traveller.name}", "flight_cents": 19_900}


class HotelInput(TypedDict):
    city: str
    day: str
    nights: int


class BookHotel(Flow[HotelInput]):
    @flow.step("book")
    def book(self, city, day, nights):
        return {"hotel": f"{nights} nights in {city} from {day}", "hotel_cents": 8_000 * nights}


class BookTrain(Flow[TripInput]):
    @flow.step("book")
    def book(self, traveller, city, day):
        back = day + timedelta(days=3)
        return {"train": f"{city}, back on {back:%d %b}", "train_cents": 6_000 - traveller.bonus}


class Trip(Flow[TripInput]):
    flight = flow.subflow("flight", BookFlight)  # E: [stepkit-nested-input] nested flow "flight" ... "destination" is missing

    offers = flow.parallel("offers")
    hotel = offers.subflow(BookHotel)  # E: [stepkit-nested-input] member "hotel" ... "day"
    train = offers.subflow(BookTrain)

    @flow.branch("insurance", cases={"full": BookTrain, "none": BookTrain})
    def insurance(self, traveller: Traveller) -> Literal["full", "basic"]:  # E: [stepkit-branch-case] has no case "basic"
        return "full" if traveller.bonus else "basic"

    @flow.step("price")
    def price(self, flight_cents, train_cents):
        return {"cents": flight_cents + train_cents}


class RightTrip(Flow[TripInput]):
    @flow.step("prepare")
    def prepare(self, city, day, nights=1):
        return {"destination": city, "nights": nights, "arrival": day.isoformat()}

    flight = flow.subflow("flight", BookFlight)

    @flow.step("hotel")
    def hotel(self, city, arrival, nights):
        return BookHotel().run_sync({"city": city, "day": arrival, "nights": nights})

    train = flow.subflow("train", lambda self: BookTrain(), when=lambda traveller: traveller.bonus > 0)  # E: [stepkit-nested-input] nested flow "train" ... it wants "day" as "date", but step "hotel" gives it as "str"

    @flow.step("price")
    def price(self, flight_cents: int, hotel_cents: int, train_cents: int = 0):
        return {"cents": flight_cents + hotel_cents + train_cents}


def without_train() -> None:
    class Walk(Flow[TripInput]):
        walk = flow.subflow("walk", Traveller)  # E: [stepkit-no-flow] "type[Traveller]"

    Walk().run_sync({"traveller": Traveller("ana"), "city": "Porto", "day": date(2026, 5, 1)})


def cheapest(trips: list[RightTrip.Output]) -> RightTrip.Output:
    return min(trips, key=lambda trip: trip["cents"])


if __name__ == "__main__":
    assert BookTrain().book(Traveller("ana"), "Porto", date(2026, 5, 1))["train_cents"] == 6_000
