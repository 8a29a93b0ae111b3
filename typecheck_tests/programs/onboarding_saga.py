"""Onboarding as a saga: each step has its compensation; a failure undoes what was done, newest first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Self, TypedDict

from stepkit import Flow, flow


class Signup(TypedDict):
    email: str
    plan: str


class Services:
    def __init__(self, broken: str | None = None) -> None:
        self.broken = broken
        self.state: list[str] = []

    def create(self, what: str, name: str) -> str:
        if what == self.broken:
            raise RuntimeError(f"no {what}")
        self.state.append(f"{what}:{name}")
        return f"{what}-1"

    def delete(self, what: str, name: str) -> None:
        self.state.remove(f"{what}:{name}")


class Compensations:
    def __init__(self) -> None:
        self._stack = ExitStack()

    def push(self, undo: Callable[[str, str], None], what: str, name: str) -> None:
        self._stack.callback(undo, what, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._stack.close()


class Onboard(Flow[Signup]):
    def __init__(self, services: Services, compensations: Compensations) -> None:
        self.services = services
        self.compensations = compensations

    def _create(self, what: str, name: str) -> str:
        id = self.services.create(what, name)
        self.compensations.push(self.services.delete, what, name)
        return id

    @flow.step("user")
    def user(self, email):
        return {"user_id": self._create("user", email)}

    @flow.step("workspace")
    def workspace(self, user_id, email):
        return {"workspace_id": self._create("workspace", email.partition("@")[0]), "owners": [user_id]}

    @flow.step("subscription", when=lambda plan: plan != "free")
    def subscription(self, plan, workspace_id):
        return {"subscription_id": self._create("subscription", f"{plan}/{workspace_id}")}

    @flow.step("welcome")
    def welcome(self, email, owners, subscription_id=None):
        kind = "trial" if subscription_id is None else subscription_id.upper()
        return {"mail": f"Welcome {email} ({kind}), {len(owners)} owner"}


def onboard(services: Services, email: str, plan: str) -> str | None:
    try:
        with Compensations() as compensations:
            return Onboard(services, compensations).run_sync({"email": email, "plan": plan})["mail"]
    except RuntimeError as error:
        assert any("in flow Onboard" in note for note in error.__notes__)
        return None


if __name__ == "__main__":
    services = Services()
    assert onboard(services, "ana@example.org", "pro") == "Welcome ana@example.org (SUBSCRIPTION-1), 1 owner"
    assert onboard(services, "bob@example.org", "free") == "Welcome bob@example.org (trial), 1 owner"
    broken = Services(broken="subscription")
    assert onboard(broken, "cy@example.org", "pro") is None and broken.state == []
