# Callbacks as methods of the class: also those of a base flow, of which a subclass has its own.
from typing import Any, Generic, TypedDict, TypeVar

from stepkit import Flow, StepEvent, flow
from typing_extensions import override


class Input(TypedDict):
    a: int


class Calc(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": str(a)}

    def on_step_complete(self, event: "Calc.Event") -> None:
        if event.step_name == "one":
            print(event.context["b"].upper())

    def on_step_error(self, step_name: str, error: Exception) -> None:
        print(step_name, error)


Calc().run_sync({"a": 1})
Calc().run_sync({"a": 1}, on_step_complete=Calc().on_step_complete)


InT = TypeVar("InT")


class ServiceFlow(Flow[InT], Generic[InT]):
    """The base flow of a team."""

    @flow.step("begin")
    def begin(self):
        return {"begun": 1}

    @override
    def on_step_complete(self, event: "ServiceFlow.Event") -> None:
        if event.step_name == "begin":
            print(event.context["begun"].bit_length())

    def on_step_start(self, event):
        print(event.step_name.upper(), event.begun)  # E: [attr-defined] "StepStart" has no attribute "begun"


class Big(ServiceFlow[Input]):
    @flow.step("charge")
    def charge(self, begun, a):
        return {"charged": begun + a}

    @override
    def on_step_complete(self, event: "Big.Event") -> None:
        super().on_step_complete(event)
        if event.step_name == "charge":
            print(event.context["charged"].bit_length(), event.context["chargd"])  # E: [misc] "chargd"


class Bigger(Big):
    @flow.step("report")
    def report(self, charged):
        return {"report": str(charged)}

    def on_step_complete(self, event):
        super().on_step_complete(event)
        if event.step_name == "report":
            print(event.context["report"].upper(), event.context["reprt"])  # E: [misc] "reprt"


class AnyFlow(Flow[Input]):
    @override
    def on_step_complete(self, event: StepEvent[Any, Any, Any]) -> None:
        print(event.step_name)


class Narrower(AnyFlow):
    @flow.step("one")
    def one(self, a):
        return {"b": a}

    def on_step_complete(self, event: "Narrower.Event") -> None:
        super().on_step_complete(event)
        print(event.context["b"])


class Shared(Flow[Input]):
    @flow.step("one")
    def one(self, a):
        return {"b": a}

    def on_step_complete(self, event: "Shared.Event | None") -> None:
        print(event)


class SharedToo(Shared):
    @flow.step("two")
    def two(self, b):
        return {"c": b}

    def on_step_complete(self, event: "Shared.Event | None") -> None:
        print(event)


def use(big: Big, event: "Bigger.Event", other: "Calc.Event") -> None:
    big.on_step_complete(event)
    big.on_step_complete(other)  # E: [arg-type] Argument 1 to "on_step_complete" of "Big"
    Calc().on_step_error("one", ValueError())
    Big().run_sync({"a": 1}, on_step_complete=big.on_step_complete)
    Calc().run_sync({"a": 1}, on_step_complete=big.on_step_complete)  # E: [arg-type]


class Stranger(Flow):
    @flow.step("one")
    def one(self):
        return {"c": 1}

    def on_step_complete(self, event: Calc.Event) -> None:  # E: [stepkit-definition] on_step_complete: it is given the events of Stranger, not those of Calc; annotate it with Stranger.Event
        print(event.step_name)

    def on_step_error(self, step_name: int, error: ValueError) -> None:  # E: [stepkit-definition] its "step_name" is of type "int", but it is given any str # E: [stepkit-definition] its "error" is of type "ValueError", but it is given any Exception
        print(step_name, error)


class Either(Stranger):
    def on_step_complete(self, event: "Either.Event | Calc.Event") -> None:
        print(event.step_name)

    def on_progress(self, progress: int) -> None:  # E: [stepkit-definition] its "progress" is of type "int", but it is given any Progress
        print(progress)


class Overridden(Calc):
    @override
    def on_step_completed(self, event: "Overridden.Event") -> None:  # E+: override, but no base
        event.stop_pipeline()
