# What stubgen writes of flows: decorators that are calls are left out, and so are most types. Nobody is blamed.
# --- calc.pyi
# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-decorators
from typing import Any, TypedDict

from _typeshed import Incomplete
from stepkit import Flow, StepEvent, flow

class CalcInput(TypedDict):
    a: int

class Given(TypedDict):
    c: int

class Calc(Flow[CalcInput]):
    signals: Incomplete  # N: methods of Calc may be steps whose decorators are missing in this stub
    def one(self, a): ...
    @flow.step
    async def two(self, b: int): ...
    def three(self, c: str) -> dict[str, int]: ...
    def route(self): ...
    @signals.step
    def market(self): ...
    nested: Incomplete
    def helper(self): ...
    def on_step_complete(self, event) -> None: ...

class Methods(Flow[CalcInput]):
    def one(self, a: int) -> Given: ...  # N: methods of Methods may be steps

class Decorated(Flow[CalcInput]):
    @flow.step("one")
    def one(self, a: int): ...  # N: step "one" returns something that cannot be seen
    @flow.step("two")
    def two(self, b: int) -> Given: ...

class Known(Flow[CalcInput]):
    mailer: str
    def __init__(self, mailer: str = ...) -> None: ...
    @flow.step("two")
    def two(self, a: int) -> Given: ...
    @flow.step("three")
    def three(self, c: str) -> Given: ...  # E: [stepkit-key-type] reads "c" as "str"
    def count(self) -> int: ...
    @property
    def name(self) -> str: ...
    def on_step_complete(self, event: StepEvent[Any, Any, Any]) -> None: ...

# --- main.py
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow

from .calc import Calc, CalcInput, Decorated, Known, Methods


class More(Calc):
    @flow.step("more")
    def more(self, a: int, whatever: str):
        assert_type(a, int)
        return {"d": a}

    def helper(self):  # type: ignore[no-untyped-def, unused-ignore]
        return 1


class OneIsKnown(Methods):
    @flow.step("one")
    def one(self, a: int):
        return {"c": a}

    @flow.step("four")
    def four(self, d: int):
        return {"e": d}


class Outer(Flow[CalcInput]):
    calc = flow.subflow("calc", Calc)  # N: nested flow "calc": its stub may lack decorators of steps

    @flow.step("after")
    def after(self, a: int, b: str):
        return {"e": b}


class OuterDecorated(Flow[CalcInput]):
    decorated = flow.subflow("decorated", Decorated)  # N: nested flow "decorated": what its step "one" returns cannot be seen

    @flow.step("after")
    def after(self, b: str):
        return {"e": b}


class OuterKnown(Flow[CalcInput]):
    known = flow.subflow("known", Known)

    @flow.step("after")
    def after(self, c: int, b: str):  # E(b: str): [stepkit-missing-key] reads "b"
        return {"e": b}


def listen(event: Calc.Event) -> None:
    if event.step_name == "anything":
        print(event.context["b"])


def know(event: Known.Event) -> None:
    if event.step_name == "anything":  # E: [stepkit-missing-key] Known has no step "anything"
        print(event.context)


class KnownResult(TypedDict):
    a: int
    c: int


assert_type(Calc().run_sync({"a": 1}, on_step_complete=listen), dict[str, Any])
assert_type(Methods().run_sync({"a": 1}), dict[str, Any])
assert_type(Outer().run_sync({"a": 1}), dict[str, Any])
assert_type(Known().run_sync({"a": 1}), KnownResult)
Calc().run_sync({"a": "1"})  # E+: str
