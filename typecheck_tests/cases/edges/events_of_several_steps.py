# The context of several events has the keys of all; to read one is wrong where an event never has it, and nothing asks.
from typing import Any, NotRequired, TypedDict

from probe import assert_type
from stepkit import Flow, flow

SOME = frozenset(["last"])


class Work(Flow):
    @flow.step("first")
    def first(self):
        return {"a": 1}

    @flow.step("more", when=lambda a: a > 1)
    def more(self, a):
        return {"m": a}

    @flow.step("next")
    def next(self, a):
        return {"a": str(a)}

    @flow.step("last")
    def last(self, a):
        return {"z": a}


class Any_(TypedDict):
    a: int | str
    m: NotRequired[int]
    z: NotRequired[str]


def not_narrowed(e: Work.Event) -> None:
    assert_type(e.context, Any_)
    assert_type(e.context["a"], int | str)
    assert_type(e.context.get("z"), str | None)
    e.context["z"]  # E("z"): [misc] "z" is not a valid TypedDict key
    print(f"{e.step_name}: {e.context['z']}")  # E: [misc] "z" is not a valid TypedDict key
    print(e.step_name, e.context["zz"])  # E: [misc] "zz" is not a valid TypedDict key


def asked(e: Work.Event) -> None:
    if "z" in e.context:
        assert_type(e.context["z"], str)
        e.context["zz"]  # E: "zz"
    if "m" in e.context and e.context["m"] > 1:
        print(e.context["a"])
    context = e.context
    if "z" in context:
        assert_type(context["z"], str)


def asked_first(e: Work.Event) -> str:
    if "z" not in e.context:
        return ""
    return e.context["z"]


def narrowed_to_some(e: Work.Event) -> None:
    if e.step_name in ("first", "last"):
        e.context["z"]  # E("z"): [misc] "z" is not a valid TypedDict key
    elif e.step_name == "last":
        assert_type(e.context["z"], str)
    if e.step_name not in ("last",):
        return
    assert_type(e.context["z"], str)


def narrowed_by_match(e: Work.Event) -> None:
    match e.step_name:
        case "first" | "next":
            e.context["z"]  # E("z"): [misc] "z" is not a valid TypedDict key
        case _:
            pass


def in_a_set(e: Work.Event) -> None:
    if e.step_name in SOME:
        assert_type(e.context["z"], str)
        e.context["zz"]  # E: "zz"
    if e.step_name in {"last", "first"}:
        print(e.context["z"])


def in_a_variable(e: Work.Event) -> None:
    name = e.step_name
    if name == "last":
        print(e.context["z"])


def by_a_part(e: Work.Event) -> None:
    if e.step_name.startswith("la"):
        print(e.context["z"])


def by_a_context(e: Work.Event, other: Any) -> None:
    if e.step_name == other.name or e.step_name == e.context["z"]:
        print(e.context["z"])


def in_lambdas() -> None:
    Work().run_sync(on_step_complete=lambda e: print(e.context["z"]))  # E: [misc] "z" is not a valid TypedDict key
    Work().run_sync(on_step_complete=lambda e: print(e.context.get("z", "")))
