"""A nightly digest: gathers items from several sources at once, renders and sends them."""

import asyncio
import smtplib
from collections import Counter, defaultdict
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol, TypedDict

from stepkit import Flow, LogConfig, flow
from stepkit.errors import StepTimeoutError


class Source(Protocol):
    name: str

    async def items(self, user: str) -> list[str]: ...


class Transport(Protocol):
    def send_message(self, message: EmailMessage) -> object: ...


@dataclass
class Feed:
    name: str
    delay: float = 0.0

    async def items(self, user: str) -> list[str]:
        await asyncio.sleep(self.delay)
        return [f"{self.name} for {user}", f"more {self.name}"]


class Outbox:
    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []

    def send_message(self, message: EmailMessage) -> None:
        self.sent.append(message)


class DigestInput(TypedDict):
    user: str
    address: str


class Digest(Flow[DigestInput], log=LogConfig(log_fn=lambda line: None)):
    def __init__(self, sources: list[Source], transport: Transport) -> None:
        self.sources = sources
        self.transport = transport

    @flow.step("gather", timeout=1.0, on_error="continue")
    async def gather(self, user):
        async with asyncio.TaskGroup() as group:
            tasks = {source.name: group.create_task(source.items(user)) for source in self.sources}
        return {"items": {name: task.result() for name, task in tasks.items()}}

    @flow.step("headline")
    async def headline(self, user, items=None):
        words = Counter(word for lines in (items or {}).values() for line in lines for word in line.split())
        try:
            title = await asyncio.wait_for(self._title(user), timeout=0.5)
        except TimeoutError:
            title = "Your digest"
        common = words.most_common(1)
        return {"title": title, "top_word": common[0][0] if common else None}

    async def _title(self, user: str) -> str:
        return f"News for {user}"

    @flow.step("group", when=lambda items=None: bool(items))
    def group(self, items=None):
        by_length: defaultdict[int, list[str]] = defaultdict(list)
        for lines in (items or {}).values():
            for line in lines:
                by_length[len(line)].append(line)
        return {"by_length": by_length}

    @flow.step("render", thread=True)
    def render(self, title: str, top_word: str | None, items: dict[str, list[str]] | None = None):
        body = "\n\n".join(f"{name}\n" + "\n".join(lines) for name, lines in (items or {}).items())
        return {"subject": title, "body": f"{body}\n\nMost used: {top_word or '-'}"}

    @flow.step("send", retries=3, should_retry=(smtplib.SMTPException, ConnectionError))
    def send(self, address: str, subject: str, body: str) -> None:
        message = EmailMessage()
        message["To"] = address
        message["Subject"] = subject
        message["X-Key"] = flow.current().idempotency_key
        message.set_content(body)
        self.transport.send_message(message)


async def nightly(users: dict[str, str], digest: Digest) -> dict[str, str]:
    failed: dict[str, str] = {}
    for user, address in users.items():
        try:
            result = await digest.run({"user": user, "address": address})
        except StepTimeoutError as error:
            failed[user] = str(error)
        else:
            assert result["subject"].startswith("News")
            assert len(result.get("items", {})) in (0, 2)
            if (lengths := result.get("by_length")) is not None:
                print(sorted(lengths))
    return failed


if __name__ == "__main__":
    outbox = Outbox()
    failures = asyncio.run(nightly({"ana": "ana@example.org"}, Digest([Feed("news"), Feed("bugs", 0.01)], outbox)))
    assert failures == {} and outbox.sent[0]["To"] == "ana@example.org"
