# A name that no step has would be a gate that never closes: it is found wherever an event's name is looked at.
from typing import Final, Literal, TypedDict

from probe import assert_type
from stepkit import Flow, StepEvent, flow

GATE: Final = "drft"
GATES: Final = ("draft", "midd")


class Input(TypedDict):
    a: int


class Inner(Flow[Input]):
    @flow.step("deep")
    def deep(self, a):
        return {"x": a}


class Work(Flow[Input]):
    @flow.step("draft")
    def draft(self, a):
        return {"b": str(a)}

    inner = flow.subflow("inner", Inner)

    @flow.step("mid")
    def mid(self, a):
        return {"c": a}

    def on_step_complete(self, event):
        if event.step_name == "drft":  # E("drft"): [stepkit-missing-key] Work has no step "drft"; did you mean "draft"?
            print(event)
        if event.step_name in ("draft", "mid"):
            assert_type(event.context["b"], str)
            event.context["c"]  # E: "c"


def compared(e: Work.Event) -> None:
    if e.step_name == "drft":  # E("drft"): [stepkit-missing-key] did you mean "draft"?
        print(e.context["a"])
    if e.step_name != "drft":  # E("drft"): [stepkit-missing-key] Work has no step "drft"
        print(e.context["a"])
    if "drft" == e.step_name:  # E("drft"): [stepkit-missing-key] Work has no step "drft"
        print(e.context["a"])
    if e.step_name == GATE:  # E(GATE): [stepkit-missing-key] Work has no step "drft"
        print(e.context["a"])
    if e.step_name == "inner/dep":  # E("inner): [stepkit-missing-key] did you mean "inner/deep"?
        print(e)
    if e.step_name == "deep":  # E("deep"): [stepkit-missing-key] Work has no step "deep"
        print(e)
    stop = e.step_name == "drft" and e.duration_ms > 1  # E("drft"): [stepkit-missing-key] Work has no step
    if stop:
        e.stop_pipeline()


def contained(e: Work.Event) -> None:
    if e.step_name in ("draft", "midd"):  # E("midd"): [stepkit-missing-key] Work has no step "midd"; did you mean "mid"?
        print(e.context["b"])
    if e.step_name in ["drft"]:  # E("drft"): [stepkit-missing-key]
        print(e)
    if e.step_name not in {"draft", "midd"}:  # E("midd"): [stepkit-missing-key]
        print(e)
    if e.step_name in {"draft": 1, "midd": 2}:  # E("midd"): [stepkit-missing-key]
        print(e)
    if e.step_name in frozenset(["draft", "midd"]):  # E("midd"): [stepkit-missing-key]
        print(e)
    if e.step_name in GATES:  # E(GATES): [stepkit-missing-key] Work has no step "midd"
        print(e)


def contained_in_a_tuple(e: Work.Event) -> None:
    if e.step_name in ("draft", "mid"):
        assert_type(e.context["a"], int)
        e.context["c"]  # E: "c"


def matched(e: Work.Event) -> None:
    match e.step_name:
        case "drft":  # E("drft"): [stepkit-missing-key] did you mean "draft"?
            print("never")
        case "draft":
            assert_type(e.context["b"], str)
        case "inner/deep" | "midd":  # E("midd"): [stepkit-missing-key] did you mean "mid"?
            assert_type(e.context["x"], int)
        case _:
            print(e)
    match e:
        case StepEvent(step_name="drft"):  # E("drft"): [stepkit-missing-key] did you mean "draft"?
            print("never")
        case StepEvent(step_name="draft"):
            print(e.context["b"])


def narrowed(e: Work.Event) -> None:
    if e.step_name == "draft":
        assert_type(e.step_name, Literal["draft"])
    elif e.step_name == "mid":
        assert_type(e.context["c"], int)
    elif e.step_name == "done":  # E("done"): [stepkit-missing-key] Work has no step "done"
        print(e)


def of_two(e: Work.Event | Inner.Event) -> None:
    if e.step_name == "deep":
        print(e.context["x"])
    if e.step_name == "deeep":  # E("deeep"): [stepkit-missing-key] Work | Inner has no step "deeep"; did you mean "deep"?
        print(e)


def plain(e: StepEvent, name: str) -> bool:
    return e.step_name == "anything" or e.step_name == name


def in_expressions(events: list[Work.Event]) -> None:
    Work().run_sync({"a": 1}, on_step_complete=lambda e: print(e.step_name == "drft"))  # E("drft"): [stepkit-missing-key]
    print([e for e in events if e.step_name == "drft"])  # E("drft"): [stepkit-missing-key]


class Gated(Flow[Input]):
    """A gate is inherited, and the steps that it looks at may be other ones then."""

    @flow.step("draft")
    def draft(self, a):
        return {"b": a}

    @flow.step("legal")
    def legal(self, b):
        return {"c": b}

    def on_step_complete(self, event: "Gated.Event") -> None:
        if event.step_name in ("draft", "legal"):
            event.stop_pipeline()


class Renamed(Gated):
    @flow.step("sketch")
    def draft(self, a):  # E: [stepkit-missing-key] on_step_complete, which Renamed inherits from Gated, compares with "draft", and Renamed has no step of that name; keep the name
        return {"b": a}


class RenamedMore(Renamed):
    @flow.step("law")
    def legal(self, b):  # E: [stepkit-missing-key] which RenamedMore inherits from Gated, compares with "legal"
        return {"c": b}


class WithoutLegal(Gated):
    legal = None


class RenamedWithOwn(Gated):
    @flow.step("sketch")
    def draft(self, a):
        return {"b": a}

    def on_step_complete(self, event: "RenamedWithOwn.Event") -> None:
        if event.step_name == "sketch":
            event.stop_pipeline()


class RenamedWithBoth(Gated):
    @flow.step("sketch")
    def draft(self, a):  # E: [stepkit-missing-key] compares with "draft", and RenamedWithBoth has no step
        return {"b": a}

    def on_step_complete(self, event: "RenamedWithBoth.Event") -> None:
        super().on_step_complete(event)
        if event.step_name == "sketch":
            event.stop_pipeline()


class SameNames(Gated):  # E: [stepkit-missing-key] step "legal" reads "b"
    @flow.step("draft")
    def other(self, a):
        return {"b": a}

    draft = None
