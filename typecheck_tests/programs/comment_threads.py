"""Moderates threads of comments. Dataclasses that hold themselves, and a step that asks for the wrong key."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Literal, TypedDict

from stepkit import Flow, flow

Verdict = Literal["ok", "hide", "ask"]
BAD = {"spam": "hide", "casino": "hide", "hm": "ask"}


@dataclass(frozen=True)
class Comment:
    author: str
    text: str
    replies: tuple[Comment, ...] = ()

    def flat(self) -> list[Comment]:
        return [self, *(each for reply in self.replies for each in reply.flat())]


@dataclass
class Tally:
    ok: int = 0
    hide: int = 0
    ask: int = 0
    by_author: dict[str, int] = field(default_factory=dict)


class ThreadInput(TypedDict):
    thread: Comment


def verdict(text: str) -> Verdict:
    for word, found in BAD.items():
        if word in text:
            return "hide" if found == "hide" else "ask"
    return "ok"


def prune(comment: Comment) -> Comment:
    kept = tuple(prune(reply) for reply in comment.replies if verdict(reply.text) != "hide")
    return replace(comment, replies=kept)


class Moderate(Flow[ThreadInput]):
    @flow.step("judge")
    def judge(self, thread):
        return {"verdicts": {comment: verdict(comment.text) for comment in thread.flat()}}

    @flow.step("tally")
    def tally(self, verdicts):
        tally = Tally()
        for comment, each in verdicts.items():
            match each:
                case "ok":
                    tally.ok += 1
                case "hide":
                    tally.hide += 1
                case "ask":
                    tally.ask += 1
            tally.by_author[comment.author] = tally.by_author.get(comment.author, 0) + 1
        return {"tally": tally, **asdict(tally)}

    @flow.step("prune")
    def prune(self, thread: Comment):
        return {"thread": prune(thread)}

    @flow.step("notify", when=lambda ask: ask > 0)
    def notify(self, tally: Tally, thraed: Comment):  # E(thraed): [stepkit-missing-key] "thraed" ... did you mean "thread"?
        return {"notified": [thraed.author], "waiting": tally.ask}

    @flow.step("summary")
    def summary(self, tally: Tally, hide: int, waiting: int = 0):
        return {"summary": f"{hide} of {tally.ok + tally.hide + tally.ask} hidden, {waiting} waiting"}


if __name__ == "__main__":
    thread = Comment("ana", "hello", (Comment("bob", "spam", (Comment("cy", "yes"),)), Comment("di", "thanks")))
    result = Moderate().run_sync({"thread": thread})
    assert result["summary"] == "1 of 4 hidden, 0 waiting"
    assert [reply.author for reply in result["thread"].replies] == ["di"]
