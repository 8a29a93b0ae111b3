"""Steps come from installed extras where they are there; settings from the environment; a base class with hooks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypedDict

from stepkit import Flow, flow

if TYPE_CHECKING:
    from logging import Logger



def to_json(value: Any) -> bytes:
    return json.dumps(value).encode()


try:
    import orjson  # type: ignore[import-not-found, unused-ignore]

    dumps: Callable[[Any], bytes] = orjson.dumps
except ImportError:
    dumps = to_json


CLEAN: Final = "clean"
PUBLISH: Final = "publish"
WITH_DEBUG = os.environ.get("PIPELINE_DEBUG") == "1"


class Event(TypedDict):
    name: str
    tags: list[str]


class Base(Flow[Event]):
    def log(self) -> Logger:
        import logging

        return logging.getLogger(type(self).__name__)

    @flow.step(CLEAN)
    def clean(self, name, tags):
        self.log().debug("cleaning %s", name)
        return {"name": name.strip().lower(), "tags": sorted(set(tags))}


class Pipeline(Base):
    if WITH_DEBUG:

        @flow.step("debug")
        def debug(self, name):
            return {"debug": f"{name} on {sys.platform}"}

    if sys.version_info >= (3, 11):

        @flow.step("version")
        def version(self):
            return {"python": ".".join(map(str, sys.version_info[:2]))}

    else:

        @flow.step("version")
        def version(self):
            return {"python": "old"}

    @flow.step("encode")
    def encode(self, name, tags):
        return {"body": dumps({"name": name, "tags": tags})}

    @flow.step(PUBLISH)
    def publish(self, body, python, debug=""):
        return {"message": b" ".join([body, python.encode(), debug.encode()]).strip()}


def published(pipeline: Pipeline, event: Event) -> list[str]:
    seen: list[str] = []

    def listen(event: Pipeline.Event) -> None:
        if event.step_name == PUBLISH:
            seen.append(event.context["message"].decode())
        elif event.step_name == "clean":
            seen.append(event.context["name"])

    pipeline.run_sync(event, on_step_complete=listen)
    return seen


if __name__ == "__main__":
    cleaned, message = published(Pipeline(), {"name": " Deploy ", "tags": ["b", "a", "b"]})
    assert cleaned == "deploy" and '"tags": ["a", "b"]'.replace(" ", "") in message.replace(" ", "")
