"""What must hold for every random flow; as a command it tries many: ``python tests/support/resume_property.py 50000``.

For every checkpoint of a flow: the run that goes on from its text alone, with a new instance, has the result of the
uninterrupted run or fails with its error; and over both halves each effect happened once, each step was tried, each
``when`` and each route asked as often as in the uninterrupted run. The uninterrupted run itself is that of the model.
"""

from __future__ import annotations

import argparse
import copy
import logging
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from notes import places
from random_flows import Build, draw_flow
from random_nodes import FlowSpec, World, canonical
from reference_model import Ambiguous, Model, inner_nodes

from stepkit.errors import CheckpointKeyError
from stepkit.testing.suspending import step_of

Outcome = tuple[str, Any]


def outcome_of(run: Callable[[], Mapping[str, Any]]) -> tuple[Outcome, Exception | None]:
    """What a run gave, or how it failed: with the notes, which say where."""
    try:
        result = run()
    except Exception as error:
        return ("failed", outline(error)), error
    return ("result", ([*result], canonical(result))), None


def outline(error: BaseException) -> Any:
    inside = [outline(each) for each in error.exceptions] if isinstance(error, BaseExceptionGroup) else []
    return type(error).__name__, str(error), places(error), inside


def check(spec: FlowSpec, input: Mapping[str, Any]) -> Counter[str]:
    """Check one flow. Raises ``AssertionError``; returns what there was to check."""
    seen: Counter[str] = Counter(flows=1)
    try:
        model = Model(spec, input)
    except Ambiguous:
        return Counter(ambiguous=1)
    build = Build(spec)
    expected, _ = outcome_of(lambda: model.result if model.result is not None else _raise(model.error))
    loose = {each.id for each in inner_nodes(spec.nodes)} if model.loose else set()

    def counts(world: World) -> dict[tuple[str, int], int]:
        return {key: count for key, count in world.counts.items() if key[1] not in model.loose}

    # Nobody listens.
    world = World()
    actual, _ = outcome_of(lambda: build.run(world, copy.deepcopy(dict(input))))
    assert expected == actual, "a run that nobody listens to"
    assert counts(model.world) == counts(world), "what a run that nobody listens to did"

    # Somebody listens.
    world = World()
    points: dict[str, World] = {}
    contexts: dict[str, dict[str, Any]] = {}
    inside_groups: dict[str, World] = {}
    completed: list[str] = []
    before_group = World()

    def note(event: Any) -> None:
        nonlocal before_group
        completed.append(event.step_name)
        text = event.checkpoint
        if step_of(text) == event.step_name:
            assert text not in points
            points[text] = before_group = world.copy()
            contexts[text] = event.context
        elif text not in points:
            inside_groups.setdefault(text, before_group)

    actual, error = outcome_of(lambda: build.run(world, copy.deepcopy(dict(input)), on_step_complete=note))
    assert expected == actual, "a run with a listener"
    assert counts(model.world) == counts(world), "what a run with a listener did"
    if not loose:
        assert sorted(model.completed) == sorted(completed)
    total = counts(world)

    for place, (text, before) in enumerate(points.items()):
        seen["checkpoints"] += 1
        half = before.copy()
        arguments: dict[str, Any] = {"on_step_complete": _read} if place % 2 else {}
        if place % 3 == 2:
            arguments["override_data"] = contexts[text]  # what is there anyway
        actual, again = outcome_of(partial(build.resume, half, text, **arguments))
        if _was_foreseen(error, again):
            seen["foreseen"] += 1
            assert before.counts == half.counts, f"a refused resume ran something: {text}"
            continue
        assert expected == actual, f"resumed from {text}"
        assert total == counts(half), f"what happened over both halves: {text}"

    # Checkpoints that only events inside of groups had. Attempts that failed since then are not in them.
    for text, before in inside_groups.items():
        if text in points or model.loose or any(what == "failure" for what, _ in world.counts):
            continue
        seen["group checkpoints"] += 1
        actual, again = outcome_of(partial(build.resume, before.copy(), text))
        if not _was_foreseen(error, again):
            assert expected == actual, f"resumed from before a group: {text}"

    # Stopped and resumed after every step.
    world = World()
    stopped: list[str] = []

    def stop(event: Any) -> None:
        text = event.checkpoint
        if step_of(text) == event.step_name:
            stopped.append(text)
            event.stop_pipeline()

    actual, again = outcome_of(lambda: build.run(world, copy.deepcopy(dict(input)), on_step_complete=stop))
    pieces = 0
    while len(stopped) > pieces:
        pieces = len(stopped)
        actual, again = outcome_of(partial(build.resume, world, stopped[-1], on_step_complete=stop))
    seen["pieces"] += pieces
    if not _was_foreseen(error, again):
        assert expected == actual, "stopped and resumed after every step"
        assert total == counts(world), "what happened when stopped and resumed after every step"
    seen["failing"] += expected[0] == "failed"
    return seen


def _raise(error: Exception | None) -> Mapping[str, Any]:
    assert error is not None
    raise error


def _read(event: Any) -> None:
    assert event.checkpoint


def _was_foreseen(error: Exception | None, again: Exception | None) -> bool:
    """A run that is bound to fail for a missing key may be refused at once."""
    return isinstance(again, CheckpointKeyError) and error is not None


def check_seed(seed: int, depth: int = 4) -> Counter[str]:
    dice = random.Random(seed)
    spec, input = draw_flow(dice.randrange, depth)
    try:
        return check(spec, input)
    except Exception as error:
        error.add_note(f"seed {seed}, depth {depth}")
        raise


def _check_seeds(seeds: range) -> tuple[Counter[str], list[str]]:
    logging.disable()
    total: Counter[str] = Counter()
    failures: list[str] = []
    for seed in seeds:
        try:
            total += check_seed(seed)
        except Exception as error:
            failures.append(f"seed {seed}: {type(error).__name__}: {error}"[:600])
    return total, failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flows", type=int, nargs="?", default=50_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    began = time.perf_counter()
    last = arguments.first + arguments.flows
    chunks = [range(start, min(start + 250, last)) for start in range(arguments.first, last, 250)]
    total: Counter[str] = Counter()
    failures: list[str] = []
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        for number, (counted, failed) in enumerate(pool.imap_unordered(_check_seeds, chunks), 1):
            total += counted
            failures += failed
            for failure in failed:
                print(failure, flush=True)
            if number % 20 == 0:
                print(f"{number * 250:,} of {arguments.flows:,} flows, {len(failures)} differ", flush=True)
    told = ", ".join(f"{count:,} {what}" for what, count in sorted(total.items()))
    print(f"{told}; {len(failures)} flows differ; {time.perf_counter() - began:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
