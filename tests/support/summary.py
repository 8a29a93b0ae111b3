"""What a run of the suite showed, in a few lines for people: how many tests tell of what, and against which servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

SUBJECTS = {
    "tests/conformance/": "the original's page and package: its examples, both ways",
    "tests/language/": "the language: what stands in a flow class, and what it is refused for",
    "tests/annotations/": "annotations: what they name, and whether a value fits them",
    "tests/approvals/": "gates that wait for a decision, and steps that run at most once",
    "tests/running/": "runs: their results, their errors, their ids",
    "tests/callbacks/": "callbacks and events",
    "tests/log/": "the log",
    "tests/codec/": "values in checkpoints: they come back the same, or are refused",
    "tests/checkpoints/": "checkpoints: their format, refusals, damage, random flows resumed from every step",
    "tests/containers/": "nested flows, branches, groups",
    "tests/testing/": "what users test flows with; every flow suspended after every step",
    "tests/failures/": "when steps fail: retries, timeouts, fallbacks, deadlines",
    "tests/cancellation/": "cancellation",
    "tests/stores/": "stores: the contract, races, crashes, damage, secrets",
    "tests/project/": "docs, examples, the package",
    "typecheck_tests/": "programs before mypy with the plugin, and before pyright",
}
"""What the tests of a folder tell of."""


def lines(passed: Iterable[str], servers: Iterable[str]) -> Iterator[str]:
    """The summary of the tests that passed (their node ids) and of the servers that they talked to."""
    counts = Counter(_folder(nodeid) for nodeid in passed)
    for folder, subject in {**SUBJECTS, "": "other tests"}.items():
        if counts[folder]:
            yield f"{counts[folder]:6,}  {subject}"
    for server in servers:
        yield f"        against a real {server}"


def _folder(nodeid: str) -> str:
    return next((folder for folder in SUBJECTS if nodeid.startswith(folder)), "")
