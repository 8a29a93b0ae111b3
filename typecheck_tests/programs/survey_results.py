"""Evaluates surveys: generics, protocols, counters; and a report that is streamed in parts."""

from __future__ import annotations

import math
import textwrap
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, NamedTuple, Protocol, TypedDict, TypeVar

from stepkit import Flow, flow

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
C_contra = TypeVar("C_contra", contravariant=True)


class Scorer(Protocol[C_contra]):
    def __call__(self, answers: C_contra, /) -> float: ...


class Response(NamedTuple):
    person: str
    answers: dict[str, int]
    comment: str | None = None


class Grouped(Generic[K, V]):
    def __init__(self, items: Iterable[V], key: Callable[[V], K]) -> None:
        self.groups: defaultdict[K, list[V]] = defaultdict(list)
        for item in items:
            self.groups[key(item)].append(item)

    def map(self, function: Callable[[list[V]], float]) -> dict[K, float]:
        return {key: function(values) for key, values in self.groups.items()}


def nps(answers: Mapping[str, int]) -> float:
    counts = Counter("p" if value > 8 else "d" if value < 7 else "n" for value in answers.values())
    return 100 * (counts["p"] - counts["d"]) / max(counts.total(), 1)


class SurveyInput(TypedDict):
    responses: list[Response]
    questions: list[str]


class Evaluate(Flow[SurveyInput]):
    def __init__(self, scorer: Scorer[Mapping[str, int]] = nps) -> None:
        self.scorer = scorer

    @flow.step("clean")
    def clean(self, responses, questions):
        known = set(questions)
        cleaned = [r._replace(answers={q: a for q, a in r.answers.items() if q in known}) for r in responses]
        return {"responses": [response for response in cleaned if response.answers]}

    @flow.step("score")
    def score(self, responses):
        return {"scores": {response.person: self.scorer(response.answers) for response in responses}}

    @flow.step("per-question")
    def per_question(self, responses, questions):
        table = {question: [r.answers[question] for r in responses if question in r.answers] for question in questions}
        means = {question: math.fsum(values) / len(values) for question, values in table.items() if values}
        return {"means": means, "worst": min(means, key=means.__getitem__) if means else None}

    @flow.step("groups")
    def groups(self, responses):
        grouped = Grouped(responses, key=lambda response: len(response.answers))
        return {"by_length": grouped.map(lambda group: float(len(group)))}

    @flow.step("comments", when=lambda responses: any(response.comment for response in responses))
    def comments(self, responses):
        return {"comments": [response.comment.strip() for response in responses if response.comment]}

    @flow.step("report")
    def report(self, scores, means, worst, comments=()):
        parts = [f"{person}: {score:+.0f}" for person, score in sorted(scores.items(), key=lambda item: -item[1])]
        if worst is not None:
            parts.append(f"worst: {worst} ({means[worst]:.1f})")
        parts.extend(textwrap.shorten(comment, 12) for comment in comments)
        return {"report": parts}


if __name__ == "__main__":
    responses = [Response("ana", {"q1": 9, "q2": 10}, " all good "), Response("bob", {"q1": 2, "x": 1}), Response("cy", {})]
    result = Evaluate().run_sync({"responses": responses, "questions": ["q1", "q2"]})
    assert result["report"] == ["ana: +100", "bob: -100", "worst: q1 (5.5)", "all good"], result["report"]
    assert result["by_length"] == {2: 1.0, 1: 1.0} and result.get("comments") == ["all good"]
    lowest = Evaluate(lambda answers: float(min(answers.values())))
    assert lowest.run_sync({"responses": responses, "questions": ["q1"]})["scores"] == {"ana": 9.0, "bob": 2.0}
