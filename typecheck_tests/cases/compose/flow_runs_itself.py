# A flow that runs itself, or one that runs it: its keys are not known behind that, and nothing is followed without end.
from __future__ import annotations

from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int


class Half(Flow[Input]):
    @flow.step("half")
    def half(self, n):
        return {"n": n // 2, "last": n}

    @flow.branch(
        "again",
        cases={"down": lambda self: Half(), "up": lambda self: Half()},  # N: "again" runs Half
    )
    def again(self, n):
        return None if n < 2 else "down" if n % 2 else "up"

    @flow.step("after")
    def after(self, last, other):
        return {"done": last}


def watch(event: Half.Event) -> None:
    if event.step_name == "half":
        print(event.context["last"])
    if event.step_name == "again/down/half":  # a path that nobody can list is no mistake
        print(event.checkpoint)


Half().run_checkpoint_sync("", override_data={"n": 1})


class Uses(Flow[Input]):
    half = flow.subflow("half", Half)  # N: nested flow "half": behind its step "again" the keys are not known

    @flow.transform("close")
    def close(self, last):
        assert_type(last, int)
        return {"known": last}

    @flow.step("end")
    def end(self, known, zum):  # E: [stepkit-missing-key] step "end" reads "zum"
        return {"e": known}


class Ping(Flow[Input]):
    pong = flow.subflow("pong", lambda self: Pong(), when=lambda self, n: n > 1)  # N: "pong" runs Pong

    @flow.step("ping")
    def ping(self, n):
        return {"n": n - 1}


class Pong(Flow[Input]):
    ping = flow.subflow("ping", Ping)  # N: "ping" runs Ping

    @flow.step("pong")
    def pong(self, n):
        return {"more": n}


def use() -> object:
    return Ping().run_sync({"n": 1})["whatever"], Pong().run_sync({"n": 1})["more"]


class Tree(Flow[Input]):
    @flow.step("children")
    async def children(self, n):
        child = await Tree().run({"n": n - 1}) if n else None
        again = self.run_sync({"n": 0})
        return {"count": 1 if child is None else child["count"], "again": again, "own": n}

    @flow.step("after")
    def after(self, own, owm):  # E(owm): [stepkit-missing-key] step "after" reads "owm", which no earlier step provides; did you mean "own"?
        assert_type(own, int)
        return {"last": own}


assert_type(Tree().run_sync({"n": 1})["last"], int)


class First(Flow[Input]):
    @flow.step("other")
    def other(self, n):
        Second().run_sync({"n": n})
        return {"a": n}

    @flow.step("after")
    def after(self, a, b):  # E(b): [stepkit-missing-key] step "after" reads "b"
        print(a.nothing)  # E: "nothing"


class Second(Flow[Input]):
    @flow.step("other")
    def other(self, n):
        First().run_sync({"n": n})
        return {"a": n}

    @flow.step("after")
    def after(self, a, b):  # E(b): [stepkit-missing-key] step "after" reads "b"
        print(a.nothing)  # E: "nothing"
