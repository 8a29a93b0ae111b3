# Models of several libraries in containers, groups, branches; what is no field of a model is not looked at.
from __future__ import annotations

import threading
from functools import cached_property
from typing import ClassVar, Generic, TypedDict, TypeVar, Union

import attrs
import msgspec
from probe import assert_type
from pydantic import BaseModel, ConfigDict, HttpUrl, PrivateAttr, RootModel, SecretStr
from pydantic.dataclasses import dataclass as pydantic_dataclass
from stepkit import Flow, flow

T = TypeVar("T")


class Expression(BaseModel):
    model_config = ConfigDict(frozen=True)
    LOCK: ClassVar[threading.Lock] = threading.Lock()
    op: str
    args: list[Union[Expression, int, str]] = []
    _seen: dict[str, int] = PrivateAttr(default_factory=dict)

    @cached_property
    def lock(self) -> threading.Lock:
        return threading.Lock()


class Names(RootModel[list[str]]):
    pass


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: Page[T] | None = None


class Settings(BaseModel):
    name: str
    token: SecretStr


class Site(BaseModel):
    urls: list[HttpUrl] = []


@pydantic_dataclass
class Linked:
    x: int
    inner: Linked | None = None


class Shape(msgspec.Struct, tag=True):
    pass


class Circle(Shape):
    radius: float


class Group(Shape):
    of: list[Circle | Group]


@attrs.frozen
class Tree:
    value: int
    kids: tuple[Tree, ...] = ()


class In(TypedDict):
    expression: Expression
    group: Group
    tree: Tree
    linked: Linked
    names: Names
    page: Page[Tree]


class Inner(Flow[In]):
    both = flow.parallel("both", mode="settled")

    @both.step("args")
    def args(self, expression):
        return {"args": expression.args}

    @both.step("shapes")
    def shapes(self, group: Group):
        return {"first": group.of[0]}

    @flow.step("pair")
    def pair(self, args=None, first=None):
        return {"pair": (args, first)}


class Outer(Flow[In]):
    inner = flow.subflow("inner", Inner)

    @flow.branch("route", cases={"x": Inner, "y": lambda self: Inner()})
    def route(self, tree):
        return "x" if tree.kids else "y"

    @flow.step("done")
    def done(self, pair, linked, page):
        return {"args": pair[0], "next": linked.inner, "rest": page.next, "trees": page.items}


def saved(event: Outer.Event) -> None:
    assert event.checkpoint
    if event.step_name == "done":
        assert_type(event.context["rest"], Page[Tree] | None)


def run(data: In) -> None:
    result = Outer().run_sync(data, on_step_complete=saved)
    assert_type(result["args"], list[Expression | int | str] | None)
    assert_type(result["next"], Linked | None)
    assert_type(result["trees"], list[Tree])


class SettingsIn(TypedDict):
    settings: Settings
    site: Site


class Configure(Flow[SettingsIn]):
    @flow.step("name")
    def name(self, settings):
        return {"name": settings.name}


def save(event: Configure.Event) -> None:
    print(event.checkpoint)  # E: [stepkit-unsavable] "settings" of type "Settings", whose "token" is of type "SecretStr" # E: [stepkit-unsavable] "site" ... whose "urls"
