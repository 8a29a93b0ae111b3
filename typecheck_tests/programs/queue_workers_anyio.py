"""Workers over a queue, with asyncio's TaskGroup and anyio's limits; cancellation and timeouts in between."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TypedDict

import anyio

from stepkit import Flow, flow
from stepkit.errors import StepTimeoutError


@dataclass(order=True)
class Task:
    priority: int
    url: str = field(compare=False)
    attempts: int = field(default=0, compare=False)


class CrawlInput(TypedDict):
    url: str


class Site:
    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.open = 0

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator["Site"]:
        self.open += 1
        try:
            yield self
        finally:
            self.open -= 1

    async def get(self, url: str) -> str:
        if url == "/slow":
            await anyio.sleep(10)
        return self.pages[url]


class Crawl(Flow[CrawlInput]):
    def __init__(self, site: Site, limiter: anyio.CapacityLimiter) -> None:
        self.site = site
        self.limiter = limiter

    @flow.step("fetch", timeout=0.25)
    async def fetch(self, url):
        async with self.limiter, self.site.connect() as site:
            with anyio.fail_after(5):
                return {"html": await site.get(url)}

    @flow.step("links")
    async def links(self, html):
        return {"links": await anyio.to_thread.run_sync(find_links, html)}

    @flow.step("title")
    def title(self, html, url):
        start = html.find("<h1>")
        return {"title": html[start + 4 : html.find("</h1>")] if start >= 0 else url}


def find_links(html: str) -> list[str]:
    return [part.split('"')[0] for part in html.split('href="')[1:]]


async def worker(queue: "asyncio.PriorityQueue[Task]", crawl: Crawl, seen: dict[str, str]) -> None:
    while True:
        task = await queue.get()
        try:
            result = await crawl.run({"url": task.url})
        except StepTimeoutError:
            if task.attempts < 1:
                queue.put_nowait(Task(task.priority + 10, task.url, task.attempts + 1))
            else:
                seen[task.url] = "timeout"
        else:
            seen[result["url"]] = result["title"]
            for link in result["links"]:
                if link not in seen:
                    seen[link] = ""
                    queue.put_nowait(Task(task.priority + 1, link))
        finally:
            queue.task_done()


async def main() -> dict[str, str]:
    site = Site({"/": '<h1>Home</h1><a href="/a"><a href="/slow">', "/a": '<h1>A</h1><a href="/">'})
    crawl = Crawl(site, anyio.CapacityLimiter(2))
    queue: asyncio.PriorityQueue[Task] = asyncio.PriorityQueue()
    queue.put_nowait(Task(0, "/"))
    seen: dict[str, str] = {}
    workers = [asyncio.create_task(worker(queue, crawl, seen)) for _ in range(3)]
    await queue.join()
    for each in workers:
        each.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    assert site.open == 0
    return seen


if __name__ == "__main__":
    seen = asyncio.run(main())
    assert seen == {"/": "Home", "/a": "A", "/slow": "timeout"}, seen
