# Pydantic models as values: unions, models in each other, models that hold themselves, and JsonValue.
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from pydantic import BaseModel, Field, JsonValue
from stepkit import Flow, flow


class Address(BaseModel):
    street: str
    tags: list[str] = Field(default_factory=list)


class Person(BaseModel):
    name: str
    home: Address | None = None
    friends: list[Person] = []
    extra: dict[str, JsonValue] = {}


class In(TypedDict):
    person: Person
    payload: JsonValue


class Greet(Flow[In]):
    @flow.step("find-home")
    def find_home(self, person, payload: JsonValue):
        return {"home": person.home, "first": person.friends[0] if person.friends else None, "raw": payload}

    @flow.step("count")
    def count(self, home, raw):
        return {"count": len(home.tags) if home is not None else 0, "raws": [raw]}

    @flow.step("wrong")
    def wrong(self, home: Address, count: int):  # E(home): [stepkit-key-type] step "wrong" reads "home" as "Address" ... "Address | None"
        return {"done": count}


def saved(event: Greet.Event) -> None:
    text = event.checkpoint
    if event.step_name == "count":
        assert_type(event.context["first"], Person | None)
        assert_type(event.context["raws"], list[JsonValue])


result = Greet().run_sync({"person": Person(name="a"), "payload": {"a": [1]}}, on_step_complete=saved)
assert_type(result["home"], Address | None)
assert_type(result["raw"], JsonValue)
resumed = Greet().run_checkpoint_sync("", override_data={"payload": [1, {"a": None}]})
assert_type(resumed["count"], int)
