"""Human approval: a flow drafts a reply and stops; somebody approves it later, in another process; it is sent.

    python -m examples.approval start --to ana@example.org "How are you?"
    python -m examples.approval list
    python -m examples.approval approve apr_…
    python -m examples.approval reject apr_…

What waits is in ``waiting.db``, what was sent in ``outbox.jsonl``, both in the folder that ``--data`` names.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TypedDict

from stepkit import Flow, deserialize_checkpoint, flow


class Message(TypedDict):
    to: str
    body: str


class Outbox:
    """A file of sent mails. The same mail is sent once, however often it is delivered."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sent(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self._path.read_text().splitlines()] if self._path.exists() else []

    def deliver(self, key: str, to: str, body: str) -> None:
        if all(mail["key"] != key for mail in self.sent()):
            with self._path.open("a") as file:
                file.write(json.dumps({"key": key, "to": to, "body": body}) + "\n")


class Reply(Flow[Message]):
    """Writes a reply and sends it; ``start`` below stops it in between."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox

    @flow.step("generate")
    def generate(self, body: str):
        return {"reply": f"You wrote: {body} Thank you, we are well."}

    @flow.step("send")
    def send(self, to: str, reply: str) -> None:
        # the key is the same after a resume: a mail that was sent before a crash is not sent again
        self.outbox.deliver(flow.current().idempotency_key, to, reply)


class Desk:
    """What waits for approval."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.reply = Reply(Outbox(folder / "outbox.jsonl"))
        self._db = sqlite3.connect(folder / "waiting.db")
        self._db.execute("CREATE TABLE IF NOT EXISTS waiting (id TEXT PRIMARY KEY, checkpoint TEXT, approved INT)")

    def close(self) -> None:
        self._db.close()

    def start(self, to: str, body: str) -> str:
        """Draft a reply and stop; gives the approval's id."""
        approval = f"apr_{secrets.token_hex(4)}"

        def stop_for_approval(event: Reply.Event) -> None:
            if event.step_name == "generate":
                with self._db:
                    self._db.execute("INSERT INTO waiting VALUES (?, ?, FALSE)", (approval, event.checkpoint))
                event.stop_pipeline()

        self.reply.run_sync({"to": to, "body": body}, on_step_complete=stop_for_approval)
        return approval

    def waiting(self) -> list[tuple[str, str, str]]:
        """Id, receiver and reply of everything that waits."""
        rows = self._db.execute("SELECT id, checkpoint FROM waiting WHERE NOT approved ORDER BY rowid")
        outputs = [(approval, deserialize_checkpoint(checkpoint).output) for approval, checkpoint in rows]
        return [(approval, output["to"], output["reply"]) for approval, output in outputs]

    def approve(self, approval: str) -> None:
        """Resume the flow; it sends. Raises LookupError if the id does not wait."""
        with self._db:  # holds the database from here on: two who approve at once do not both resume
            claimed = self._db.execute("UPDATE waiting SET approved = TRUE WHERE id = ? AND NOT approved", (approval,))
            if claimed.rowcount == 0:
                raise LookupError(f"no reply waits under {approval}")
            (checkpoint,) = self._db.execute("SELECT checkpoint FROM waiting WHERE id = ?", (approval,)).fetchone()
            self.reply.run_checkpoint_sync(checkpoint)  # if this fails, the claim is rolled back

    def reject(self, approval: str) -> None:
        """Drop it; the flow is not resumed. Raises LookupError if the id does not wait."""
        with self._db:
            dropped = self._db.execute("DELETE FROM waiting WHERE id = ? AND NOT approved", (approval,))
        if dropped.rowcount == 0:
            raise LookupError(f"no reply waits under {approval}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Replies that are sent when somebody approves them.")
    parser.add_argument("--data", type=Path, default=Path("approval-data"), help="default: approval-data")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="draft a reply; prints the approval's id")
    start.add_argument("--to", required=True)
    start.add_argument("body")
    commands.add_parser("list", help="what waits")
    for command in ("approve", "reject"):
        commands.add_parser(command).add_argument("id")
    arguments = parser.parse_args()

    with closing(Desk(arguments.data)) as desk:
        try:
            if arguments.command == "start":
                print(desk.start(arguments.to, arguments.body))
            elif arguments.command == "list":
                for approval, to, reply in desk.waiting():
                    print(f"{approval}  to {to}: {reply}")
            elif arguments.command == "approve":
                desk.approve(arguments.id)
            else:
                desk.reject(arguments.id)
        except LookupError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
