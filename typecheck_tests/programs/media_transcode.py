"""Transcodes uploads: probes, chooses a ladder, encodes in worker threads, packages; a cancel button."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypedDict

from stepkit import Flow, flow
from stepkit.errors import RunCancelledError, StepTimeoutError


class Probe(NamedTuple):
    width: int
    height: int
    seconds: float
    codec: str = "h264"


@dataclass(frozen=True, order=True)
class Rendition:
    height: int
    kbit: int

    @property
    def name(self) -> str:
        return f"{self.height}p"


LADDER = (Rendition(1080, 5000), Rendition(720, 2800), Rendition(360, 800))


class Upload(TypedDict):
    path: Path
    owner: str


class Tools:
    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool = pool

    def probe(self, path: Path) -> Probe:
        height = 720 if "hd" in path.name else 2160
        return Probe(height * 16 // 9, height, 60.0)

    def encode(self, path: Path, rendition: Rendition) -> PurePosixPath:
        return PurePosixPath("/media") / path.stem / f"{rendition.name}.mp4"


class Transcode(Flow[Upload]):
    def __init__(self, tools: Tools) -> None:
        self.tools = tools

    @flow.step("probe", timeout=5)
    def probe(self, path):
        probe = self.tools.probe(path)
        width, height, seconds, _ = probe
        return {"probe": probe, "aspect": width / height, "seconds": seconds}

    @flow.step("ladder")
    def ladder(self, probe):
        return {"renditions": sorted(each for each in LADDER if each.height <= probe.height) or [min(LADDER)]}

    @flow.step("encode")
    def encode(self, path, renditions):
        futures = {each: self.tools.pool.submit(self.tools.encode, path, each) for each in renditions}
        return {"files": {each.name: future.result() for each, future in futures.items()}}

    outputs = flow.parallel("outputs")

    @outputs.step("playlist")
    def playlist(self, files, renditions, aspect):
        lines = ["#EXTM3U"]
        for each in renditions:
            lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={each.kbit * 1000},RESOLUTION={each.height * aspect:.0f}x{each.height}"]
            lines += [str(files[each.name])]
        return {"playlist": "\n".join(lines)}

    @outputs.step("poster")
    def poster(self, path, seconds):
        return {"poster": path.with_suffix(f".{seconds / 2:.0f}.jpg").name}

    @flow.transform("result")
    def result(self, owner, playlist, poster, files):
        return {"owner": owner, "playlist": playlist, "poster": poster, "count": len(files)}


def transcode(path: Path, cancel: threading.Event) -> str:
    with ThreadPoolExecutor(2) as pool, suppress(StepTimeoutError):
        result = Transcode(Tools(pool)).run_sync({"path": path, "owner": "ana"}, cancel=cancel)
        assert result["count"] == result["playlist"].count("BANDWIDTH")
        return result["poster"]
    return "none"


if __name__ == "__main__":
    cancel = threading.Event()
    assert transcode(Path("/in/cat.hd.mov"), cancel) == "cat.hd.30.jpg"
    cancel.set()
    try:
        transcode(Path("/in/dog.mov"), cancel)
    except RunCancelledError as error:
        print(error)
    else:
        raise AssertionError
