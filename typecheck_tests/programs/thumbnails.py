"""Makes thumbnails: CPU work in threads, several sizes in parallel, results in a bucket."""

import hashlib
import struct
import zlib
from typing import NamedTuple, NotRequired, TypedDict

from stepkit import Flow, flow


class Size(NamedTuple):
    width: int
    height: int


class Image(NamedTuple):
    size: Size
    pixels: bytes

    def scaled(self, factor: int) -> "Image":
        width, height = self.size.width // factor, self.size.height // factor
        rows = [self.pixels[y * factor * self.size.width :: factor][:width] for y in range(height)]
        return Image(Size(width, height), b"".join(rows))


class Bucket:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> str:
        self.objects[key] = data
        return f"s3://thumbs/{key}"


class ThumbInput(TypedDict):
    name: str
    data: bytes
    formats: NotRequired[list[str]]


def encode(image: Image) -> bytes:
    return struct.pack(">II", *image.size) + zlib.compress(image.pixels)


class Thumbnails(Flow[ThumbInput]):
    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    @flow.step("decode", thread=True, timeout=10)
    def decode(self, data):
        width, height = struct.unpack_from(">II", data)
        return {"image": Image(Size(width, height), data[8:]), "digest": hashlib.sha256(data).hexdigest()}

    sizes = flow.parallel("sizes")

    @sizes.step
    def small(self, image):
        return {"small": encode(image.scaled(4))}

    @sizes.step
    def medium(self, image):
        return {"medium": encode(image.scaled(2))}

    @flow.step("store", retries=2)
    def store(self, name, digest, small, medium):
        urls = {
            size: self.bucket.put(f"{digest[:8]}/{name}.{size}", data)
            for size, data in {"small": small, "medium": medium}.items()
        }
        return {"urls": urls}

    @flow.transform("answer")
    def answer(self, name, urls, image, formats=()):
        return {"name": name, "urls": urls, "area": image.size.width * image.size.height, "formats": list(formats)}


if __name__ == "__main__":
    bucket = Bucket()
    picture = struct.pack(">II", 8, 8) + bytes(range(64))
    result = Thumbnails(bucket).run_sync({"name": "cat", "data": picture})
    area: int = result["area"]
    urls: dict[str, str] = result["urls"]
    formats: list[str] = result["formats"]
    assert area == 64 and sorted(urls) == ["medium", "small"] and formats == []
    assert len(bucket.objects) == 2
