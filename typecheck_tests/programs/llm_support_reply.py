"""Answers support mail with a language model: classify, retrieve, draft, review, repair."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol, TypedDict

from pydantic import BaseModel, ValidationError

from stepkit import CircuitBreaker, Flow, flow

Topic = Literal["billing", "bug", "other"]


class Usage(TypedDict):
    prompt: int
    completion: int


class Completion(TypedDict):
    text: str
    usage: Usage


class Model(Protocol):
    async def complete(self, prompt: str, *, temperature: float = 0.0) -> Completion: ...


class Classified(BaseModel):
    topic: Topic
    confidence: float


class Review(BaseModel):
    ok: bool
    complaints: list[str] = []


class Document(TypedDict):
    id: int
    text: str


class MailInput(TypedDict):
    sender: str
    body: str


def backoff(attempt: int, error: Exception) -> float:
    return min(0.01, 0.001 * attempt)


class Reply(Flow[MailInput]):
    def __init__(self, model: Model, search: Callable[[str, int], Sequence[Document]]) -> None:
        self.model = model
        self.search = search

    @flow.step("classify", retries=3, retry_delay=backoff, should_retry=(ValidationError,))
    async def classify(self, body):
        answer = await self.model.complete(f"classify: {body}")
        classified = Classified.model_validate_json(answer["text"])
        return {"topic": classified.topic, "confidence": classified.confidence, "usage": [answer["usage"]]}

    @flow.step("retrieve")
    async def retrieve(self, body, topic):
        limit = 3 if topic == "bug" else 1
        return {"documents": await asyncio.to_thread(self.search, body, limit)}

    @flow.step("draft", circuit_breaker=CircuitBreaker(failure_threshold=5, cooldown=30))
    async def draft(self, sender, documents, usage):
        context = "\n".join(f"[{document['id']}] {document['text']}" for document in documents)
        answer = await self.model.complete(f"draft for {sender}: {context}", temperature=0.7)
        return {"reply": answer["text"], "usage": [*usage, answer["usage"]]}

    @flow.step("review", on_error="continue")
    async def review(self, reply):
        answer = await self.model.complete(f"review: {reply}")
        return {"review": Review.model_validate_json(answer["text"])}

    @flow.step("repair", when=lambda review=None: review is not None and not review.ok)
    async def repair(self, reply, review: Review | None = None):
        complaints = review.complaints if review else []
        answer = await self.model.complete(f"repair {reply}: {'; '.join(complaints)}")
        return {"reply": answer["text"]}

    @flow.step("bill")
    def bill(self, usage: list[Usage]):
        return {"tokens": sum(each["prompt"] + each["completion"] for each in usage)}


class Scripted:
    def __init__(self, answers: Mapping[str, object]) -> None:
        self.answers = answers

    async def complete(self, prompt: str, *, temperature: float = 0.0) -> Completion:
        word = prompt.split()[0].rstrip(":")
        answer = self.answers[word]
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return {"text": text, "usage": {"prompt": len(prompt.split()), "completion": 1}}


def find(query: str, limit: int) -> list[Document]:
    documents: list[Document] = [{"id": 1, "text": "restart it"}, {"id": 2, "text": "call us"}]
    return documents[:limit]


async def main() -> None:
    model = Scripted(
        {
            "classify": {"topic": "bug", "confidence": 0.9},
            "draft": "Please restart.",
            "review": {"ok": False, "complaints": ["too short"]},
            "repair": "Please restart it, and call us if that does not help.",
        }
    )
    result = await Reply(model, find).run({"sender": "ana", "body": "it crashed"})
    topic: Topic = result["topic"]
    assert topic == "bug" and result["reply"].endswith("help.")
    review = result.get("review")
    assert review is not None and review.complaints == ["too short"]
    assert result["tokens"] > 4, result["tokens"]


if __name__ == "__main__":
    asyncio.run(main())
