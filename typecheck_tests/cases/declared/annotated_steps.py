# mypy: disallow-untyped-decorators, disallow-untyped-calls, disallow-any-generics, warn-return-any
# What strict asks of decorators holds for annotated steps, with and without the plugin: whatever name flow.step goes by.
import functools
from typing import Any, TypedDict

from probe import assert_type
from stepkit import Flow, flow
from stepkit.flow import step as imported

step = flow.step
another = step
replacing = flow.transform
retried = functools.partial(flow.step, retries=3)
safe = functools.partial(flow.step, on_error="continue")
loading = functools.partial(flow.step, "loading")
SURE = flow.step("sure", retries=2)


class Result(TypedDict):
    b: int


class Member(TypedDict):
    c: int


def remote_step(name: str) -> flow.StepDecorator:
    return flow.step(name, retries=3)


def passed_on(name: str | None = None, **options: Any) -> flow.StepDecorator:
    return step(name, **options)


def replacing_step(name: str) -> flow.StepDecorator:
    return flow.transform(name)


class Input(TypedDict):
    a: int


class Annotated(Flow[Input]):
    own = flow.step
    gather = flow.parallel

    @flow.step
    def bare(self, a: int) -> Result:
        return {"b": a}

    @flow.step("named")
    def named(self, a: int, b: int) -> Result:
        return {"b": a + b}

    @imported("imported")
    def imported(self, b: int) -> Result:
        return {"b": b}

    @step
    def bare_alias(self, b: int) -> Result:
        return {"b": b}

    @another("alias")
    def alias(self, b: int) -> Result:
        return {"b": b}

    @own("own-alias")
    def own_alias(self, b: int) -> Result:
        return {"b": b}

    @retried
    def bare_partial(self, b: int) -> Result:
        return {"b": b}

    @safe("partial")
    async def partial(self, b: int) -> Result:
        return {"b": b}

    @loading()
    def whole_partial(self, b: int) -> Result:
        return {"b": b}

    @SURE
    def constant(self, b: int) -> Result:
        return {"b": b}

    @remote_step("house")
    def house(self, b: int) -> Result:
        return {"b": b}

    @passed_on("passed", timeout=3)
    def passed(self, b: int) -> Result:
        return {"b": b}

    group = flow.parallel("group")
    gathered = gather("gathered")
    member_step = gathered.step

    @group.step
    def bare_member(self, b: int) -> Member:
        return {"c": b}

    @gathered.step("member")
    def member(self, b: int) -> Member:
        return {"c": b}

    @member_step("alias-member")
    def alias_member(self, c: int) -> Result:
        return {"b": c}

    @flow.transform
    def bare_transform(self, context: object, /) -> Result:
        return {"b": 1}

    @replacing("replace")
    def replace(self, b: int) -> Result:
        return {"b": b}

    @replacing_step("replace-too")
    def replace_too(self, b: int, dd: int) -> Result:  # E(dd): [stepkit-missing-key]
        return {"b": b}


assert_type(Annotated().run_sync({"a": 1}), Result)


class More(Annotated):
    @Annotated.group.step("more")
    def more(self, b: int) -> Member:
        return {"c": b}


class Without(Annotated):
    bare_alias = None
    alias = None
    bare_partial = None
    partial = None
    house = None
    bare_member = None
    alias_member = None
    bare_transform = None

    @step
    async def bare(self, context: object, /) -> Result:
        return {"b": 1}

    @safe("named")
    def named(self) -> Result:
        return {"b": 1}
