"""A gateway in asyncio: an await was forgotten, a timeout's value is used wrongly, a callback has the wrong shape."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, TypedDict

import httpx

from stepkit import Flow, StepEvent, flow


class Query(TypedDict):
    term: str
    limit: int


def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=[{"id": n, "name": f"{request.url.params['q']} {n}"} for n in range(3)])


class Hit(TypedDict):
    id: int
    name: str


@contextlib.asynccontextmanager
async def api() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="https://api.test") as client:
        yield client


class Search(Flow[Query]):
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def fetch(self, term: str) -> list[Hit]:
        response = await self.client.get("/search", params={"q": term})
        hits: list[Hit] = response.json()
        return hits

    @flow.step("hits")
    async def hits(self, term):
        return {"hits": await asyncio.wait_for(self.fetch(term), timeout=2)}

    @flow.step("top")
    async def top(self, hits, limit):
        names = [hit["name"] for hit in hits[:limit]]
        return {"top": names, "lengths": await asyncio.to_thread(list, map(len, names))}


class Slips(Search):
    @flow.step("again")
    async def again(self, term):
        return {"more": self.fetch(term)}

    @flow.step("merge")
    async def merge(self, hits, more):
        return {"merged": len(hits) + len(more)}  # E: [arg-type] Argument 1 to "len" has incompatible type "Coroutine # N: Maybe you forgot to use "await"?

    @flow.step("score")
    async def score(self, lengths, hits):
        total = sum(lengths) + hits[0]["nam"]  # E: [typeddict-item] TypedDict "Hit" has no key "nam" # N: Did you mean "name"?
        return {"score": total}


def log(event: StepEvent[Any, Any, Any], prefix: str) -> None:
    print(prefix, event.step_name)


async def run(client: httpx.AsyncClient) -> list[str]:
    seen: list[str] = []
    result = await Search(client).run(
        {"term": "tea", "limit": 2}, on_step_complete=lambda event: seen.append(event.step_name)
    )
    assert seen == ["hits", "top"] and sum(result["lengths"]) == 10
    return result["top"]


async def run_wrongly(client: httpx.AsyncClient) -> None:
    await Search(client).run({"term": "tea", "limit": 2}, on_step_complete=log)  # E+: [arg-type]
    await Search(client).run({"term": "tea", "limit": "2"})  # E: [typeddict-item] "str" ... "int"
    await Search(client).run(term="tea", limit=2)  # E+: [call-arg] "term" # E+: [call-arg] "limit" # N: defined in
    for name in (await Search(client).run({"term": "tea", "limit": 2}))["hits"]:
        print(name.upper())  # E: [attr-defined] "Hit" has no attribute "upper"


async def main() -> None:
    async with api() as client:
        assert await run(client) == ["tea 0", "tea 1"]


if __name__ == "__main__":
    asyncio.run(main())
