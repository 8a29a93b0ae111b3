# What is awaited through asyncio has the type of what was awaited, not object.
import asyncio
import contextvars
from functools import partial
from typing import TypedDict

from probe import assert_type
from stepkit import Flow, flow


class Input(TypedDict):
    url: str


class Page:
    title: str = ""


async def fetch(url: str) -> Page:
    return Page()


def parse(page: Page) -> list[str]:
    return [page.title]


class Awaited(Flow[Input]):
    @flow.step("fetch")
    async def fetch(self, url):
        task = asyncio.create_task(fetch(url))
        return {
            "page": await asyncio.wait_for(fetch(url), 5),
            "shielded": await asyncio.shield(fetch(url)),
            "task": task,
            "both": await asyncio.gather(fetch(url), asyncio.sleep(1, "x")),
            "many": await asyncio.gather(*(fetch(each) for each in [url])),
            "some": await asyncio.gather(task, fetch(url), return_exceptions=True),
            "done": await asyncio.wait([task]),
        }

    @flow.step("parse")
    async def parse(self, page, shielded, task, both, many, some):
        assert_type(page, Page)
        assert_type(shielded, Page)
        assert_type(task, asyncio.Task[Page])
        assert_type(both, tuple[Page, str])
        assert_type(many, list[Page])
        assert_type(some, tuple[Page | BaseException, Page | BaseException])
        loop = asyncio.get_running_loop()
        return dict(
            words=await asyncio.to_thread(parse, page),
            more=await loop.run_in_executor(None, parse, page),
            most=await loop.run_in_executor(None, partial(parse, page)),
            copied=contextvars.copy_context().run(parse, page),
        )

    @flow.step("title")
    def title(self, words, more, most, copied, page: Page):
        assert_type(words, list[str])
        assert_type(more, list[str])
        assert_type(most, list[str])
        assert_type(copied, list[str])
        return {"title": " ".join(words + more + most)}

    @flow.step("groups")
    async def groups(self, url):
        async with asyncio.TaskGroup() as tasks:
            found = [tasks.create_task(fetch(url)) for _ in range(3)]
        return {"results": [each.result() for each in found], "last": await (fetch(url) if url else found[0])}

    @flow.step("show")
    def show(self, results: list[Page], last: Page, title: str):
        return {"shown": title}
