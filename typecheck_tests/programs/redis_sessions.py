"""A wizard over several requests: its state is a checkpoint in Redis (a double here), with an expiry."""

from __future__ import annotations

import time
from typing import Final, NotRequired, Protocol, TypedDict, cast

from stepkit import Flow, flow
from stepkit.errors import CheckpointError

ADDRESS: Final = "address"
PAYMENT: Final = "payment"
GATES: Final = (ADDRESS, PAYMENT)


class Redis(Protocol):
    def set(self, name: str, value: str, ex: int | None = None) -> object: ...
    def get(self, name: str) -> str | None: ...
    def delete(self, *names: str) -> int: ...


class MemoryRedis:
    def __init__(self) -> None:
        self.values: dict[str, tuple[str, float]] = {}

    def set(self, name: str, value: str, ex: int | None = None) -> bool:
        self.values[name] = (value, time.monotonic() + (ex or 10**6))
        return True

    def get(self, name: str) -> str | None:
        value, until = self.values.get(name, ("", 0.0))
        return value if until > time.monotonic() else None

    def delete(self, *names: str) -> int:
        return sum(self.values.pop(name, None) is not None for name in names)


class Address(TypedDict):
    street: str
    city: str


class WizardInput(TypedDict):
    basket: list[str]
    address_form: NotRequired[Address]
    card: NotRequired[str]


class Wizard(Flow[WizardInput]):
    @flow.step("open")
    def open(self, basket: list[str]):
        return {"amount": 10 * len(basket)}

    @flow.step(ADDRESS)
    def ask_address(self, amount: int):
        return {"prompt": f"Where to send goods of {amount}?"}

    @flow.step("check-address")
    def check_address(self, address_form: Address | None = None):
        if address_form is None:
            raise ValueError("no address")
        return {"destination": f"{address_form['street']}, {address_form['city']}"}

    @flow.step(PAYMENT)
    def ask_payment(self, amount: int, destination: str):
        return {"prompt": f"{amount} for {destination}: which card?"}

    @flow.step("charge")
    def charge(self, amount: int, card: str = ""):
        if not card:
            raise ValueError("no card")
        return {"receipt": f"{amount} from {card[-4:]}"}


class Sessions:
    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def _listen(self, id: str, event: Wizard.Event) -> None:
        if event.step_name == ADDRESS or event.step_name == PAYMENT:
            self.redis.set(f"wizard:{id}", event.checkpoint, ex=3600)
            event.stop_pipeline()

    def start(self, id: str, basket: list[str]) -> str:
        result = Wizard().run_sync({"basket": basket}, on_step_complete=lambda event: self._listen(id, event))
        return result["prompt"]

    def answer(self, id: str, form: dict[str, object]) -> str:
        checkpoint = self.redis.get(f"wizard:{id}")
        if checkpoint is None:
            return "Your session has expired."
        data = cast(Wizard.Input, form)
        try:
            result = Wizard().run_checkpoint_sync(
                checkpoint, override_data=data, on_step_complete=lambda event: self._listen(id, event)
            )
        except (ValueError, CheckpointError) as error:
            return f"Try again: {error}"
        if (receipt := result.get("receipt")) is not None:
            self.redis.delete(f"wizard:{id}")
            return receipt
        return result["prompt"]


if __name__ == "__main__":
    sessions = Sessions(MemoryRedis())
    assert sessions.start("s1", ["tea", "cup"]).startswith("Where")
    assert sessions.answer("s1", {}) == "Try again: no address"
    assert sessions.answer("s1", {"address_form": {"street": "A 1", "city": "B"}}) == "20 for A 1, B: which card?"
    assert sessions.answer("s1", {"card": "4111-1234"}) == "20 from 1234"
    assert sessions.answer("s1", {"card": "4111-1234"}) == "Your session has expired."
