"""Flows as classes: what ``self`` holds, and what a subclass inherits."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, TypedDict, TypeVar

import attrs
import pytest

from stepkit import Flow, LogConfig, flow
from stepkit.errors import FlowDefinitionError

T = TypeVar("T")


class Body(TypedDict):
    body: str


class Outbox:
    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, text: str) -> None:
        self.sent.append(text)


# What self holds


class Plain(Flow[Body], name="Reply"):
    def __init__(self, outbox: Outbox, *, prefix: str = "Re: ") -> None:
        self.outbox = outbox
        self.prefix = prefix

    @flow.step
    def generate(self, body: str):
        return {"reply": self.prefix + body}

    @flow.step
    async def send(self, reply: str):
        self.outbox.send(reply)


@dataclasses.dataclass
class AsDataclass(Flow[Body], name="Reply"):
    outbox: Outbox
    prefix: str = "Re: "

    @flow.step
    def generate(self, body: str):
        return {"reply": self.prefix + body}

    @flow.step
    async def send(self, reply: str):
        self.outbox.send(reply)


@dataclasses.dataclass(slots=True, frozen=True)
class AsSlots(Flow[Body], name="Reply"):
    outbox: Outbox
    prefix: str = "Re: "

    @flow.step
    def generate(self, body: str):
        return {"reply": self.prefix + body}

    @flow.step
    async def send(self, reply: str):
        self.outbox.send(reply)


@attrs.define
class AsAttrs(Flow[Body], name="Reply"):
    outbox: Outbox
    prefix: str = "Re: "

    @flow.step
    def generate(self, body: str):
        return {"reply": self.prefix + body}

    @flow.step
    async def send(self, reply: str):
        self.outbox.send(reply)


@attrs.frozen
class AsFrozen(Flow[Body], name="Reply"):
    outbox: Outbox
    prefix: str = "Re: "

    @flow.step
    def generate(self, body: str):
        return {"reply": self.prefix + body}

    @flow.step
    async def send(self, reply: str):
        self.outbox.send(reply)


@pytest.mark.parametrize("flow_class", [Plain, AsDataclass, AsSlots, AsAttrs, AsFrozen])
def test_self_holds_what_a_step_needs_from_outside(flow_class: Any) -> None:
    outbox = Outbox()
    checkpoints: list[str] = []

    def keep(event: Any) -> None:
        checkpoints.append(event.checkpoint)

    assert flow_class(outbox).run_sync({"body": "hi"}, on_step_complete=keep) == {"body": "hi", "reply": "Re: hi"}
    assert asyncio.run(flow_class(outbox, prefix="Aw: ").run({"body": "ho"})) == {"body": "ho", "reply": "Aw: ho"}
    assert flow_class(outbox, prefix="never used").run_checkpoint_sync(checkpoints[0])["reply"] == "Re: hi"
    assert outbox.sent == ["Re: hi", "Aw: ho", "Re: hi"]
    assert flow_class(outbox, prefix="!").generate("direct") == {"reply": "!direct"}
    assert flow_class.Input is Body


@pytest.mark.parametrize("flow_class", [AsSlots, AsAttrs, AsFrozen])
def test_a_class_that_its_decorator_makes_anew_keeps_its_class_keywords(flow_class: Any) -> None:
    refused = flow_class(Outbox()).run_checkpoint_sync
    with pytest.raises(Exception, match="^flow Reply: "):
        refused("not JSON")


# Inheritance


class Base(Flow):
    @flow.step("first")
    def first(self):
        return {"ran": ["first"]}

    @flow.step("second", on_error="continue")
    def second(self, ran):
        return {"ran": [*ran, "second"]}

    @flow.step("third")
    def third(self, ran):
        return {"ran": [*ran, "third"]}


def names_of(flow_class: Any) -> list[str]:
    return [step["name"] for step in flow_class.describe()]


def test_a_subclass_inherits_the_table_and_appends_its_own_steps() -> None:
    class Longer(Base):
        @flow.step("fourth")
        def fourth(self, ran):
            return {"ran": [*ran, "fourth"]}

    assert Longer().run_sync() == {"ran": ["first", "second", "third", "fourth"]}
    assert names_of(Base) == ["first", "second", "third"]


def test_a_step_redefined_under_the_same_method_name_takes_the_old_ones_place() -> None:
    class Changed(Base):
        @flow.step("other-second")
        async def second(self, ran):
            return {"ran": [*ran, "other"]}

    assert Changed().run_sync() == {"ran": ["first", "other", "third"]}
    assert names_of(Changed) == ["first", "other-second", "third"]
    assert "on_error" not in Changed.describe()[1]


def test_an_overriding_step_may_call_the_one_it_overrides() -> None:
    class Changed(Base):
        @flow.step("second")
        def second(self, ran):
            return {"ran": [*super().second(ran)["ran"], "more"]}

    assert Changed().run_sync() == {"ran": ["first", "second", "more", "third"]}


def test_an_inherited_step_set_to_none_is_gone() -> None:
    class Shorter(Base):
        second = None

    class Again(Shorter):
        @flow.step("second")
        def second(self, ran):
            return {"ran": [*ran, "again"]}

    assert Shorter().run_sync() == {"ran": ["first", "third"]}
    assert Again().run_sync() == {"ran": ["first", "third", "again"]}


def test_steps_of_several_bases_follow_pythons_method_resolution_order() -> None:
    class Greets:
        @flow.step
        def greet(self, ran):
            return {"ran": [*ran, "greet"]}

        @flow.step("third")
        def third(self, ran):
            return {"ran": [*ran, "mixed-in third"]}

    class Left(Base):
        @flow.step
        def left(self, ran):
            return {"ran": [*ran, "left"]}

    class Right(Base):
        @flow.step("second")
        def second(self, ran):
            return {"ran": [*ran, "right second"]}

    class Both(Left, Right): ...

    class Mixed(Greets, Base): ...

    assert Both().run_sync() == {"ran": ["first", "right second", "third", "left"]}
    assert Mixed().run_sync() == {"ran": ["first", "second", "mixed-in third", "greet"]}


def test_an_inherited_method_that_is_called_by_steps_may_be_overridden() -> None:
    class Greeting(Flow):
        def word(self) -> str:
            return "hello"

        @flow.step
        def greet(self):
            return {"greeting": self.word()}

    class Shouting(Greeting):
        def word(self) -> str:
            return "HELLO"

    assert Shouting().run_sync() == {"greeting": "HELLO"}


def test_a_clash_of_names_between_bases_is_found_when_the_class_is_created() -> None:
    class Other(Flow):
        @flow.step("first")
        def primo(self): ...

    with pytest.raises(FlowDefinitionError) as caught:
        type("Both", (Base, Other), {})
    assert caught.value.problems == (
        'first: the name "first" is taken by primo; names and aliases must be unique in a flow',
    )


def test_a_flow_class_does_not_change_once_it_is_created() -> None:
    class Fixed(Base): ...

    Fixed.fourth = flow.step("fourth")(lambda self: {"ran": "never"})
    Fixed.second = None
    assert Fixed().run_sync() == {"ran": ["first", "second", "third"]}


# Class keywords


def test_class_keywords_are_options_of_the_flow() -> None:
    lines: list[str] = []

    class Logged(Base, log=LogConfig(log_fn=lines.append), name="other-name"): ...

    class Inherits(Logged): ...

    Logged().run_sync(log=False)
    assert lines == []
    Inherits().run_sync()
    assert lines[0] == "🚀 Starting pipeline"
    with pytest.raises(Exception, match="^flow other-name: "):
        Logged().run_checkpoint_sync("not JSON")
    with pytest.raises(Exception, match="^flow Inherits: "):  # a name is not inherited
        Inherits().run_checkpoint_sync("not JSON")


def test_input_output_and_event_can_be_named_of_every_flow() -> None:
    assert Base.Input is Any
    assert Base.Output is Any
    assert Base.Event is not None
