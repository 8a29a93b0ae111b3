"""A pipeline for sensors: what its steps return or take is not what a flow can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from stepkit import Flow, flow


@dataclass(frozen=True)
class Reading:
    sensor: str
    value: float
    at: datetime


class SensorInput(TypedDict):
    readings: list[Reading]


class Normalize(Flow[SensorInput]):
    @flow.step("units")
    def units(self, readings):
        return {"kelvin": {reading.sensor: reading.value + 273.15 for reading in readings}}

    @flow.step("range")
    def range(self, kelvin) -> tuple[float, float]:  # E: [stepkit-return] step "range" returns "tuple[float, float]"
        return min(kelvin.values()), max(kelvin.values())

    @flow.step("names")
    def names(self, kelvin):
        return [name.title() for name in kelvin]  # E: [return-value]

    @flow.step("each")
    def each(self, kelvin) -> Iterator[dict[str, float]]:  # E: [stepkit-return] step "each" returns "Iterator[dict[str, float]]"
        for name, value in kelvin.items():
            yield {name: value}



class Summary(Flow[SensorInput]):
    @flow.step("first")
    def first(self, readings):
        first, *rest = sorted(readings, key=lambda reading: reading.time)  # E: [attr-defined] "Reading" has no attribute "time"
        return {"first": first, "rest": len(rest)}

    @flow.step("label", when=lambda rest: rest > "1")  # E: [operator] Unsupported operand types for > ("int" and "str")
    def label(self, first):
        return {"label": f"{first.sensor} at {first.at:%H:%M}"}

    @flow.step("text")
    def text(self, label: str = "-"):
        return dict(text=label.upper(), length=len(label))

    @flow.step("number")
    def number(self, length: str):  # E(length): [stepkit-key-type] reads "length" as "str" ... step "text" gives it as "int"
        return {"number": length}


def mean(readings: list[Reading]) -> float:
    return sum(reading.value for reading in readings) / len(readings)


def all_of(results: list[Mapping[str, Any]]) -> set[str]:
    return {key for result in results for key in result}


if __name__ == "__main__":
    readings = [Reading("s1", 20.0, datetime(2026, 1, 1, 12)), Reading("s2", 22.0, datetime(2026, 1, 1, 13))]
    assert mean(readings) == 21.0
    assert Summary().text("x") == {"text": "X", "length": 1}
    assert all_of([Summary().text()]) == {"text", "length"}
