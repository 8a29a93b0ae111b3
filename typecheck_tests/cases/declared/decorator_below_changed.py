# The type of a decorator below that of stepkit is changed in another module, and an alias is given another target.
# --- tools.py
from collections.abc import Callable
from typing import Any, ParamSpec, TypedDict, TypeVar

from stepkit import flow

P = ParamSpec("P")
R = TypeVar("R")


class Timed(TypedDict):
    seconds: float


def timed(function: Callable[P, Any]) -> Callable[P, Timed]:
    raise NotImplementedError


step = flow.step


# --- tools.py (2)
from collections.abc import Callable
from typing import Any, ParamSpec, TypedDict, TypeVar

from stepkit import flow

P = ParamSpec("P")
R = TypeVar("R")


class Timed(TypedDict):
    seconds: float


def timed(function: Callable[P, R]) -> Callable[P, R]:
    raise NotImplementedError


step = flow.transform


# --- bases.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class First(Flow[Input]):
    @flow.step
    def first(self, a: int):
        return {"first": a}


class Second(Flow[Input]):
    @flow.step
    def second(self, a: int):
        return {"second": a}


Common = First

# --- bases.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    a: int


class First(Flow[Input]):
    @flow.step
    def first(self, a: int):
        return {"first": a}


class Second(Flow[Input]):
    @flow.step
    def second(self, a: int):
        return {"second": a}


Common = Second

# --- use.py
from typing import TypedDict

from stepkit import Flow, flow

from .bases import Common
from .tools import step, timed


class Input(TypedDict):
    a: int


class Below(Flow[Input]):
    @flow.step("load")
    @timed
    def load(self, a):
        return {"own": a}

    @flow.step("read")
    def read(
        self,
        seconds,  # E2(seconds): [stepkit-missing-key] step "read" reads "seconds"
        own=0,  # E1(own): [stepkit-useless-default]
    ):
        return None


class Aliased(Flow[Input]):
    @step("load")
    def load(self, a):
        return {"b": a}

    @flow.step("read")
    def read(
        self,
        a,  # E2(a): [stepkit-missing-key] step "read" reads "a"
        b,
    ):
        return None


class FromAlias(Common):
    @flow.step("read")
    def read(
        self,
        first,  # E2(first): [stepkit-missing-key] step "read" reads "first"
    ):
        return None
