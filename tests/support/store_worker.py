"""A process with a store: reads a JSON list a line, does what its first item names, and answers with a line.

The answer is what was given, or the name of the error.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from store_kinds import open_store_of

from stepkit.errors import StepkitError
from stepkit.stores import NewSave, Store


def save(store: Store, id: str, epoch: int, seq: int) -> str:
    store.save(id, epoch, NewSave(seq=seq, step_name=f"step-{seq}", payload=payload(seq), full=seq % 7 == 0))
    return "saved"


def payload(seq: int) -> bytes:
    return b"%d" % seq * 50


def answer(do: str, *values: Any) -> Any:
    global store
    match do:
        case "open":
            if "store" in globals():
                store.close()
            store = open_store_of(*values)
            return "open"
        case "claim":
            return store.claim(values[0], f"process-{os.getpid()}", values[1]).run.epoch
        case "create":
            return store.create(values[0], "Shop", b"input", input_digest="one")[1]
        case "approve":
            id, by, data = values
            return store.decide(id, "approve", gate="manager", payload=data.encode(), by=by).status
        case "save":
            return save(store, *values)
        case "saves":  # until something stops them; each is told
            id, epoch, seq = values
            while True:
                save(store, id, epoch, seq)
                print(seq, flush=True)
                seq += 1
        case _:
            raise SystemExit(f"{do}?")


store: Store

if __name__ == "__main__":
    if sys.argv[1] != "none":
        store = open_store_of(*sys.argv[1:])  # type: ignore[arg-type]
    for line in sys.stdin:
        try:
            given = answer(*json.loads(line))
        except StepkitError as error:
            given = type(error).__name__
        print(json.dumps(given), flush=True)
