# Calls of generic functions and methods give what they give a variable: their type variables are not solved for object.
import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, ParamSpec, Self, TypedDict, TypeVar, cast, overload

from probe import assert_type
from stepkit import Flow, flow

T = TypeVar("T")
U = TypeVar("U")
P = ParamSpec("P")
Sized = TypeVar("Sized", bound="User")
Text = TypeVar("Text", str, bytes)


@dataclass(frozen=True)
class User:
    name: str = ""


class Admin(User):
    pass


class Session:
    async def get(self, entity: type[T], key: int) -> T | None:
        return None

    async def scalar(self, statement: "Select[T]") -> T | None:
        return None


class Select(Generic[T]):
    def where(self, name: str) -> Self:
        return self


def select(entity: type[T]) -> Select[T]:
    return Select()


def first(values: Iterable[T]) -> T | None:
    return next(iter(values), None)


def find(values: Iterable[T]) -> T | None:
    return next(iter(values), None)


def shown(user: Sized) -> Sized:
    return user


def twice(text: Text) -> Text:
    return text + text


def timed(function: Callable[P, T]) -> Callable[P, tuple[float, T]]:
    return lambda *args, **kwargs: (0.0, function(*args, **kwargs))


@overload
def loads(text: str, model: type[T]) -> T: ...
@overload
def loads(text: str, model: None) -> dict[str, int]: ...
def loads(text: str, model: Any) -> Any:
    return model


@contextlib.contextmanager
def opened(value: T) -> Iterator[T]:
    yield value


class Input(TypedDict):
    names: list[str]
    env: dict[str, str]
    session: Session


class Found(Flow[Input]):
    @flow.step("session")
    async def in_session(self, session):
        return {
            "user": await session.get(User, 1),
            "owner": await session.scalar(select(User).where("x")),
            "statement": select(User).where("x"),
        }

    @flow.step("mappings")
    def mappings(self, env, user, owner, statement):
        assert_type(user, User | None)
        assert_type(owner, User | None)
        assert_type(statement, Select[User])
        return {"a": env.pop("x", None), "b": env.get("x"), "c": env.setdefault("x", "y"), "d": env.get("x", 1)}

    @flow.step("found")
    def found(self, names, a, b, c, d):
        assert_type(a, str | None)
        assert_type(b, str | None)
        assert_type(c, str)
        assert_type(d, str | int)
        return {
            "one": find(names) or "none",
            "two": first(names),
            "three": max(names, default=None),
            "four": next(iter(names), None),
            "five": first([first(names)]),
            "six": [first(names)],
        }

    @flow.step("functions")
    def functions(self, one, two, three, four, five, six):
        assert_type(one, str)
        assert_type(two, str | None)
        assert_type(three, str | None)
        assert_type(four, str | None)
        assert_type(five, str | None)
        assert_type(six, list[str | None])
        with opened([User()]) as users:
            return {
                "admin": shown(Admin()),
                "text": twice("x"),
                "took": timed(find)(users)[1] if users else None,
                "loaded": loads("", User),
                "plain": loads("", None),
                "part": partial(first, users)(),
                "copied": copy.copy(users),
                "user": replace(users[0], name=one),
                "cast": cast(User, one),
                "made": lambda: first(users),
            }

    @flow.step("check")
    def check(self, admin, text, took, loaded, plain, part, copied, user, cast, made):
        assert_type(admin, Admin)
        assert_type(text, str)
        assert_type(took, User | None)
        assert_type(loaded, User)
        assert_type(plain, dict[str, int])
        assert_type(part, User | None)
        assert_type(copied, list[User])
        assert_type(user, User)
        assert_type(cast, User)
        assert_type(made(), User | None)
