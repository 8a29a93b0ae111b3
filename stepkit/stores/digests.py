"""Digests over what is stored, so that damage is found when it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from .contract import Decision, NewSave, Save

SIZE = 16


def digest(*parts: object) -> bytes:
    """16 bytes that are the same for the same parts only."""
    shape = [("bytes", len(part)) if isinstance(part, bytes) else part for part in parts]
    made = hashlib.blake2b(repr(shape).encode(), digest_size=SIZE)
    for part in parts:
        if isinstance(part, bytes):
            made.update(part)
    return made.digest()


def save_digest(run: str, save: NewSave | Save, epoch: int) -> bytes:
    return digest("save", run, epoch, save.seq, save.kind, save.step_name, save.full, save.payload)


def decision_digest(run: str, decision: Decision) -> bytes:
    made_of = (decision.gate, decision.kind, decision.by, decision.reason, decision.payload)
    return digest("decision", run, *made_of)


def with_digest(data: bytes, *about: object) -> bytes:
    """The data behind its digest, for where there is one column only."""
    return digest(*about, data) + data


def without_digest(stored: bytes, *about: object) -> bytes | None:
    """The data, or None if it is damaged."""
    data = stored[SIZE:]
    return data if digest(*about, data) == stored[:SIZE] else None


def last_complete(saves: Iterable[tuple[Save, bool]], below: int) -> Save | None:
    """The last save before number ``below`` that can be gone on from; each comes with whether it is undamaged."""
    found: Save | None = None
    whole = False
    expected = -1
    for save, undamaged in saves:
        if save.seq >= below:
            break
        whole = undamaged and (save.full or (whole and save.seq == expected))
        expected = save.seq + 1
        if whole:
            found = save
    return found
