"""stepkit next to Python peers that keep the state of a run: LangGraph and Burr, measured in one session.

    make bench-peers                        in an environment of its own
    python -m benchmarks.peers [--quick]    where the peers are installed

A ratio under 1 says that stepkit is faster. All run the same function in a row, on the same context; each flow's result
is looked at once, so that nothing broken is measured. What is saved differs: stepkit's text holds the whole context
after every step, LangGraph's saver in memory keeps a value once until it changes, Burr's keeps the state object itself.
"""

from __future__ import annotations

import argparse
import itertools
import sqlite3
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, TypedDict

from benchmarks.flows import counting_flow, records
from benchmarks.measure import medians, report, versions

Run = Callable[[], Any]


class State(TypedDict, total=False):
    n: int
    rows: list[Any]


class Stepkit:
    """The flow whose cost is compared."""

    def __init__(self, steps: int, folder: Path) -> None:
        self.steps, self.folder = steps, folder
        self.flow: Any = counting_flow(steps)()

    def run(self, case: str, rows: list[Any]) -> Run:
        start = {"n": 0, "rows": rows}
        if case == "nobody listens":
            return partial(self.flow.run_sync, start)
        kept: dict[str, str] = {}
        if case == "saved to SQLite":
            connection = _connect(self.folder / "stepkit.db")
            connection.execute("CREATE TABLE IF NOT EXISTS saved (step TEXT, checkpoint TEXT)")

            def insert(event: Any) -> None:
                connection.execute("INSERT INTO saved VALUES (?, ?)", (event.step_name, event.checkpoint))
                connection.commit()

            return partial(self.flow.run_sync, start, on_step_complete=insert)

        def keep(event: Any) -> None:
            kept[event.step_name] = event.checkpoint

        keeping = partial(self.flow.run_sync, start, on_step_complete=keep)
        if case == "kept in memory":
            return keeping
        keeping()
        return partial(self.flow.run_checkpoint_sync, kept[f"step_{self.steps - 2}"])


class LangGraph:
    """A StateGraph of nodes in a row; checkpoints are saved before the next node (``durability="sync"``)."""

    package = "langgraph"

    def __init__(self, steps: int, folder: Path) -> None:
        from langgraph.graph import END, START, StateGraph

        self.steps, self.folder = steps, folder
        self.graph: Any = StateGraph(State)
        names = [f"step_{number}" for number in range(steps)]
        for name in names:
            self.graph.add_node(name, lambda state: {"n": state["n"] + 1})
        for edge in itertools.pairwise((START, *names, END)):
            self.graph.add_edge(*edge)
        self.threads = itertools.count()

    def run(self, case: str, rows: list[Any]) -> Run:
        start = {"n": 0, "rows": rows}
        if case == "nobody listens":
            return partial(self.graph.compile().invoke, start, {"recursion_limit": self.steps + 1})
        if case == "saved to SQLite":
            from langgraph.checkpoint.sqlite import SqliteSaver

            saver: Any = SqliteSaver(_connect(self.folder / "langgraph.db"))
        else:
            from langgraph.checkpoint.memory import InMemorySaver

            saver = InMemorySaver()
        compiled = self.graph.compile(checkpointer=saver)

        def run() -> Any:
            return compiled.invoke(start, self._config(str(next(self.threads))), durability="sync")

        if case != "resume on the last":
            return run
        compiled.invoke(start, self._config("whole"), durability="sync")
        before_last = next(
            each for each in compiled.get_state_history(self._config("whole")) if each.values["n"] == self.steps - 1
        )
        return partial(compiled.invoke, None, {**self._config("whole"), **before_last.config})

    def _config(self, thread: str) -> dict[str, Any]:
        return {"recursion_limit": 2 * self.steps + 1, "configurable": {"thread_id": thread}}


class Burr:
    """An Application of actions in a row. One is built for each run, as they are for one run each."""

    package = "apache-burr"

    def __init__(self, steps: int, folder: Path) -> None:
        from burr.core import action

        def count(state: Any) -> Any:
            return state.update(n=state["n"] + 1)

        self.steps, self.folder = steps, folder
        self.names = [f"step_{number}" for number in range(steps)]
        self.actions = {name: action(reads=["n"], writes=["n"])(count) for name in self.names}
        self.ids = itertools.count()

    def run(self, case: str, rows: list[Any]) -> Run:
        from burr.core import persistence

        persister: Any = None
        if case == "saved to SQLite":
            persister = persistence.SQLitePersister(str(self.folder / "burr.db"), "saved")
            _make_durable(persister.connection)
            persister.initialize()
        elif case != "nobody listens":
            persister = persistence.InMemoryPersister()

        def build(**resumed: Any) -> Any:
            from burr.core import ApplicationBuilder

            builder = ApplicationBuilder().with_actions(**self.actions)
            builder = builder.with_transitions(*itertools.pairwise(self.names))
            builder = builder.with_identifiers(app_id=str(next(self.ids)))
            if resumed:
                builder = builder.initialize_from(persister, resume_at_next_action=True, **resumed)
            else:
                builder = builder.with_state(n=0, rows=rows).with_entrypoint(self.names[0])
                if persister is not None:
                    builder = builder.with_state_persister(persister)
            return builder.build()

        if case != "resume on the last":
            return lambda: build().run(halt_after=self.names[-1:])[2]
        first = build()
        first.run(halt_after=self.names[-2:-1])
        resumed = {"default_state": {}, "default_entrypoint": self.names[0], "fork_from_app_id": first.uid}
        return lambda: build(**resumed).run(halt_after=self.names[-1:])[2]


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False)
    _make_durable(connection)
    return connection


def _make_durable(connection: sqlite3.Connection) -> None:
    """The same settings for all."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def compare(case: str, steps: int, size: int, peers: list[Any], seconds: float) -> None:
    rows = records(size)
    label = f"{case}, {steps} steps, {size // 1000} KB"
    with tempfile.TemporaryDirectory() as folder:
        work = {peer.__name__: peer(steps, Path(folder)).run(case, rows) for peer in (Stepkit, *peers)}
        for name, call in work.items():
            if (found := call()["n"]) != steps:
                raise RuntimeError(f"{label}: {name} counted to {found}")
        times = medians(work, seconds=seconds)
    for peer in peers:
        report(f"{label}, to {peer.__name__}", times["Stepkit"] / times[peer.__name__], 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter measurements")
    seconds = 0.3 if parser.parse_args().quick else 2.0
    peers: list[Any] = []
    found = []
    for peer in (LangGraph, Burr):
        try:
            found.append(f"{peer.package} {metadata.version(peer.package)}")
        except metadata.PackageNotFoundError:
            print(f"{peer.package}: not measured, because it is not installed")
        else:
            peers.append(peer)
    print(", ".join([versions(), *found]))
    for steps in (10, 100):
        compare("nobody listens", steps, 2_000, peers, seconds)
    for case in ("kept in memory", "saved to SQLite"):
        for size in (2_000, 100_000):
            compare(case, 10, size, peers, seconds)
    compare("resume on the last", 100, 2_000, peers, seconds)


if __name__ == "__main__":
    main()
