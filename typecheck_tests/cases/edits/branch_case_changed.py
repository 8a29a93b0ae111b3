# --- cases.py
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("step")
    def step(self, n):
        return {"x": n}


class Odd(Flow[Input]):
    @flow.step("step")
    def step(self, n):
        return {"x": n}

# --- main.py
from probe import assert_type
from stepkit import Flow, flow

from .cases import Even, Input, Odd


class Route(Flow[Input]):
    @flow.branch("route", cases={"even": Even, "odd": Odd})
    def route(self, n):
        return "even" if n % 2 == 0 else "odd"

    @flow.step("read")
    def read(self, x):  # E3: [stepkit-maybe-missing] step "read" reads "x"
        return {"y": x}


assert_type(Route().run_sync({"n": 1})["y"], int)  # E2: [assert-type] "int | str"

# --- cases.py (2)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("step")
    def step(self, n):
        return {"x": n}


class Odd(Flow[Input]):
    @flow.step("step")
    def step(self, n):
        return {"x": str(n)}

# --- cases.py (3)
from typing import TypedDict

from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Even(Flow[Input]):
    @flow.step("step")
    def step(self, n):
        return {"x": n}


class Odd(Flow[Input]):
    @flow.step("step")
    def step(self, n):
        return {"z": n}
