"""Watches prices of several shops. A base flow, and subclasses of which some break what the base's steps rely on."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import ClassVar, TypedDict

from stepkit import Flow, flow


class WatchInput(TypedDict):
    url: str


class Watch(Flow[WatchInput]):
    pages: ClassVar[dict[str, str]] = {"shop/tea": '{"price": "4.50"}', "bazaar/tea": "Tea | 3,90"}

    @flow.step("fetch")
    def fetch(self, url):
        return {"page": self.pages[url]}

    @flow.step("parse")
    def parse(self, page):
        return {"price": Decimal(json.loads(page)["price"])}

    @flow.step("compare")
    def compare(self, price: Decimal):
        return {"cheap": price < 4, "text": f"{price:.2f}"}


class Bazaar(Watch):
    @flow.step("parse")
    def parse(self, page):
        name, _, price = page.partition(" | ")
        return {"price": Decimal(price.replace(",", ".")), "name": name}

    @flow.step("notify", when=lambda cheap: cheap)
    def notify(self, name, text):
        return {"mail": f"{name} for {text}"}


class Renamed(Watch):  # E: [stepkit-missing-key] step "compare" reads "price", which no earlier step provides
    @flow.step("parse")
    def parse(self, page):
        return {"amount": Decimal(json.loads(page)["price"])}

    @flow.step("late")
    def late(self, amount, cheap):
        return {"late": amount if cheap else None}


class Without(Watch):  # E: [stepkit-missing-key] step "compare" reads "price"
    parse = None


class Helper:
    def mail(self, text: str) -> str:
        return f"mail: {text}"


class Mailing(Helper, Bazaar):
    @flow.step("send")
    def send(self, mail):  # E(mail): [stepkit-maybe-missing] "mail" ... step "notify" has a condition (when=)
        return {"sent": self.mail(mail)}


def watch(flow_: Watch, url: str) -> bool:
    return flow_.run_sync({"url": url})["cheap"]


if __name__ == "__main__":
    assert not watch(Watch(), "shop/tea") and watch(Bazaar(), "bazaar/tea")
    assert Bazaar().run_sync({"url": "bazaar/tea"}).get("mail") == "Tea for 3.90"
