# A base class stands for those that are derived from it, and that the flow names.
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypedDict

from stepkit import Flow, flow


class Animal(ABC):
    @abstractmethod
    def speak(self) -> str: ...


@dataclass
class Dog(Animal):
    name: str

    def speak(self) -> str:
        return "woof"


class Stray(Animal):
    def speak(self) -> str:
        return ""


class In(TypedDict):
    animals: list[Animal]


class Unnamed(Flow[In]):
    @flow.step("first")
    def first(self, animals):
        return {"first": animals[0]}


class Registered(Unnamed, codecs=[Dog]):
    pass


class Annotated(Unnamed):
    @flow.step("second")
    def second(self, animals, dog: Dog | None = None):  # E(dog): [stepkit-useless-default]
        return {"stray": Stray()}


def one(event: Unnamed.Event) -> None:
    print(event.checkpoint)  # E: [stepkit-unsavable] "animals" of type "list[Animal]" # E: [stepkit-unsavable] "first" of type "Animal"


def two(event: Registered.Event) -> None:
    print(event.checkpoint)


def three(event: Annotated.Event) -> None:
    print(event.checkpoint)  # E: [stepkit-unsavable] "stray" of type "Stray"


class Failing(Flow[In], codecs=[ValueError]):
    @flow.step("try")
    def attempt(self):
        errors: list[Exception] = []
        return {"errors": errors, "other": KeyError("x")}


def four(event: Failing.Event) -> None:
    print(event.checkpoint)  # E: [stepkit-unsavable] "animals" # E: [stepkit-unsavable] "other" of type "KeyError" ... codecs=[KeyError]
