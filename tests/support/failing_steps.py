"""Steps that fail, and fallbacks that give their keys."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

from stepkit import Flow


class Input(TypedDict):
    n: int


class Down(ConnectionError):
    pass


def on_the_module(self: Any, error: Exception, n: int) -> dict[str, Any]:
    return {"answer": f"module {n} {type(error).__name__} {self.default}"}


def without_self(error: Exception, n: int) -> dict[str, Any]:
    return {"answer": f"plain {n} {type(error).__name__}"}


class Answers(Flow[Input]):
    default = "usual"

    def by_name(self, error, n):
        return {"answer": f"method {n} {type(error).__name__} {self.default}"}

    async def by_name_async(self, error, n):
        await asyncio.sleep(0)
        return {"answer": f"async {n} {type(error).__name__}"}

    def in_the_body(self, error: Exception, n: int):
        return {"answer": f"body {n} {type(error).__name__}"}


FALLBACKS: dict[str, tuple[Any, str]] = {
    "a method's name": ("by_name", "method 1 Down usual"),
    "the name of an async one": ("by_name_async", "async 1 Down"),
    "a function of the body": (Answers.in_the_body, "body 1 Down"),
    "a function of the module": (on_the_module, "module 1 Down usual"),
    "a function without self": (without_self, "plain 1 Down"),
    "a lambda": (lambda self, error, n: {"answer": f"lambda {n}"}, "lambda 1"),
    "the whole context": (lambda error, ctx, /: {"answer": dict(ctx)}, {"n": 1}),
    "only the error": (lambda self, error: {"answer": str(error)}, "no answer"),
    "a key that may be missing": (lambda error, *, n, other=5: {"answer": n + other}, 6),
}


class Worse(ValueError):
    pass
