"""Notifications of a multi-tenant service: preferences, channels as nested flows, three levels deep."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NotRequired, TypedDict

from stepkit import Flow, flow


class Channel(StrEnum):
    MAIL = "mail"
    PUSH = "push"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Tenant:
    id: str
    sender: str
    locale: str = "en"


@dataclass
class Gateway:
    sent: list[tuple[str, str]]

    async def deliver(self, to: str, text: str) -> str:
        await asyncio.sleep(0)
        self.sent.append((to, text))
        return f"msg-{len(self.sent)}"


class RenderInput(TypedDict):
    template: str
    values: dict[str, str]
    locale: NotRequired[str]


class Render(Flow[RenderInput]):
    @flow.step("pick")
    def pick(self, template: str, locale: str = "en"):
        return {"source": f"[{locale}] {template}"}

    @flow.step("fill")
    def fill(self, source: str, values: dict[str, str]):
        return {"text": source.format_map(values)}


class SendInput(RenderInput):
    user: str
    tenant: Tenant


class SendMail(Flow[SendInput]):
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    render = flow.subflow("render", Render)

    @flow.step("deliver", retries=2)
    async def deliver(self, user: str, tenant: Tenant, text: str):
        return {"message_id": await self.gateway.deliver(f"{user}@{tenant.id}", f"{tenant.sender}: {text}")}


class SendPush(Flow[SendInput]):
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    render = flow.subflow("render", Render)

    @flow.step("shorten")
    def shorten(self, text: str):
        return {"text": text[:20]}

    @flow.step("deliver")
    async def deliver(self, user: str, text: str):
        return {"message_id": await self.gateway.deliver(user, text), "badge": 1}


class NotifyInput(TypedDict):
    user: str
    event: str
    values: dict[str, str]


class Notify(Flow[NotifyInput]):
    def __init__(self, tenant: Tenant, gateway: Gateway, preferences: dict[str, Channel]) -> None:
        self.tenant = tenant
        self.gateway = gateway
        self.preferences = preferences

    @cached_property
    def mail(self) -> SendMail:
        return SendMail(self.gateway)

    @flow.step("prepare")
    def prepare(self, event: str):
        templates = {"paid": "Thanks, {name}"}
        return {"template": templates[event], "tenant": self.tenant, "locale": self.tenant.locale}

    @flow.branch("channel", cases={"mail": lambda self: self.mail, "push": lambda self: SendPush(self.gateway)})
    def channel(self, user: str):
        match self.preferences.get(user, Channel.MAIL):
            case Channel.MAIL:
                return "mail"
            case Channel.PUSH:
                return "push"
            case Channel.NONE:
                return None

    @flow.transform("done")
    def done(self, user: str, message_id: str | None = None, badge: int = 0):
        return {"user": user, "message_id": message_id, "badge": badge}


async def main() -> None:
    gateway = Gateway([])
    notify = Notify(Tenant("acme", "Acme"), gateway, {"bob": Channel.PUSH, "cy": Channel.NONE})
    users = ["ana", "bob", "cy"]
    results = await asyncio.gather(
        *(notify.run({"user": user, "event": "paid", "values": {"name": user}}) for user in users)
    )
    assert [result["message_id"] is None for result in results] == [False, False, True]
    assert sum(result["badge"] for result in results) == 1
    ids = [message_id.upper() for result in results if (message_id := result["message_id"])]
    assert sorted(ids) == ["MSG-1", "MSG-2"]


if __name__ == "__main__":
    asyncio.run(main())
