"""Search over documents behind FastAPI: lifespan, streaming, a flow that is one object for all requests."""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, NotRequired, TypedDict

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, TypeAdapter

from stepkit import CircuitBreaker, Flow, flow


class Hit(BaseModel):
    id: str
    score: float
    excerpt: str | None = None


class Query(TypedDict):
    text: str
    page: NotRequired[int]
    filters: NotRequired[dict[str, str]]


class Index:
    def __init__(self, documents: dict[str, str]) -> None:
        self.documents = documents
        self.words = {id: Counter(text.lower().split()) for id, text in documents.items()}

    def frequency(self, word: str) -> int:
        return sum(word in words for words in self.words.values())

    async def suggest(self, word: str) -> str | None:
        await asyncio.sleep(0)
        return min((known for words in self.words.values() for known in words if known[:2] == word[:2]), default=None)


class Search(Flow[Query]):
    size = 2

    def __init__(self, index: Index) -> None:
        self.index = index

    @flow.step("terms")
    async def terms(self, text):
        terms = [word for word in text.lower().split() if len(word) > 1]
        unknown = [word for word in terms if not self.index.frequency(word)]
        return {"terms": terms, "unknown": unknown}

    @flow.step("suggest", when=lambda unknown: bool(unknown), circuit_breaker=CircuitBreaker(failure_threshold=3, cooldown=9, on_open="skip"))
    async def suggest(self, unknown):
        found = await asyncio.gather(*(self.index.suggest(word) for word in unknown))
        return {"suggestions": {word: hit for word, hit in zip(unknown, found, strict=True) if hit is not None}}

    @flow.step("score")
    async def score(self, terms, suggestions=None):
        weights = {(suggestions or {}).get(term, term): 1.0 for term in terms}
        scores: dict[str, float] = {}
        for id, words in self.index.words.items():
            score = sum(words[word] * weight / math.log(2 + self.index.frequency(word)) for word, weight in weights.items())
            if score:
                scores[id] = score
        return {"scores": scores, "total": len(scores)}

    @flow.step("page")
    async def hits(self, scores, page=1, filters=None):
        ranked = sorted(scores, key=lambda id: (-scores[id], id))
        if filters is not None and (prefix := filters.get("prefix")) is not None:
            ranked = [id for id in ranked if id.startswith(prefix)]
        start = (page - 1) * self.size
        return {"hits": [Hit(id=id, score=scores[id]) for id in ranked[start : start + self.size]]}

    @flow.step("excerpts", on_error="continue", timeout=3)
    async def excerpts(self, hits):
        cut = [hit.model_copy(update={"excerpt": self.index.documents[hit.id][:12]}) for hit in hits]
        return {"hits": cut}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Search]]:
    yield {"search": Search(Index({"d1": "Hot tea and tea", "d2": "Cold tea", "x3": "Coffee"}))}


def get_search(request: Request) -> Search:
    search: Search = request.state.search
    return search


app = FastAPI(lifespan=lifespan)
Injected = Annotated[Search, Depends(get_search)]
HITS = TypeAdapter(list[Hit])


@app.get("/search")
async def search(search: Injected, text: str, page: int = 1, prefix: str | None = None) -> list[Hit]:
    query: Query = {"text": text, "page": page}
    if prefix is not None:
        query["filters"] = {"prefix": prefix}
    result = await search.run(query)
    if not result["total"]:
        raise HTTPException(404, f"nothing like {', '.join(result['unknown'])}")
    return result["hits"]


@app.get("/search/stream")
async def stream(search: Injected, text: str) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        result = await search.run({"text": text})
        for hit in result["hits"]:
            yield hit.model_dump_json() + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


async def main() -> None:
    async with lifespan(app) as state:
        app.dependency_overrides[get_search] = lambda: state["search"]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
            found = HITS.validate_json((await client.get("/search", params={"text": "tea"})).content)
            assert [hit.id for hit in found] == ["d1", "d2"] and found[0].excerpt == "Hot tea and "
            assert (await client.get("/search", params={"text": "zz"})).status_code == 404
            assert (await client.get("/search", params={"text": "cofee", "prefix": "x"})).json()[0]["id"] in {"x3", "d2"}
            lines = (await client.get("/search/stream", params={"text": "cold"})).text.splitlines()
            assert json.loads(lines[0])["id"] == "d2"


if __name__ == "__main__":
    asyncio.run(main())
