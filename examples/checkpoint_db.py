"""Checkpoints in SQLite: a row for each completed step of each run."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class CheckpointDb:
    """A file of checkpoints. What ``save`` was given is on disk when it returns."""

    def __init__(self, path: str | Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS checkpoints"
            " (number INTEGER PRIMARY KEY, run TEXT NOT NULL, step TEXT NOT NULL, checkpoint TEXT NOT NULL)"
        )

    def save(self, run: str, step: str, checkpoint: str) -> None:
        with self._connection:  # commits, or rolls back
            self._connection.execute(
                "INSERT INTO checkpoints (run, step, checkpoint) VALUES (?, ?, ?)", (run, step, checkpoint)
            )

    def latest(self, run: str) -> str | None:
        """The run's last checkpoint, or None if it has none."""
        row = self._connection.execute(
            "SELECT checkpoint FROM checkpoints WHERE run = ? ORDER BY number DESC LIMIT 1", (run,)
        ).fetchone()
        return None if row is None else str(row[0])

    def steps(self, run: str) -> list[str]:
        """The steps of the run that were saved, in order."""
        rows = self._connection.execute("SELECT step FROM checkpoints WHERE run = ? ORDER BY number", (run,))
        return [str(step) for (step,) in rows]

    def close(self) -> None:
        self._connection.close()
