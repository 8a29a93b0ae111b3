"""Scores leads for a sales team; written without a single annotation beyond the input."""

import json
import logging
import re
from typing import NotRequired, TypedDict

from stepkit import Flow, flow

logger = logging.getLogger(__name__)

WEIGHTS = {"company": 3, "budget": 5, "newsletter": 1}
FREE_MAIL = re.compile(r"@(gmail|gmx|web)\.")


class Lead(TypedDict):
    email: str
    company: NotRequired[str]
    budget: NotRequired[int]
    answers: NotRequired[dict[str, str]]


class ScoreLead(Flow[Lead]):
    @flow.step
    def domain(self, email):
        user, _, domain = email.partition("@")
        if FREE_MAIL.search(email):
            return {"user": user, "domain": None}
        return {"user": user, "domain": domain}

    @flow.step
    def company_name(self, domain, company=None):
        if company is not None:
            return {"company": company}
        if domain is not None:
            return {"company": domain.split(".")[0].title()}

    @flow.step
    def points(self, company=None, budget=0, answers=None):
        points = WEIGHTS["budget"] * (budget // 10_000)
        points += WEIGHTS["company"] if company else 0
        for question, answer in (answers or {}).items():
            if question in WEIGHTS and answer == "yes":
                points += WEIGHTS[question]
        return {"points": points}

    @flow.step
    def grade(self, points):
        for grade, least in {"A": 10, "B": 5, "C": 1}.items():
            if points >= least:
                return {"grade": grade, "reason": f"{points} >= {least}"}
        return {"grade": "D"}

    @flow.step(when=lambda grade: grade in {"A", "B"})
    def assign(self, company=None, user=None):
        owner = "enterprise" if company and len(company) > 4 else "team"
        logger.info("assigned %s to %s", user, owner)
        return {"owner": owner}

    @flow.step
    def export(self, ctx, /):
        row = {key: value for key, value in ctx.items() if key != "answers"}
        return {"row": json.dumps(row, sort_keys=True)}


if __name__ == "__main__":
    first = ScoreLead().run_sync({"email": "ana@acme.test", "budget": 25_000})
    assert (first["grade"], first.get("owner"), first["company"]) == ("A", "team", "Acme")
    second = ScoreLead().run_sync({"email": "bob@gmail.com", "answers": {"newsletter": "yes"}})
    assert second["grade"] == "C" and second.get("company") is None and second["reason"] == "1 >= 1"
    assert ScoreLead().run_sync({"email": "cy@web.de"}).get("reason", "none") == "none"
    assert json.loads(first["row"])["points"] == 13
