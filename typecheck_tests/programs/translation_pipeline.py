"""Translates product texts: split, look up in memory, translate what is left, check placeholders. Two slips."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, reduce
from itertools import chain, groupby
from typing import NewType, TypedDict

from stepkit import Flow, flow

Locale = NewType("Locale", str)
PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Segment(TypedDict):
    id: int
    text: str


class TextInput(TypedDict):
    text: str
    source: Locale
    target: Locale


@lru_cache(maxsize=None)
def split(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"(?<=[.!?])\s+", text) if part)


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


class Translate(Flow[TextInput]):
    memory: dict[tuple[str, str], str] = {("Hello {name}.", "de"): "Hallo {name}."}

    def __init__(self, engine: Callable[[list[str], Locale], Iterable[str]]) -> None:
        self.engine = engine

    @flow.step("split")
    def split(self, text):
        segments: list[Segment] = [{"id": number, "text": part} for number, part in enumerate(split(text))]
        return {"segments": segments}

    @flow.step("memory")
    def from_memory(self, segments, target):
        found = {s["id"]: self.memory[s["text"], target] for s in segments if (s["text"], target) in self.memory}
        return {"found": found, "left": [s for s in segments if s["id"] not in found]}

    @flow.step("engine", when=lambda left: bool(left), retries=1)
    def ask_engine(self, left, target):
        translated = self.engine([segment["text"] for segment in left], target)
        return {"engine": dict(zip((segment["id"] for segment in left), translated, strict=True))}

    @flow.step("join")
    def join(self, found, segments, engine=None):
        merged = {**found, **(engine or {})}
        return {"translation": " ".join(merged[segment["id"]] for segment in segments), "share": len(found) / len(merged)}

    @flow.step("check")
    def check(self, text, translation):
        lost = placeholders(text) ^ placeholders(translation)
        return {"lost": sorted(lost)}

    @flow.step("quality")
    def quality(self, share, segments, lost):
        lengths = {key: len(list(group)) for key, group in groupby(segments, key=lambda segment: len(segment["text"]))}
        longest = reduce(max, lengths, 0)
        return {"quality": share - len(lost), "longest": longest, "ids": list(chain([segment.id for segment in segments]))}  # E: [attr-defined] has no attribute "id"

    @flow.step("publish", when=lambda quality: quality > 0)
    def publish(self, translation: str, target: Locale, source: int):  # E(source): [stepkit-key-type] reads "source" as "int" ... the input has it as "Locale"
        return {"published": f"{source}->{target}: {translation}"}


if __name__ == "__main__":
    translate = Translate(lambda texts, target: [text.upper() for text in texts])
    left = translate.from_memory(segments=[{"id": 0, "text": "Bye."}], target=Locale("de"))["left"]
    assert translate.ask_engine(left=left, target=Locale("de")) == {"engine": {0: "BYE."}}
