"""What a nested flow, a branch and a parallel group cost, as ratios to what people write without them.

    python -m benchmarks.composition            all cases
    python -m benchmarks.composition --quick    shorter measurements

| here | the yardstick |
|---|---|
| a nested flow | a function call: it copies the dict, calls the same functions, and what they gave is merged |
| a branch | the same after an `if` |
| a group of async members | `asyncio.gather` of the same coroutines, their dicts merged in order |
| a group of sync members | `asyncio.gather` of `asyncio.to_thread`; by design each member has a thread of its own |

One run goes through ten containers in a row, so that what a run costs at all counts little. "to flat" compares with a
flow that has the same steps without containers. "us each" is the time of one container, with what is in it. The context
has 2 KB unless something else is said; with a checkpoint after each step the yardstick encodes it with msgspec wherever
a step is completed. Everything is interleaved in one session.
"""

from __future__ import annotations

import argparse
import asyncio
import tracemalloc
import types
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

import msgspec

from benchmarks.flows import bare_steps, counting_flow, records
from benchmarks.measure import async_medians, medians, report, versions
from stepkit import Flow, flow

ROW = 10
"""Containers in a row in one flow."""
SIZES = (3, 10)
"""Steps, or members, in each."""
DEEP, KEYS = 10, 1000

Context = dict[str, Any]
START: Context = {"n": 0, "rows": records(2_000)}
encode = msgspec.json.Encoder().encode


def flow_of(members: Mapping[str, Any]) -> Flow[Any]:
    made: Flow[Any] = types.new_class("Made", (Flow,), {}, lambda body: body.update(members))()
    return made


def nested(size: int, *, is_async: bool = False) -> Flow[Any]:
    inside = counting_flow(size, is_async=is_async)
    return flow_of({f"nested_{number}": flow.subflow(f"nested-{number}", inside) for number in range(ROW)})


def branches(size: int) -> Flow[Any]:
    cases: dict[str, Any] = {"odd": counting_flow(size), "even": counting_flow(size)}

    def route(self: object, n: int) -> str:
        return "odd" if n % 2 else "even"

    return flow_of({f"route_{number}": flow.branch(f"route-{number}", cases=cases)(route) for number in range(ROW)})


def groups(size: int, *, is_async: bool) -> Flow[Any]:
    members: dict[str, Any] = {}
    for number in range(ROW):
        group = members[f"group_{number}"] = flow.parallel(f"group-{number}")
        for key, function in member_functions(size, is_async=is_async).items():
            members[f"{key}_{number}"] = group.step(f"{key}")(function)
    return flow_of(members)


def member_functions(size: int, *, is_async: bool) -> dict[str, Callable[..., Any]]:
    """Functions that each read one key and give one of their own."""
    return {f"m{number}": (async_member if is_async else member)(f"m{number}") for number in range(size)}


def member(key: str) -> Callable[..., Any]:
    def give(self: object, n: int) -> Context:
        return {key: n}

    return give


def async_member(key: str) -> Callable[..., Any]:
    async def give(self: object, n: int) -> Context:
        return {key: n}

    return give


# -- the yardsticks; `done` is what happens after each completed step -----------------------------------------------


def encoded(context: Context) -> None:
    encode(context).decode()


def call_all(calls: list[Any], context: Context, done: Callable[[Context], None] | None) -> Context:
    context = dict(context)
    given: Context = {}
    for call in calls:
        output = call(n=context["n"])
        context.update(output)
        given.update(output)
        if done is not None:
            done(context)
    return given


def bare_nested(calls: list[Any], done: Callable[[Context], None] | None = None, start: Context = START) -> Context:
    context = dict(start)
    for _ in range(ROW):
        context.update(call_all(calls, context, done))
        if done is not None:
            done(context)
    return context


def bare_branches(odd: list[Any], even: list[Any], done: Callable[[Context], None] | None = None) -> Context:
    context = dict(START)
    for _ in range(ROW):
        if context["n"] % 2:
            context.update(call_all(odd, context, done))
        else:
            context.update(call_all(even, context, done))
        if done is not None:
            done(context)
    return context


async def call_all_async(calls: list[Any], context: Context) -> Context:
    context = dict(context)
    given: Context = {}
    for call in calls:
        output = await call(n=context["n"])
        context.update(output)
        given.update(output)
    return given


async def bare_nested_async(calls: list[Any]) -> Context:
    context = dict(START)
    for _ in range(ROW):
        context.update(await call_all_async(calls, context))
    return context


async def bare_gather(calls: list[Any], done: Callable[[Context], None] | None = None) -> Context:
    context = dict(START)
    for _ in range(ROW):
        for output in await asyncio.gather(*[call(None, n=context["n"]) for call in calls]):
            context.update(output)
        if done is not None:
            done(context)
    return context


async def bare_threads(calls: list[Any]) -> Context:
    context = dict(START)
    for _ in range(ROW):
        for output in await asyncio.gather(*[asyncio.to_thread(call, None, n=context["n"]) for call in calls]):
            context.update(output)
    return context


# -- what is measured -------------------------------------------------------------------------------------------------


def take(event: Any) -> None:
    """What a caller does who saves each checkpoint. A member of a group completes no step that could be saved."""
    if not event.step_name.startswith("group-") or "/" not in event.step_name:
        _ = event.checkpoint


def against(case: str, times: Mapping[str, float]) -> None:
    flat = f"  to flat {times['stepkit'] / times['flat']:.2f}" if "flat" in times else ""
    each = f"{times['stepkit'] / ROW * 1e6:8.1f} us each{flat}"
    report(case, times["stepkit"] / times["bare"], None, each)


def nested_flows(seconds: float) -> None:
    for size in SIZES:
        ours, flat = nested(size), counting_flow(size * ROW)()
        calls = bare_steps(counting_flow(size)(), size)
        work: dict[str, Callable[[], object]] = {
            "bare": partial(bare_nested, calls),
            "flat": partial(flat.run_sync, START),
            "stepkit": partial(ours.run_sync, START),
        }
        against(f"nested flow of {size} sync steps", medians(work, seconds=seconds))
        for label, start in {"": START, " of 100 KB": {"n": 0, "rows": records(100_000)}}.items():
            listening: dict[str, Callable[[], object]] = {
                "bare": partial(bare_nested, calls, encoded, start),
                "flat": partial(flat.run_sync, start, on_step_complete=take),
                "stepkit": partial(ours.run_sync, start, on_step_complete=take),
            }
            against(f"nested flow of {size} sync steps, checkpoints{label}", medians(listening, seconds=seconds))
        ours, flat = nested(size, is_async=True), counting_flow(size * ROW, is_async=True)()
        calls = bare_steps(counting_flow(size, is_async=True)(), size)
        work_async: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
            "bare": partial(bare_nested_async, calls),
            "flat": partial(flat.run, START),
            "stepkit": partial(ours.run, START),
        }
        against(f"nested flow of {size} async steps", async_medians(work_async, seconds=seconds))


def branch_cases(seconds: float) -> None:
    for size in SIZES:
        ours = branches(size)
        odd, even = bare_steps(counting_flow(size)(), size), bare_steps(counting_flow(size)(), size)
        work: dict[str, Callable[[], object]] = {
            "bare": partial(bare_branches, odd, even),
            "stepkit": partial(ours.run_sync, START),
        }
        against(f"branch, cases of {size} sync steps", medians(work, seconds=seconds))
        listening: dict[str, Callable[[], object]] = {
            "bare": partial(bare_branches, odd, even, encoded),
            "stepkit": partial(ours.run_sync, START, on_step_complete=take),
        }
        against(f"branch, cases of {size} sync steps, checkpoints", medians(listening, seconds=seconds))


def parallel_groups(seconds: float) -> None:
    for size in SIZES:
        ours = groups(size, is_async=True)
        calls = list(member_functions(size, is_async=True).values())
        work: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
            "bare": partial(bare_gather, calls),
            "stepkit": partial(ours.run, START),
        }
        against(f"group of {size} async members", async_medians(work, seconds=seconds))
        work = {
            "bare": partial(bare_gather, calls, encoded),
            "stepkit": partial(ours.run, START, on_step_complete=take),
        }
        against(f"group of {size} async members, checkpoints", async_medians(work, seconds=seconds))
        work = {
            "bare": partial(bare_threads, list(member_functions(size, is_async=False).values())),
            "stepkit": partial(groups(size, is_async=False).run, START),
        }
        against(f"group of {size} sync members (threads)", async_medians(work, seconds=seconds))


def memory() -> None:
    """The peak of flows nested ten deep over a wide context; the yardstick copies the dict at each level."""
    peaks: list[int] = []

    def look() -> None:
        peaks.append(tracemalloc.get_traced_memory()[0])

    def innermost(self: object, n: int) -> Context:
        look()
        return {"n": n + 1}

    made: Any = flow_of({"look": flow.step("look")(innermost)})
    for _ in range(DEEP):
        made = flow_of({"inside": flow.subflow("inside", type(made))})

    def bare(context: Context, depth: int) -> Context:
        context = dict(context)
        context.update(innermost(None, context["n"]) if depth == 0 else bare(context, depth - 1))
        return context

    wide = {"n": 0} | {f"key_{number}": number for number in range(KEYS)}
    made.run_sync(wide)  # its plans are made once
    peaks.clear()
    for work in (lambda: bare(wide, DEEP), lambda: made.run_sync(wide)):
        tracemalloc.start()
        work()
        tracemalloc.stop()
    report(f"memory, {DEEP} deep, {KEYS:,} keys", peaks[1] / peaks[0], None, f"{peaks[1] / DEEP / 1024:8.1f} KiB each")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter measurements")
    seconds = 0.15 if parser.parse_args().quick else 1.0
    print(f"{versions()}; {ROW} containers in a row")
    nested_flows(seconds)
    branch_cases(seconds)
    parallel_groups(seconds)
    memory()


if __name__ == "__main__":
    main()
