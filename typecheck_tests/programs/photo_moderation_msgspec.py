"""Moderation of photos over a message bus: msgspec structs on the wire, labels from a model, appeals."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timezone
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypedDict, TypeVar

import msgspec
from msgspec import Meta, Struct

from stepkit import Flow, flow

T = TypeVar("T")
Score = Annotated[float, Meta(ge=0, le=1)]


class Label(Struct, frozen=True):
    name: str
    score: Score


class Photo(Struct, kw_only=True):
    id: int
    owner: str
    url: str
    taken: datetime | None = None
    exif: dict[str, Any] = {}


class Envelope(Struct, Generic[T]):
    kind: str
    body: T
    sent: datetime


class Verdict(Enum):
    PUBLISH = "publish"
    BLUR = "blur"
    REJECT = "reject"


class Input(TypedDict):
    message: bytes


class Moderate(Flow[Input]):
    thresholds: Mapping[str, tuple[float, Verdict]] = {"blood": (0.8, Verdict.REJECT), "face": (0.5, Verdict.BLUR)}

    def __init__(self, labels: dict[str, list[Label]]) -> None:
        self.labels = labels

    @flow.step("decode")
    def decode(self, message: bytes):
        envelope = msgspec.json.decode(message, type=Envelope[Photo])
        return {"photo": envelope.body, "delay": (datetime.now(timezone.utc) - envelope.sent).total_seconds()}

    @flow.step("classify", retries=1)
    async def classify(self, photo):
        await asyncio.sleep(0)
        return {"labels": self.labels.get(photo.url, []), "private": "gps" in photo.exif}

    @flow.step("judge")
    def judge(self, labels):
        verdict = Verdict.PUBLISH
        reasons = []
        for label in labels:
            limit, outcome = self.thresholds.get(label.name, (2.0, Verdict.PUBLISH))
            if label.score >= limit:
                reasons.append(label)
                verdict = outcome if verdict is not Verdict.REJECT else verdict
        return {"verdict": verdict, "reasons": reasons}

    @flow.step("strip", when=lambda private: private)
    def strip(self, photo: Photo):
        exif = {key: value for key, value in photo.exif.items() if key != "gps"}
        return {"photo": msgspec.structs.replace(photo, exif=exif)}

    @flow.step("encode")
    def encode(self, photo: Photo, verdict: Verdict, reasons: list[Label]):
        answer = {"id": photo.id, "verdict": verdict, "reasons": [label.name for label in reasons], "exif": photo.exif}
        return {"answer": msgspec.json.encode(answer)}


class Answer(TypedDict):
    id: int
    verdict: Literal["publish", "blur", "reject"]
    reasons: list[str]


def moderate(photo: Photo, labels: list[Label]) -> Answer:
    message = msgspec.json.encode(Envelope("photo", photo, datetime.now(timezone.utc)))
    saved: list[str] = []
    flow_ = Moderate({photo.url: labels})
    result = flow_.run_sync({"message": message}, on_step_complete=lambda event: saved.append(event.checkpoint))
    assert result["delay"] < 60 and len(saved) == 4 + result["private"]
    assert flow_.run_checkpoint_sync(saved[1])["answer"] == result["answer"]
    return msgspec.json.decode(result["answer"], type=Answer)


if __name__ == "__main__":
    photo = Photo(id=1, owner="ana", url="/1.jpg", exif={"gps": [1, 2], "iso": 100})
    assert moderate(photo, [Label("face", 0.9)])["verdict"] == "blur"
    answer = moderate(photo, [Label("blood", 0.9), Label("face", 0.9)])
    assert answer["verdict"] == "reject" and answer["reasons"] == ["blood", "face"]
