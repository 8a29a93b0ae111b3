# --- helper.py
from typing import TypedDict


class Price(TypedDict):
    price: int


def fetch() -> Price:
    return {"price": 1}

# --- main.py
from probe import assert_type
from stepkit import Flow, flow

from .helper import fetch


class Shop(Flow):
    @flow.step("fetch")
    def fetch(self):
        return fetch()

    @flow.step("show")
    def show(self, price):
        return {"shown": price}


assert_type(Shop().run_sync()["shown"], int)  # E2: [assert-type] "str"

# --- helper.py (2)
from typing import TypedDict


class Price(TypedDict):
    price: str


def fetch() -> Price:
    return {"price": "1"}
