"""Cleans JSON documents of a partner before they are stored; the type of a document is recursive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias, TypedDict

from pydantic import BaseModel, JsonValue

from stepkit import Flow, flow

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


class Node(TypedDict):
    name: str
    children: list[Node]


class Envelope(BaseModel):
    source: str
    payload: JsonValue
    replies: list[Envelope] = []


class DocumentInput(TypedDict):
    text: str
    envelope: Envelope


def walk(value: Json, path: str = "$") -> Iterator[tuple[str, Json]]:
    yield path, value
    if isinstance(value, dict):
        for key, each in value.items():
            yield from walk(each, f"{path}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from walk(each, f"{path}[{number}]")


def without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


class Clean(Flow[DocumentInput]):
    @flow.step("parse")
    def parse(self, text: str):
        document: Json = json.loads(text)
        return {"document": document, "payload": Envelope.model_validate_json(text).payload if "payload" in text else None}

    @flow.step("clean")
    def clean(self, document):
        return {"document": without_nulls(document)}

    @flow.step("outline")
    def outline(self, document):
        return {"paths": [path for path, value in walk(document) if not isinstance(value, (dict, list))]}

    @flow.step("tree")
    def tree(self, paths):
        root: Node = {"name": "$", "children": []}
        for path in paths:
            node = root
            for part in path.split(".")[1:]:
                child = next((each for each in node["children"] if each["name"] == part), None)
                if child is None:
                    child = Node(name=part, children=[])
                    node["children"].append(child)
                node = child
        return {"tree": root}

    @flow.step("replies")
    def replies(self, envelope: Envelope, tree):
        sources = {envelope.source, *(reply.source for reply in envelope.replies)}
        return {"sources": sorted(sources), "depth": depth(tree)}


def depth(node: Node) -> int:
    return 1 + max((depth(child) for child in node["children"]), default=0)


def checkpoint_of(start: DocumentInput) -> dict[str, str]:
    saved: dict[str, str] = {}

    def save(event: Clean.Event) -> None:
        saved[event.step_name] = event.checkpoint

    result = Clean().run_sync(start, on_step_complete=save)
    assert result["sources"] == ["a", "b"] and result["depth"] == 3, result["tree"]
    return saved


if __name__ == "__main__":
    text = '{"order": {"id": 1, "note": null}, "tags": ["x", null]}'
    replies = [Envelope(source="b", payload={"deep": [1, {"er": None}]})]
    saved = checkpoint_of({"text": text, "envelope": Envelope(source="a", payload=None, replies=replies)})
    again = Clean().run_checkpoint_sync(saved["clean"])
    assert again["paths"] == ["$.order.id", "$.tags[0]", "$.tags[1]"], again["paths"]
