"""The flows, contexts and bare loops that the benchmarks compare."""

from __future__ import annotations

import types
from typing import Any

from stepkit import Flow, flow


def counting_flow(steps: int, *, is_async: bool = False) -> type[Flow[dict[str, Any], dict[str, Any]]]:
    """A flow of ``steps`` steps that each read one key and return it, plus one."""
    namespace: dict[str, Any] = {}
    for number in range(steps):
        name = f"step_{number}"
        namespace[name] = flow.step(name)(_async_step() if is_async else _step())
    made: type[Flow[dict[str, Any], dict[str, Any]]] = types.new_class(
        "Counting", (Flow,), {}, lambda body: body.update(namespace)
    )
    return made


def _step() -> Any:
    def count(self: object, n: int) -> dict[str, int]:
        return {"n": n + 1}

    return count


def _async_step() -> Any:
    async def count(self: object, n: int) -> dict[str, int]:
        return {"n": n + 1}

    return count


def bare_steps(instance: Any, steps: int) -> list[Any]:
    """The same functions, as bound methods."""
    return [getattr(instance, f"step_{number}") for number in range(steps)]


def records(size: int) -> list[dict[str, Any]]:
    """Ordinary JSON-like data of about ``size`` bytes."""
    made: list[dict[str, Any]] = []
    for number in range(max(1, size // 210)):
        made.append(
            {
                "id": number,
                "name": f"customer {number}",
                "email": f"customer.{number}@example.org",
                "active": number % 3 == 0,
                "score": number / 7,
                "tags": ["new", "eu", f"segment-{number % 10}"],
                "address": {"street": f"{number} High Street", "city": "Springfield", "zip": f"{number:05}"},
            }
        )
    return made
