"""What a run of the suite showed, in a few lines for people: how many tests tell of what, and against which servers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

SUBJECTS = (
    (r"test_seed_page|test_interop|test_running_original", "the original's page and package: its examples, both ways"),
    (r"test_codec|test_checkpoint|test_mutated|test_refusals", "checkpoints: values, refusals, damage"),
    (
        r"test_containers|test_depth|test_random_flows|test_suspend|test_testing",
        "nested flows, branches, groups; resumed from every step",
    ),
    (
        r"test_retries|test_timeouts|test_cancel|test_task_groups|test_circuit|test_fencing|test_policies|test_isolation",
        "when things fail: retries, timeouts, cancellation",
    ),
    (r"test_docs|test_examples|test_monorepo|test_service_page|test_package", "docs and examples"),
    (r"typecheck_tests/", "programs before mypy with the plugin, and before pyright"),
    (r"", "the language: steps, runs, callbacks, logs"),
)


def lines(passed: Iterable[str], servers: Iterable[str]) -> Iterator[str]:
    """The summary of the tests that passed (their node ids) and of the servers that they talked to."""
    counts = Counter(_subject(nodeid) for nodeid in passed)
    for _, subject in SUBJECTS:
        if counts[subject]:
            yield f"{counts[subject]:6,}  {subject}"
    for server in servers:
        yield f"        against a real {server}"


def _subject(nodeid: str) -> str:
    return next(subject for pattern, subject in SUBJECTS if re.search(pattern, nodeid))
