# since mypy 2.4
"""Answers questions over documents: embeds, ranks, asks a model with tools, checks the citations."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, Field, TypeAdapter

from stepkit import Flow, flow

Vector = tuple[float, ...]


@dataclass(frozen=True)
class Chunk:
    id: str
    text: str
    vector: Vector


class Search(BaseModel):
    kind: Literal["search"] = "search"
    query: str


class Answer(BaseModel):
    kind: Literal["answer"] = "answer"
    text: str
    citations: list[str] = Field(default_factory=list)


Action = Annotated[Search | Answer, Field(discriminator="kind")]
ACTIONS: TypeAdapter[Search | Answer] = TypeAdapter(Action)


class Question(TypedDict):
    question: str


def embed(text: str) -> Vector:
    return tuple(float(text.lower().count(letter)) for letter in "aeiou")


def cosine(left: Vector, right: Vector) -> float:
    dot = sum(a * b for a, b in zip(left, right, strict=True))
    return dot / ((math.hypot(*left) * math.hypot(*right)) or 1.0)


async def tokens(text: str) -> AsyncIterator[str]:
    for token in text.split():
        await asyncio.sleep(0)
        yield token


class Ask(Flow[Question]):
    max_rounds = 3

    def __init__(self, chunks: Sequence[Chunk], model: Callable[[str], Awaitable[str]]) -> None:
        self.chunks = chunks
        self.model = model

    @flow.step("embed")
    async def embed(self, question):
        return {"vector": await asyncio.to_thread(embed, question)}

    @flow.step("rank")
    def rank(self, vector):
        ranked = sorted(self.chunks, key=lambda chunk: cosine(chunk.vector, vector), reverse=True)
        return {"ranked": [(chunk, cosine(chunk.vector, vector)) for chunk in ranked[:2]]}

    @flow.step("converse", timeout=30, retries=1)
    async def converse(self, question, ranked):
        found = {chunk.id: chunk.text for chunk, score in ranked if score > 0}
        for round in range(self.max_rounds):
            action = ACTIONS.validate_json(await self.model(f"{question} {found}"))
            if isinstance(action, Answer):
                return {"answer": action, "rounds": round + 1}
            found |= {chunk.id: chunk.text for chunk in self.chunks if action.query in chunk.text}
        return {"answer": None, "rounds": self.max_rounds}

    @flow.step("check")
    def check(self, answer):
        known = {chunk.id for chunk in self.chunks}
        cited = set() if answer is None else {*answer.citations, *re.findall(r"\[(\w+)\]", answer.text)}
        return {"unknown": sorted(cited - known)}

    @flow.step("stream")
    async def stream(self, answer, unknown):
        if answer is None or unknown:
            return {"reply": "I do not know."}
        return {"reply": " ".join([token async for token in tokens(answer.text)])}


async def main() -> None:
    chunks = [Chunk(f"c{n}", text, embed(text)) for n, text in enumerate(["tea is hot", "ice is cold", "rain"])]
    script = iter([Search(query="cold"), Answer(text="Ice is cold [c1]", citations=["c1"]), Answer(text="no [c9]")])

    async def model(prompt: str) -> str:
        return next(script).model_dump_json()

    result = await Ask(chunks, model).run({"question": "what is cold?"})
    assert (result["reply"], result["rounds"]) == ("Ice is cold [c1]", 2)
    chunk, score = result["ranked"][0]
    assert score <= 1.0 and chunk.id.startswith("c")
    assert (await Ask(chunks, model).run({"question": "?"}))["reply"] == "I do not know."


if __name__ == "__main__":
    asyncio.run(main())
