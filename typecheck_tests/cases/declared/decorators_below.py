# Decorators below that of stepkit: their type is what counts, of what the step gives and of what it reads.
import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, Literal, ParamSpec, TypedDict, TypeVar

from probe import assert_type
from stepkit import Flow, flow

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])


class Input(TypedDict):
    a: int


class Timed(TypedDict):
    seconds: float


def traced(function: Callable[P, R]) -> Callable[P, R]:
    return function


def same(function: F) -> F:
    return function


def timed(function: Callable[P, Any]) -> Callable[P, Timed]:
    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Timed:
        function(*args, **kwargs)
        return {"seconds": 1.0}

    return wrapper


def optional(function: Callable[P, R]) -> Callable[P, R | None]:
    return function


def made_async(function: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    @functools.wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    return wrapper


def retried(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    return function


def with_session(function: Callable[Concatenate[S, str, P], R]) -> Callable[Concatenate[S, P], R]:
    def wrapper(this: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return function(this, "session", *args, **kwargs)

    return wrapper


def with_arguments(times: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    return lambda function: function


class Kept(Flow[Input]):
    @flow.step("one")
    @traced
    def one(self, a):
        assert_type(a, int)
        return {"one": str(a)}

    @flow.step("two")
    @same
    @traced
    async def two(self, one):
        assert_type(one, str)
        return {"two": [one]}

    @flow.step("three")
    @with_arguments(3)
    def three(self, two, default=1.5):  # E(default): [stepkit-useless-default]
        assert_type(two, list[str])
        return {"three": two}

    @flow.step
    @made_async
    def four(self, three):
        return {"four": three}

    @flow.step("five")
    @retried
    async def five(self, four):
        return {"five": four}

    @flow.step("maybe")
    @optional
    def maybe(self, five):
        return {"maybe": five}

    @flow.step("cached")
    @functools.lru_cache  # noqa: B019
    def cached(self, a):
        return {"cached": a}

    @flow.step("read")
    @traced
    def read(
        self,
        five,
        maybe,  # E(maybe): [stepkit-maybe-missing] step "maybe" gives it, but not every return gives it
        cached,
        six,  # E(six): [stepkit-missing-key]
    ):
        assert_type(five, list[str])
        assert_type(cached, int)
        return None


class Output(TypedDict):
    a: int
    seconds: float
    after: float


class Changed(Flow[Input]):
    @flow.step("timed")
    @timed
    def timed(self, a):
        assert_type(a, int)
        return {"lost": a}

    @flow.step("after")
    def after(self, seconds):
        assert_type(seconds, float)
        return {"after": seconds}


assert_type(Changed().run_sync({"a": 1}), Output)
assert_type(Changed().timed(a=1), Timed)


class Lost(Flow[Input]):
    @flow.step("timed")
    @timed
    def timed(
        self,
        b,  # E(b): [stepkit-missing-key]
    ):
        return {"lost": b}

    @flow.step("after")
    def after(
        self,
        lost,  # E(lost): [stepkit-missing-key]
    ):
        return {"after": lost}


class Parameters(Flow[Input]):
    @flow.step("one")
    @with_session
    def one(self, session: str, a):
        assert_type(a, int)
        return {"one": session * a}

    @flow.step("two")
    def two(self, one):
        assert_type(one, str)
        return {"two": one}

    @flow.step("three")
    @with_session
    def three(
        self,
        session: str,
        b: int,  # E(b): [stepkit-missing-key] step "three" reads "b"
        one: int,  # E(one): [stepkit-key-type] step "three" reads "one" as "int"
    ):
        return {"three": session}


def to_number(function: Callable[P, Any]) -> Callable[P, int]:
    raise NotImplementedError


def to_anything(function: Callable[P, Any]) -> Callable[P, Any]:
    return function


def to_dict(function: Callable[P, Any]) -> Callable[P, dict[str, Any]]:
    return function


def hides_parameters(function: Callable[..., R]) -> Callable[..., R]:
    return function


def untyped(function):  # type: ignore[no-untyped-def, unused-ignore]
    return function


class Wrong(Flow[Input]):
    @flow.step("number")
    @to_number
    def number(self, a):  # E: [stepkit-return] step "number" returns "int"
        return {"b": a}


class OpenByAny(Flow[Input]):
    @flow.step("anything")
    @to_anything
    def anything(self, a):  # N: step "anything" returns a value of type Any, as a decorator below it says
        assert_type(a, int)
        return {"b": a}

    @flow.step("read")
    def read(self, b, c):
        return {"d": b}


class OpenByDict(Flow[Input]):
    @flow.step("mapping")
    @to_dict
    def mapping(self, a):  # N: step "mapping" returns a mapping whose keys a decorator below it does not name
        return {"b": a}

    @flow.step("read")
    def read(self, b, c):
        return {"d": b}


class OpenByUntyped(Flow[Input]):
    @flow.step("untyped")
    @untyped  # type: ignore[untyped-decorator, misc, unused-ignore]
    def untyped(self, a):  # N: step "untyped" returns a value of type Any, as a decorator below it says
        return {"b": a}

    @flow.step("read")
    def read(self, b, c):
        return {"d": b}


class Hidden(Flow[Input]):
    @flow.step("hides")
    @hides_parameters
    def hides(
        self,
        a,
        b,  # E(b): [stepkit-missing-key]
    ):
        return {"c": a}

    @flow.step("read")
    def read(self, c):
        assert_type(c, int)
        return {"d": c}


# -- transforms, members and branches


def to_odd(function: Callable[P, Any]) -> Callable[P, Literal["odd"]]:
    raise NotImplementedError


class Odd(Flow):
    @flow.step("odd")
    def odd(self):
        return {"odd": 1}


class Even(Flow):
    @flow.step("even")
    def even(self):
        return {"even": 1}


class Others(Flow[Input]):
    signals = flow.parallel("signals")

    @signals.step("member")
    @timed
    def member(self, a):
        return {"lost": a}

    @signals.step
    @traced
    def second(self, a):
        return {"second": str(a)}

    @flow.branch("route", cases={"odd": Odd, "even": Even})
    @to_odd
    def route(self, a: int) -> str:
        return "even"

    @flow.branch("again", cases={"odd": Odd, "even": Even})
    @traced
    def again(self, a):
        return "even" if a else "odd"

    @flow.transform("only")
    @timed
    def only(
        self,
        odd,
        second,
        even,  # E(even): [stepkit-maybe-missing] but case "odd" of branch "again" does not give it
    ):
        assert_type(odd, int)
        assert_type(second, str)
        return {"x": odd}


assert_type(Others().run_sync({"a": 1}), Timed)


class Mixin:
    @flow.step("mixed")
    @timed
    def mixed(self, a: int) -> None: ...


class Mixed(Mixin, Flow[Input]):
    @flow.step("read")
    def read(self, seconds):
        assert_type(seconds, float)
        return {"b": seconds}
