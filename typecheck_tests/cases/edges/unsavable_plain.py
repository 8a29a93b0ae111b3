# What the codec refuses is foreseen: plain classes, exceptions, subclasses of builtins, iterators, and fields of classes.
# --- models.py
import threading
from dataclasses import dataclass


@dataclass
class Order:
    id: int


class Session:
    def close(self) -> None: ...


class PaymentError(Exception):
    pass


class Words(list[str]):
    pass

# --- flows.py
from typing import Any, TypedDict

from stepkit import Codec, Flow, flow

from .models import Order, PaymentError, Session, Words


class Input(TypedDict):
    order: Order


class Work(Flow[Input]):
    @flow.step("plain")
    def plain(self):
        return {"session": Session(), "words": Words()}

    @flow.step("error")
    def error(self):
        return {"errors": [PaymentError("x")], "numbers": iter([1])}


class Registered(Work, codecs=[PaymentError, Codec(Session, encode=lambda session: 1, decode=lambda plain: Session())]):
    pass


CODECS: list[type[Any] | Codec[Any]] = [Codec(Words, encode=lambda words: [*words], decode=Words), PaymentError]


class Named(Work, codecs=CODECS):
    pass


def more() -> list[type[Any]]:
    return []


class Unseen(Registered, codecs=more()):
    pass


class Inner(Flow[Input]):
    inner = flow.subflow("inner", Registered)

# --- main.py
from .flows import Inner, Named, Registered, Unseen, Work


def plain(event: Work.Event) -> None:
    if event.step_name == "plain":
        print(event.checkpoint)  # E: [stepkit-unsavable] "session" of type "Session" # E: [stepkit-unsavable] "words" of type "Words" # E2: [stepkit-unsavable] "order" of type "Order", whose "lock" is of type


def error(event: Work.Event) -> None:
    if event.step_name == "error":
        print(event.checkpoint)  # E: [stepkit-unsavable] "session" # E: [stepkit-unsavable] "words" # E: [stepkit-unsavable] "errors" ... register it, codecs=[PaymentError] # E: [stepkit-unsavable] "numbers" of type "Iterator[int]" # E2: [stepkit-unsavable] "order"


def registered(event: Registered.Event) -> None:
    print(event.checkpoint)  # E: [stepkit-unsavable] "words" # E: [stepkit-unsavable] "numbers" # E2: [stepkit-unsavable] "order"


def named(event: Named.Event) -> None:
    print(event.checkpoint)  # E: [stepkit-unsavable] "session" # E: [stepkit-unsavable] "numbers" # E2: [stepkit-unsavable] "order"


def inner(event: Inner.Event) -> None:
    print(event.checkpoint)  # E: [stepkit-unsavable] "words" # E: [stepkit-unsavable] "numbers" # E2: [stepkit-unsavable] "order"


def unseen(event: Unseen.Event) -> None:
    print(event.checkpoint)

# --- models.py (2)
import threading
from dataclasses import dataclass, field


@dataclass
class Order:
    id: int
    lock: threading.Lock = field(default_factory=threading.Lock)


class Session:
    def close(self) -> None: ...


class PaymentError(Exception):
    pass


class Words(list[str]):
    pass
