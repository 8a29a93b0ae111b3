"""Expressions as service code writes them, and random ones: what is compared is the type that each of them has.

All are written with the names of ``PARAMETERS``, in an async function, against the declarations of ``PRELUDE``.
"""

from __future__ import annotations

import random
from collections.abc import Callable

PRELUDE = '''\
import asyncio
import collections
import contextlib
import copy
import dataclasses
import datetime
import decimal
import enum
import functools
import itertools
import json
import operator
import os
import pathlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, ParamSpec, Protocol, Self, TypedDict, TypeVar, cast, overload

from stepkit import Flow, flow

T = TypeVar("T")
U = TypeVar("U")
P = ParamSpec("P")
Shown = TypeVar("Shown", bound="User")
Text = TypeVar("Text", str, bytes)


@dataclasses.dataclass(frozen=True)
class User:
    name: str = ""
    age: int = 0
    tags: tuple[str, ...] = ()

    def with_tag(self, tag: str) -> Self:
        return dataclasses.replace(self, tags=(*self.tags, tag))

    def __add__(self, other: T) -> "Box[T]":
        return Box(other)


class Admin(User):
    pass


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Pair(NamedTuple):
    left: int
    right: str


class Row(TypedDict):
    id: int
    name: str


class Box(Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value

    def map(self, function: Callable[[T], U]) -> "Box[U]":
        return Box(function(self.value))

    def get(self, default: U) -> T | U:
        return self.value

    def maybe(self) -> T | None:
        return self.value

    def set(self, value: T) -> Self:
        self.value = value
        return self

    @classmethod
    def of(cls, value: T) -> Self:
        return cls(value)


class Result(Generic[T]):
    def scalars(self) -> "Result[T]":
        return self

    def all(self) -> Sequence[T]:
        return []

    def one(self) -> T:
        raise LookupError

    def first(self) -> T | None:
        return None


class Session:
    """As an object-relational mapper has it."""

    async def get(self, entity: type[T], key: Any, /, *, fresh: bool = False) -> T | None:
        return None

    async def scalar(self, statement: Callable[[], T]) -> T | None:
        return None

    async def execute(self, statement: Callable[[], T]) -> Result[T]:
        return Result()

    def query(self, entity: type[T]) -> Result[T]:
        return Result()


class Response:
    status_code: int = 200
    headers: Mapping[str, str] = {}

    def json(self) -> Any:
        return None

    def read(self, model: type[T], default: U) -> T | U:
        return default


class Client:
    async def get(self, url: str) -> Response:
        return Response()

    async def fetch(self, url: str, parse: Callable[[Response], T]) -> T:
        return parse(await self.get(url))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object) -> None:
        pass


def identity(value: T) -> T:
    return value


def first(values: Iterable[T]) -> T | None:
    return next(iter(values), None)


def find(values: Iterable[T], want: Callable[[T], bool] = bool) -> T | None:
    return next(filter(want, values), None)


def either(left: T, right: U) -> T | U:
    return left


def same(left: T, right: T) -> T:
    return left


def call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return function(*args, **kwargs)


def shown(value: Shown) -> Shown:
    return value


def doubled(value: Text) -> Text:
    return value + value


def timed(function: Callable[P, T]) -> Callable[P, tuple[float, T]]:
    return lambda *args, **kwargs: (0.0, function(*args, **kwargs))


@timed
def count_of(values: Sequence[T]) -> T | int:
    return len(values)


def make(cls: type[T]) -> T:
    return cls()


def retried(times: int) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Coroutine[Any, Any, T]]]:
    raise NotImplementedError


@retried(3)
async def loaded(value: T, *, strict: bool = True) -> list[T]:
    return [value]


@overload
def picked(value: int, default: T) -> T | int: ...
@overload
def picked(value: str, default: T) -> list[T]: ...
def picked(value: Any, default: Any) -> Any:
    return default


async def load(value: T) -> T:
    return value


async def wait_for(awaitable: Awaitable[T], seconds: float) -> T:
    return await awaitable


async def stream(values: Iterable[T]) -> AsyncIterator[T]:
    for value in values:
        yield value


@contextlib.contextmanager
def opened(value: T) -> Iterator[T]:
    yield value


def entered(manager: contextlib.AbstractContextManager[T]) -> T:
    return manager.__enter__()


def pipe(value: T, function: Callable[[T], U]) -> U:
    return function(value)
'''

PARAMETERS = {
    "text": "str",
    "number": "int",
    "flag": "bool",
    "user": "User",
    "users": "list[User]",
    "names": "list[str]",
    "numbers": "list[int]",
    "maybe": "str | None",
    "owner": "User | None",
    "env": "dict[str, str]",
    "ages": "dict[str, int]",
    "row": "Row",
    "anything": "Any",
    "session": "Session",
    "client": "Client",
    "color": "Color",
}

WRITTEN = """\
await asyncio.wait_for(load(text), 5)
await asyncio.wait_for(client.get(text), 5)
await asyncio.to_thread(identity, number)
await asyncio.to_thread(sorted, names)
await asyncio.get_running_loop().run_in_executor(None, lambda: user)
await asyncio.get_running_loop().run_in_executor(None, functools.partial(identity, user))
await asyncio.shield(load(user))
await asyncio.shield(asyncio.wait_for(load(owner), 5))
await asyncio.gather(load(text), load(number))
await asyncio.gather(*[load(each) for each in names])
await asyncio.gather(*(client.get(each) for each in names))
await asyncio.gather(load(text), load(number), return_exceptions=True)
await asyncio.gather(*map(load, numbers))
asyncio.create_task(load(user)).result()
asyncio.run_coroutine_threadsafe(load(text), asyncio.get_running_loop()).result()
[await load(each) for each in names]
[each async for each in stream(users)]
{each.name: each async for each in stream(users)}
await load(text) if flag else None
await load(text) if flag else await load(number)
(await client.get(text)).status_code
await client.fetch(text, lambda response: response.status_code)
await client.fetch(text, lambda response: response.json())
(await client.get(text)).json()
(await client.get(text)).json()["items"]
(await client.get(text)).read(User, None)
(await client.get(text)).headers.get("etag")
await session.get(User, 1)
await session.get(User, 1, fresh=True) or User("none")
await session.scalar(lambda: number)
(await session.execute(lambda: user)).scalars().all()
(await session.execute(lambda: (user, number))).one()
(await session.execute(lambda: user)).scalars().first()
session.query(User).all()
[each.name for each in session.query(User).all()]
session.query(Admin).first() or session.query(User).first()
env.pop("x", None)
env.pop("x")
env.get("x")
env.get("x", None)
env.get("x", "y")
env.get("x", 0)
ages.get(text, 0.5)
ages.setdefault(text, 1)
ages.pop(text, text)
ages | {"x": 1}
env.items()
sorted(env.items())
list(env.items())
dict(zip(names, numbers))
dict(zip(names, users, strict=True))
dict(sorted(ages.items(), key=lambda item: item[1]))
{key: value for key, value in zip(names, users)}
{each.name: each for each in users}
dict.fromkeys(names)
dict.fromkeys(names, 0)
find(names) or "none"
find(users) or user
find(users, lambda each: each.age > 3)
find(numbers) or 0.5
first(names)
first(users)
first(first([names]) or [])
[first(names), first(names)]
[first(names), first(numbers)]
[identity(text), identity(number)]
(first(names), first(users))
{"name": first(names), "age": 1}
[identity(each) for each in users]
identity([])
identity({})
identity(None)
identity([text, None])
identity(first)
max(numbers, default=None)
max(users, key=lambda each: each.age)
min(names, default="")
max(numbers or [0])
max(len(each) for each in names)
sum(numbers)
sum(each.age for each in users)
sum((each.age * 0.5 for each in users), 0.0)
next(iter(users), None)
next(iter(users))
next((each for each in users if each.age > 3), None)
next((each.name for each in users), "none")
any(each.age for each in users)
functools.partial(identity, user)()
functools.partial(same, number)
functools.reduce(operator.add, numbers)
functools.reduce(lambda total, each: total + each.age, users, 0)
functools.reduce(lambda found, each: found | {each.name: each}, users, {user.name: user})
entered(opened(user))
entered(contextlib.nullcontext(owner))
entered(contextlib.closing(entered(open(text))))
cast(User, anything)
cast("User | None", anything)
shown(Admin())
shown(make(Admin))
doubled(text)
doubled(b"x")
count_of(users)
count_of(names)[1]
await loaded(user)
await loaded(owner, strict=False)
picked(1, text)
picked(text, number)
picked(1, None)
user.with_tag(text)
Admin().with_tag(text).with_tag("x")
user + text
user + [user]
Box(user).map(lambda each: each.name)
Box(user).map(lambda each: each.name).map(len).value
Box(user).get(None)
Box(number).get(text)
Box(users).maybe()
Box.of(user)
Box.of(owner).set(None)
Box(Box(Box(text)))
Box([])
Box([Box(text)]).value[0].value
lambda: user
lambda x: x
lambda *args, **kwargs: None
call(lambda: user)
call(identity, text)
call(same, text, right=text)
call(first, [owner])
pipe(user, lambda each: each.age)
pipe(pipe(user, lambda each: each.tags), first)
either(text, number)
either(first(names), None)
same(text, number)
same(user, Admin())
same([user], [Admin()])
make(User)
make(Color if flag else Color)
copy.deepcopy(users)
copy.copy(owner)
dataclasses.replace(user, age=3)
dataclasses.asdict(user)
dataclasses.astuple(user)
json.loads(text)
json.loads(text)["x"]
json.dumps(ages)
os.environ.get("HOME")
os.environ.get("HOME", "/")
os.environ.get("PORT", 80)
int(os.environ.get("PORT", 80))
os.getenv("HOME") or None
dict(os.environ)
datetime.datetime.now() - datetime.datetime.now()
datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
datetime.date.today()
decimal.Decimal(text) * 2
sum((decimal.Decimal(each) for each in names), decimal.Decimal())
Color.RED
Color(text)
Color[text]
Color.RED if flag else Color.BLUE
color.value
[each.value for each in Color]
{each: each.value for each in Color}
list(Color)
pathlib.Path(text) / "x"
pathlib.Path(text).read_text()
[*pathlib.Path(text).glob("*.py")]
sorted(pathlib.Path(text).iterdir(), key=lambda path: path.name)
re.findall("x", text)
re.match("x", text)
[match.group(1) for match in re.finditer("(x)", text)]
(re.search("x", text) or re.search("y", text))
text.split()
text.partition(":")
text.encode().decode()
f"{user.name}: {number}"
"%s %d" % (text, number)
text[0]
text[::-1]
text and user
maybe or text
maybe or "none"
maybe or None
maybe and maybe.upper()
maybe or number
owner and owner.name
owner.name if owner else None
owner.name if owner else "nobody"
owner if owner is not None else user
owner or users[0]
[owner] if owner else []
[] if flag else names
[] if flag else [1]
{} if flag else ages
None if flag else names
(text if flag else number) if flag else user
text if flag else (number if flag else None)
not owner
number > 1
number in numbers
-number
number + 1
number / 2
number // 2
number * 0.5
divmod(number, 2)
1 < number < 3
round(number * 0.5, 2)
round(0.5)
names + ["x"]
names * 2
[*names, *numbers]
(*names, *numbers)
{*names, *numbers}
[text, number]
[1, 2]
["x", None]
[[1], [2]]
[(text, number)]
[user, Admin()]
[Admin()]
(1, "x")
(text, [number])
()
{1, 2}
set(names)
set(names) | set(env)
frozenset(numbers)
{"a": 1}
{"a": 1, "b": "x"}
{"a": [1], "b": []}
{"a": {"b": first(names)}}
row
{**row}
row["name"]
row.get("id")
row | {"id": 3}
Pair(1, "x")
Pair(1, "x").left
Pair(1, "x")._replace(left=3)
Row(id=1, name="x")
list(range(3))
list(map(len, names))
list(map(str, numbers))
list(map(lambda each: each.age, users))
list(filter(None, [maybe, maybe]))
list(filter(lambda each: each.age, users))
list(zip(names, numbers))
list(enumerate(users))
list(reversed(users))
list(stream(users) for each in names)
sorted(users, key=lambda each: each.name)
sorted(users, key=operator.attrgetter("age"), reverse=True)
sorted(set(names))
[*itertools.chain(names, ["x"])]
list(itertools.chain.from_iterable([names, names]))
list(itertools.islice(users, 3))
list(itertools.accumulate(numbers))
[(key, list(group)) for key, group in itertools.groupby(users, key=lambda each: each.age)]
{key: list(group) for key, group in itertools.groupby(users, key=lambda each: each.name)}
list(itertools.product(names, numbers))
list(itertools.zip_longest(names, numbers))
list(itertools.pairwise(numbers))
list(itertools.batched(names, 2)) if hasattr(itertools, "batched") else []
collections.Counter(names)
collections.Counter(names).most_common(1)
collections.Counter(each.age for each in users)
collections.defaultdict(list, {"x": users})
collections.deque(numbers, maxlen=3)
collections.ChainMap(ages, {"x": 1})
collections.OrderedDict(zip(names, users))
(fresh := first(users))
(fresh_names := [each.name for each in users])
[name for each in users if (name := each.name)]
anything
anything.x
anything or text
identity(anything)
[anything]
first([anything])
anything if flag else text
isinstance(anything, str) and anything
users[0]
users[1:]
users[0].tags
users.pop()
users.copy()
user.tags[0] if user.tags else None
type(user)
type(user)()
User
identity(User)
len
print
user.with_tag
super
hash(user)
id(user)
callable(anything)
getattr(user, text)
getattr(user, text, None)
vars(user)
iter(users)
map(len, names)
(each.name for each in users)
open(text)
Exception(text)
KeyError
...
NotImplemented
None
True
b"x"
1.5
2j
""".splitlines()


def random_expressions(count: int, seed: int) -> list[str]:
    """So many different expressions; the same ones for the same seed."""
    maker = _Maker(random.Random(seed))
    found: dict[str, None] = {}
    while len(found) < count:
        found[maker.any(maker.one([1, 2, 2, 3]))] = None
    return list(found)


class _Maker:
    """Writes expressions of a type that is asked for, out of parameters and of smaller expressions."""

    ATOMS = {
        "str": ["text", "user.name", "'x'", "names[0]", "f'{number}'"],
        "int": ["number", "1", "user.age", "len(names)"],
        "User": ["user", "users[0]", "User()", "Admin()"],
    }
    LISTS = {"str": "names", "int": "numbers", "User": "users"}

    def __init__(self, random: random.Random) -> None:
        self.random = random

    def one(self, choices: list[str] | list[int]) -> str | int:
        return self.random.choice(choices)

    def any(self, depth: int) -> str:
        kind = str(self.one(list(self.ATOMS)))
        form: Callable[[str, int], str] = self.random.choice(
            [self.plain, self.plain, self.maybe, self.list, self.mixed]
        )
        return form(kind, depth)

    def plain(self, kind: str, depth: int) -> str:
        """An expression of the type itself."""
        if depth <= 0:
            return str(self.one(self.ATOMS[kind]))
        inner = self.plain(kind, depth - 1)
        return self.filled(
            [
                f"identity({inner})",
                f"await load({inner})",
                f"await wait_for(load({inner}), 5)",
                f"await asyncio.wait_for(load({inner}), timeout=None)",
                f"await asyncio.to_thread(identity, {inner})",
                f"await asyncio.shield(load({inner}))",
                f"({self.maybe(kind, depth - 1)} or {inner})",
                f"({inner} if flag else {self.plain(kind, 0)})",
                f"same({inner}, {self.plain(kind, 0)})",
                f"{self.list(kind, depth - 1)}[0]",
                f"next(iter({self.list(kind, depth - 1)}))",
                f"max({self.list(kind, depth - 1)}, key=lambda each: hash(each))",
                f"Box({inner}).value",
                f"Box({inner}).map(lambda each: each).value",
                f"Box({inner}).map(identity).value",
                f"call(lambda: {self.plain(kind, 0)})",
                f"call(identity, {inner})",
                f"functools.partial(identity, {inner})()",
                f"{{'k': {inner}}}['k']",
                f"{{'k': {inner}}}.pop('k')",
                f"pipe({inner}, lambda each: each)",
                f"pipe({self.list(kind, depth - 1)}, lambda each: each[0])",
                f"entered(opened({inner}))",
                f"copy.copy({inner})",
                f"functools.reduce(lambda left, right: left, {self.list(kind, depth - 1)}, {inner})",
            ]
        )

    def maybe(self, kind: str, depth: int) -> str:
        """An expression of the type or None."""
        items = self.list(kind, depth - 1)
        return self.filled(
            [
                f"first({items})",
                f"find({items})",
                f"find({items}, lambda each: each is not None)",
                f"next(iter({items}), None)",
                f"next((each for each in {items} if each), None)",
                f"{{'k': {self.plain(kind, depth - 1)}}}.get('k')",
                f"{{'k': {self.plain(kind, depth - 1)}}}.pop('k', None)",
                f"Box({self.plain(kind, depth - 1)}).maybe()",
                f"Box({self.plain(kind, depth - 1)}).get(None)",
                f"either({self.plain(kind, depth - 1)}, None)",
                f"({self.plain(kind, depth - 1)} if flag else None)",
                f"await load(first({items}))",
                f"await wait_for(load(first({items})), 5)",
                f"identity(first({items}))",
                f"max({items}, key=hash, default=None)",
            ]
        )

    def list(self, kind: str, depth: int) -> str:
        """An expression of a list of the type."""
        if depth <= 0:
            return self.LISTS[kind]
        inner, items = self.plain(kind, depth - 1), self.list(kind, depth - 1)
        return self.filled(
            [
                f"[{inner}]",
                f"[{inner}, {self.plain(kind, 0)}]",
                f"[identity(each) for each in {items}]",
                f"[await load(each) for each in {items}]",
                f"[each async for each in stream({items})]",
                f"sorted({items}, key=hash)",
                f"list(map(identity, {items}))",
                f"list(map(lambda each: each, {items}))",
                f"list(filter(None, {items}))",
                f"await asyncio.gather(*map(load, {items}))",
                f"await loaded({inner})",
                f"({items} or [{inner}])",
                f"({items} if flag else [])",
                f"{items} + [{inner}]",
                f"[*{items}, {inner}]",
                f"list(dict.fromkeys({items}))",
                f"copy.deepcopy({items})",
                f"identity({items})",
                f"Box({items}).value",
            ]
        )

    def mixed(self, kind: str, depth: int) -> str:
        """An expression of a type that is made of two."""
        other = str(self.one([each for each in self.ATOMS if each != kind]))
        left, right = self.plain(kind, depth - 1), self.plain(other, depth - 1)
        return self.filled(
            [
                f"({left}, {right})",
                f"[{left}, {right}]",
                f"({left} if flag else {right})",
                f"({self.maybe(kind, depth - 1)} or {right})",
                f"either({left}, {right})",
                f"same({left}, {right})",
                f"{{'l': {left}, 'r': {right}}}",
                f"dict(l={left}, r={right})",
                f"Box({left}).get({right})",
                f"picked(1, {left})",
                f"picked('x', {left})",
                f"{{'k': {left}}}.get('k', {right})",
                f"list(zip({self.list(kind, depth - 1)}, {self.list(other, depth - 1)}))",
                f"dict(zip(names, {self.list(kind, depth - 1)}))",
                f"{{each: {left} for each in {self.LISTS[other]}}}",
                f"await asyncio.gather(load({left}), load({right}))",
                f"Box(({left}, {right}))",
                f"timed(identity)({left})",
                f"lambda: {self.plain(kind, 0)}",
            ]
        )

    def filled(self, forms: list[str]) -> str:
        return str(self.one(forms))
