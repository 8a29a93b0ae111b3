"""A chat assistant that calls tools: a flow per turn, messages as TypedDicts, a dispatcher with overloads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, NotRequired, Required, TypedDict, TypeVar, overload

from stepkit import Flow, flow

T = TypeVar("T")


class ToolCall(TypedDict):
    id: str
    name: Literal["add", "weather"]
    arguments: str


class Message(TypedDict, total=False):
    role: Required[Literal["system", "user", "assistant", "tool"]]
    content: Required[str]
    tool_calls: list[ToolCall]
    tool_call_id: str


class Turn(TypedDict):
    history: list[Message]
    text: str
    persona: NotRequired[str]


@overload
def last(items: Sequence[T]) -> T | None: ...
@overload
def last(items: Sequence[T], default: T) -> T: ...
def last(items: Sequence[T], default: T | None = None) -> T | None:
    return items[-1] if items else default


async def add(a: int, b: int) -> str:
    return str(a + b)


async def weather(city: str) -> str:
    return f"sunny in {city}"


TOOLS: dict[str, Callable[..., Awaitable[str]]] = {"add": add, "weather": weather}


class Answer(Flow[Turn]):
    def __init__(self, model: Callable[[Sequence[Message]], Awaitable[Message]]) -> None:
        self.model = model

    @flow.step("prompt")
    def prompt(self, history, text, persona="helpful"):
        system: Message = {"role": "system", "content": f"You are {persona}."}
        user: Message = {"role": "user", "content": text}
        return {"messages": [system, *history, user], "previous": last(history)}

    @flow.step("first-answer", retries=2, timeout=20)
    async def first_answer(self, messages):
        answer = await self.model(messages)
        return {"answer": answer, "calls": answer.get("tool_calls", [])}

    @flow.step("call-tools", when=lambda calls: len(calls) > 0)
    async def call_tools(self, messages, answer, calls):
        results = await asyncio.gather(*(self._call(call) for call in calls))
        return {"messages": [*messages, answer, *results], "tool_results": {r["tool_call_id"]: r for r in results if "tool_call_id" in r}}

    async def _call(self, call: ToolCall) -> Message:
        arguments: dict[str, Any] = json.loads(call["arguments"])
        content = await TOOLS[call["name"]](**arguments)
        return {"role": "tool", "content": content, "tool_call_id": call["id"]}

    @flow.step("second-answer", when=lambda calls: bool(calls))
    async def second_answer(self, messages):
        return {"answer": await self.model(messages)}

    @flow.step("remember")
    def remember(self, history, text, answer, previous, tool_results=None):
        user: Message = {"role": "user", "content": text}
        repeated = previous is not None and previous["content"] == answer["content"]
        return {"history": [*history, user, answer], "repeated": repeated, "tools_used": len(tool_results or {})}


async def scripted(messages: Sequence[Message]) -> Message:
    newest = messages[-1]
    if newest["role"] == "tool":
        return {"role": "assistant", "content": f"It is {newest['content']}."}
    call: ToolCall = {"id": "c1", "name": "add", "arguments": '{"a": 2, "b": 3}'}
    return {"role": "assistant", "content": "", "tool_calls": [call]}


async def main() -> None:
    result = await Answer(scripted).run({"history": [], "text": "2 + 3?"})
    assert result["answer"]["content"] == "It is 5." and result["tools_used"] == 1
    again = await Answer(scripted).run({"history": result["history"], "text": "again?", "persona": "terse"})
    assert again["repeated"] and len(again["history"]) == 4
    results = again.get("tool_results", {})
    assert [message["content"] for message in results.values()] == ["5"]


if __name__ == "__main__":
    asyncio.run(main())
