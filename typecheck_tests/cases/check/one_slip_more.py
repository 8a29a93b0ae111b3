# More slips in the same flow, one error each.
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


class Gone(Flow[OrderInput]):
    @flow.step("score")
    def score(self, customer: str, total: float):  # E: [stepkit-missing-key] reads "total"
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


def watch_gone(event: Gone.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_gone = Gone().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_gone)
print(result_gone["report"], result_gone["risk"].upper(), result_gone["total"] + 1)
Gone().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class Dropped(Flow[OrderInput]):
    @flow.step("price")
    def price(self, items):
        return {"total": sum(items) * 1.5}

    @flow.transform("score")
    def score(self, customer: str, total: float):
        return {"risk": "high" if customer or total > 100 else "low"}

    @flow.step("fee", when=lambda risk: risk == "high")
    def fee(self, risk: str, total: float):  # E: [stepkit-missing-key] reads "total"
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


def watch_dropped(event: Dropped.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_dropped = Dropped().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_dropped)
print(result_dropped["report"], result_dropped["risk"].upper(), result_dropped["total"] + 1)
Dropped().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class Case(Flow[OrderInput]):
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
        return "revew" if risk == "high" else "fast"  # E: [stepkit-branch-case] no case "revew"

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


def watch_case(event: Case.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_case = Case().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_case)
print(result_case["report"], result_case["risk"].upper(), result_case["total"] + 1)
Case().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class Default(Flow[OrderInput]):
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
    def tax(self, total: float, fe: float = 0.0):  # E: [stepkit-useless-default] reads "fe"
        return {"tax": total * 0.2 + fe}

    again = flow.subflow("again", Review)

    @flow.step("bill")
    def bill(self, total: float, tax: float, approved: bool):
        return {"bill": total + tax if approved else 0.0}

    @flow.step("report")
    def report(self, bill: float, reason: str, risk: str, total: float):
        return {"report": f"{bill} {reason} {risk} {total}"}


def watch_default(event: Default.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_default = Default().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_default)
print(result_default["report"], result_default["risk"].upper(), result_default["total"] + 1)
Default().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class Annotated(Flow[OrderInput]):
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
    def bill(self, total: float, tax: str, approved: bool):  # E: [stepkit-key-type] reads "tax" as "str", but step "tax" gives it as "float"
        return {"bill": total if approved else 0.0}

    @flow.step("report")
    def report(self, bill: float, reason: str, risk: str, total: float):
        return {"report": f"{bill} {reason} {risk} {total}"}


def watch_annotated(event: Annotated.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_annotated = Annotated().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_annotated)
print(result_annotated["report"], result_annotated["risk"].upper(), result_annotated["total"] + 1)
Annotated().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})


class Body(Flow[OrderInput]):
    @flow.step("price")
    def price(self, items):
        return {"total": items.bogus}  # E: [attr-defined] "bogus"

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


def watch_body(event: Body.Event) -> None:
    if event.step_name == "report":
        print(event.context["report"].upper(), event.context["risk"].upper(), event.context["total"] + 1)


result_body = Body().run_sync({"items": [1], "customer": "x"}, on_step_complete=watch_body)
print(result_body["report"], result_body["risk"].upper(), result_body["total"] + 1)
Body().run_checkpoint_sync("", override_data={"risk": "low", "total": 2.0})
