# Loops, try, with, match and conditions: what is set on one way only may be missing.
import contextlib
from typing import Any, Literal, NoReturn, NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    n: int
    kind: Literal["a", "b"]
    names: list[str]


def fail() -> NoReturn:
    raise ValueError


def risky() -> int:
    return 1


class Loops(Flow[Input]):
    @flow.step("for")
    def for_(self, names):
        out: dict[str, Any] = {}
        for name in names:
            out["last"] = name
            if not name:
                break
            if name == "skip":
                continue
            out["real"] = name
        else:
            out["all"] = True
        return out

    @flow.transform("while")
    def while_(self, n):
        out = {"first": 1}
        while True:
            out["second"] = n
            if n > 3:
                break
        return out


class LoopsOut(TypedDict):
    first: int
    second: int


assert_type(Loops().run_sync({"n": 1, "kind": "a", "names": []}), LoopsOut)


class Names(Flow[Input]):
    @flow.transform("names")
    def names(self, n):
        out = {"first": n}
        for each in ("a", "b", "first"):
            out[each] = n
        for each in ["c", "d"]:
            if n > 1:
                out[each] = n
        return out


class NamesOut(TypedDict):
    first: int
    a: int
    b: int
    c: NotRequired[int]
    d: NotRequired[int]


assert_type(Names().run_sync({"n": 1, "kind": "a", "names": []}), NamesOut)


class LoopMaybe(Flow[Input]):
    @flow.transform("for")
    def for_(self, names):
        out: dict[str, Any] = {"count": 0}
        for name in names:
            out["last"] = name
            out["count"] += 1
            if name == "stop":
                return out
        return out


class LoopMaybeOut(TypedDict):
    count: int
    last: NotRequired[str]


assert_type(LoopMaybe().run_sync({"n": 1, "kind": "a", "names": []}), LoopMaybeOut)


class Tries(Flow[Input]):
    @flow.transform("try")
    def try_(self, n):
        out: dict[str, Any] = {}
        try:
            out["value"] = risky()
            out["more"] = risky()
        except ValueError as error:
            out["error"] = str(error)
        else:
            out["fine"] = True
        finally:
            print(n)
        return out


class TriesOut(TypedDict):
    value: NotRequired[int]
    more: NotRequired[int]
    error: NotRequired[str]
    fine: NotRequired[bool]


assert_type(Tries().run_sync({"n": 1, "kind": "a", "names": []}), TriesOut)


class BothWays(Flow[Input]):
    @flow.transform("try")
    def try_(self, n):
        out: dict[str, Any] = {}
        try:
            value = risky()
        except ValueError:
            out["value"] = None
        else:
            out["value"] = value
        return out


class BothOut(TypedDict):
    value: int | None


assert_type(BothWays().run_sync({"n": 1, "kind": "a", "names": []}), BothOut)


class With(Flow[Input]):
    @flow.transform("with")
    def with_(self, n):
        out: dict[str, Any] = {}
        with open("x") as file:
            out["text"] = file.read()
        with contextlib.suppress(ValueError):
            out["value"] = risky()
        return out


class WithOut(TypedDict):
    text: str
    value: NotRequired[int]


assert_type(With().run_sync({"n": 1, "kind": "a", "names": []}), WithOut)


class Never(Flow[Input]):
    @flow.transform("never")
    def never(self, n, kind):
        out = {"a": 1}
        if n > 1:
            out["b"] = 2
        elif n > 0:
            fail()
        else:
            raise ValueError
        if kind == "a":
            out["c"] = 3
        elif kind == "b":  # there is no other kind
            out["c"] = 4
        assert n
        return out


class NeverOut(TypedDict):
    a: int
    b: int
    c: int


assert_type(Never().run_sync({"n": 1, "kind": "a", "names": []}), NeverOut)


class Match(Flow[Input]):
    @flow.transform("match")
    def match_(self, n):
        match n:
            case 0:
                out: dict[str, Any] = {"a": 1}
            case 1 if n:
                out = {"a": 2, "b": 3}
            case _:
                out = {"a": 3}
        return out


class MatchOut(TypedDict):
    a: int
    b: NotRequired[int]


assert_type(Match().run_sync({"n": 1, "kind": "a", "names": []}), MatchOut)


class AllKinds(Flow[Input]):
    @flow.transform("match")
    def match_(self, kind: Literal["a", "b"]):
        match kind:
            case "a":
                out: dict[str, Any] = {"a": 1}
            case "b":
                out = {"a": 2}
        return out


class AllOut(TypedDict):
    a: int


assert_type(AllKinds().run_sync({"n": 1, "kind": "a", "names": []}), AllOut)


class Walrus(Flow[Input]):
    @flow.transform("walrus")
    def walrus(self, n):
        if (out := {"a": n})["a"] > 1:
            return out
        return dict(out, b=1) if n else out.copy()


class WalrusOut(TypedDict):
    a: int
    b: NotRequired[int]


assert_type(Walrus().run_sync({"n": 1, "kind": "a", "names": []}), WalrusOut)


class Asynchronous(Flow[Input]):
    async def fetch(self) -> int:
        return 1

    @flow.transform("async")
    async def asynchronous(self, n):
        out = {"a": await self.fetch()}
        async with contextlib.AsyncExitStack():
            out["b"] = await self.fetch()
        return out


class AsynchronousOut(TypedDict):
    a: int
    b: int


assert_type(Asynchronous().run_sync({"n": 1, "kind": "a", "names": []}), AsynchronousOut)


class Finally(Flow[Input]):
    @flow.transform("finally")
    def finally_(self, n):
        out = {"first": True}
        try:
            out["second"] = risky() > 0
        finally:
            out["third"] = True
        return out


class FinallyOut(TypedDict):
    first: bool
    second: bool
    third: bool


assert_type(Finally().run_sync({"n": 1, "kind": "a", "names": []}), FinallyOut)


class Copied(Flow[Input]):
    @flow.transform("copied")
    def copied(self, n):
        out = {"first": True}
        try:
            out["second"] = risky() > 0
        except ValueError:
            out["failed"] = True
        finally:
            other = dict(out)
            del out["first"]
        return {**other, "rest": len(out)}


class CopiedOut(TypedDict):
    first: bool
    second: NotRequired[bool]
    failed: NotRequired[bool]
    rest: int


assert_type(Copied().run_sync({"n": 1, "kind": "a", "names": []}), CopiedOut)


class ChangedAfterwards(Flow[Input]):
    @flow.transform("early")
    def early(self, n):
        out = {"first": True}
        try:
            if n:
                return out  # N: step "early" returns a dict
        finally:
            out["last"] = True
        return out
