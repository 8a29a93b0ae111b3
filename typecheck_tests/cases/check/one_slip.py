# One slip in a flow with a condition, a branch and a nested flow is one error: its callers are not blamed, too.
from typing import TypedDict

from stepkit import Flow, flow


class OrderInput(TypedDict):
    items: list[int]
    customer: str


class ReviewInput(TypedDict):
    total: float
    risk: str


class Review(Flow[ReviewInput]):
    @flow.step("check")
    def check(self, risk: str, total: float):
        return {"approved": risk == "low" and total < 10}

    @flow.step("explain")
    def explain(self, risk: str, approved: bool):
        return {"reason": f"{risk} {approved}"}


class Fast(Flow[ReviewInput]):
    @flow.step("auto")
    def auto(self, risk: str, total: float):
        return {"approved": True, "reason": f"{risk} {total}"}


class Right(Flow[OrderInput]):
    @flow.step("price")
    def price(self, items):
        return {"total": sum(items) * 1.5}

    @flow.step("score")
    def score(self, customer: str, total: float):
        return {"risk": "high" if customer or total > 100 else "low"}

    @flow.step("fee", when=lambda risk: risk == "high")
    def fee(self, risk: str, total: float):
        return {"fee": total * 0.1}

    @flow.branch("route", cases={"review": Review, "fast": Fast})
    def route(self, risk: str):
        return "review" if risk == "high" else "fast"

    @flow.step("tax")
    def tax(self, total: float, fee: float = 0.0):
        return {"tax": total * 0.2 + fee}

    again = flow.subflow("again", Review)

    @flow.step("bill")
    def bill(self, total: float, tax: float, approved: bool):
        return {"bill": total + tax if approved else 0.0}

    @flow.step("report")
    def report(self, bill: float, reason: str, risk: str, total: float):
        return {"report": f"{bill} {reason} {risk} {total}"}


def watch_right(event: Right.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_right = Right().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_right)
print(result_right["report"], result_right["risk"].upper(), result_right["total"] + 1)
Right().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class Given(Flow[OrderInput]):
    @flow.step("price")
    def price(self, items):
        return {"total": sum(items) * 1.5}

    @flow.step("score")
    def score(self, customer: str, total: float):
        return {"risc": "high" if customer or total > 100 else "low"}

    @flow.step("fee", when=lambda risk: risk == "high")  # E: [stepkit-when] reads "risk" ... did you mean "risc"?
    def fee(self, risk: str, total: float):
        return {"fee": total * 0.1}

    @flow.branch("route", cases={"review": Review, "fast": Fast})
    def route(self, risk: str):
        return "review" if risk == "high" else "fast"

    @flow.step("tax")
    def tax(self, total: float, fee: float = 0.0):
        return {"tax": total * 0.2 + fee}

    again = flow.subflow("again", Review)

    @flow.step("bill")
    def bill(self, total: float, tax: float, approved: bool):
        return {"bill": total + tax if approved else 0.0}

    @flow.step("report")
    def report(self, bill: float, reason: str, risk: str, total: float):
        return {"report": f"{bill} {reason} {risk} {total}"}


def watch_given(event: Given.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_given = Given().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_given)
print(result_given["report"], result_given["risk"].upper(), result_given["total"] + 1)
Given().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class Typed(Flow[OrderInput]):
    @flow.step("price")
    def price(self, items):
        return {"total": str(sum(items))}

    @flow.step("score")
    def score(self, customer: str, total: float):  # E: [stepkit-key-type] reads "total" as "float", but step "price" gives it as "str"
        return {"risk": "high" if customer or total > 100 else "low"}

    @flow.step("fee", when=lambda risk: risk == "high")
    def fee(self, risk: str, total: float):
        return {"fee": total * 0.1}

    @flow.branch("route", cases={"review": Review, "fast": Fast})
    def route(self, risk: str):
        return "review" if risk == "high" else "fast"

    @flow.step("tax")
    def tax(self, total: float, fee: float = 0.0):
        return {"tax": total * 0.2 + fee}

    again = flow.subflow("again", Review)

    @flow.step("bill")
    def bill(self, total: float, tax: float, approved: bool):
        return {"bill": total + tax if approved else 0.0}

    @flow.step("report")
    def report(self, bill: float, reason: str, risk: str, total: float):
        return {"report": f"{bill} {reason} {risk} {total}"}


def watch_typed(event: Typed.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_typed = Typed().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_typed)
print(result_typed["report"], result_typed["risk"].upper(), result_typed["total"] + 1)
Typed().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class TypedLater(Flow[OrderInput]):
    @flow.step("price")
    def price(self, items):
        return {"total": sum(items) * 1.5}

    @flow.step("score")
    def score(self, customer: str, total: float):
        return {"risk": len(customer) + total}

    @flow.step("fee", when=lambda risk: bool(risk))
    def fee(self, risk: str, total: float):  # E: [stepkit-key-type] reads "risk" as "str", but step "score" gives it as "float"
        return {"fee": total * 0.1}

    @flow.branch("route", cases={"review": Review, "fast": Fast})
    def route(self, risk: str):
        return "review" if risk == "high" else "fast"

    @flow.step("tax")
    def tax(self, total: float, fee: float = 0.0):
        return {"tax": total * 0.2 + fee}

    again = flow.subflow("again", Review)

    @flow.step("bill")
    def bill(self, total: float, tax: float, approved: bool):
        return {"bill": total + tax if approved else 0.0}

    @flow.step("report")
    def report(self, bill: float, reason: str, risk: str, total: float):
        return {"report": f"{bill} {reason} {risk} {total}"}


def watch_typedlater(event: TypedLater.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_typedlater = TypedLater().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_typedlater)
print(result_typedlater["report"], result_typedlater["risk"].upper(), result_typedlater["total"] + 1)
TypedLater().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class Read(Flow[OrderInput]):
    @flow.step("price")
    def price(self, items):
        return {"total": sum(items) * 1.5}

    @flow.step("score")
    def score(self, customer: str, totl: float):  # E: [stepkit-missing-key] reads "totl" ... "total"
        return {"risk": "high" if customer or totl > 100 else "low"}

    @flow.step("fee", when=lambda risk: risk == "high")
    def fee(self, risk: str, total: float):
        return {"fee": total * 0.1}

    @flow.branch("route", cases={"review": Review, "fast": Fast})
    def route(self, risk: str):
        return "review" if risk == "high" else "fast"

    @flow.step("tax")
    def tax(self, total: float, fee: float = 0.0):
        return {"tax": total * 0.2 + fee}

    again = flow.subflow("again", Review)

    @flow.step("bill")
    def bill(self, total: float, tax: float, approved: bool):
        return {"bill": total + tax if approved else 0.0}

    @flow.step("report")
    def report(self, bill: float, reason: str, risk: str, total: float):
        return {"report": f"{bill} {reason} {risk} {total}"}


def watch_read(event: Read.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_read = Read().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_read)
print(result_read["report"], result_read["risk"].upper(), result_read["total"] + 1)
Read().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class ReadUnannotated(Flow[OrderInput]):
    @flow.step("price")
    def price(self, items):
        return {"total": sum(items) * 1.5}

    @flow.step("score")
    def score(self, customer, totl):  # E: [stepkit-missing-key] reads "totl" ... "total"
        return {"risk": "high" if customer or totl > 100 else "low"}

    @flow.step("fee", when=lambda risk: risk == "high")
    def fee(self, risk: str, total: float):
        return {"fee": total * 0.1}

    @flow.branch("route", cases={"review": Review, "fast": Fast})
    def route(self, risk: str):
        return "review" if risk == "high" else "fast"

    @flow.step("tax")
    def tax(self, total: float, fee: float = 0.0):
        return {"tax": total * 0.2 + fee}

    again = flow.subflow("again", Review)

    @flow.step("bill")
    def bill(self, total: float, tax: float, approved: bool):
        return {"bill": total + tax if approved else 0.0}

    @flow.step("report")
    def report(self, bill: float, reason: str, risk: str, total: float):
        return {"report": f"{bill} {reason} {risk} {total}"}


def watch_readunannotated(event: ReadUnannotated.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_readunannotated = ReadUnannotated().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_readunannotated)
print(result_readunannotated["report"], result_readunannotated["risk"].upper(), result_readunannotated["total"] + 1)
ReadUnannotated().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class Sometimes(Flow[OrderInput]):
    @flow.step("price")
    def price(self, items):
        return {"total": sum(items) * 1.5}

    @flow.step("score", when=lambda total: total > 1)
    def score(self, customer: str, total: float):
        return {"risk": "high" if customer or total > 100 else "low"}

    @flow.step("fee", when=lambda risk: risk == "high")  # E: [stepkit-when] reads "risk", which may be missing
    def fee(self, risk: str, total: float):
        return {"fee": total * 0.1}

    @flow.branch("route", cases={"review": Review, "fast": Fast})
    def route(self, risk: str):
        return "review" if risk == "high" else "fast"

    @flow.step("tax")
    def tax(self, total: float, fee: float = 0.0):
        return {"tax": total * 0.2 + fee}

    again = flow.subflow("again", Review)

    @flow.step("bill")
    def bill(self, total: float, tax: float, approved: bool):
        return {"bill": total + tax if approved else 0.0}

    @flow.step("report")
    def report(self, bill: float, reason: str, risk: str, total: float):
        return {"report": f"{bill} {reason} {risk} {total}"}


def watch_sometimes(event: Sometimes.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_sometimes = Sometimes().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_sometimes)
print(result_sometimes["report"], result_sometimes["risk"].upper(), result_sometimes["total"] + 1)
Sometimes().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})
