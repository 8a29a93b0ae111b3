"""Human approval: a flow drafts a reply and stops; somebody approves it later, in another process; it is sent.

    python -m examples.approval start --to ana@example.org "How are you?"
    python -m examples.approval list
    python -m examples.approval approve apr_…
    python -m examples.approval reject apr_…
    python -m examples.approval recover

``recover`` sends what was approved by a process that died before it had sent it.
What waits is in ``waiting.db``, what was sent in ``outbox.jsonl``, both in the folder that ``--data`` names.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sqlite3
import sys
from collections.abc import Callable
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
    """Writes a reply, has it saved and stops there. Resumed, it sends the reply."""

    def __init__(self, outbox: Outbox, save: Callable[[str, str], None]) -> None:
        self.outbox = outbox
        self.save = save

    def on_step_complete(self, event: Reply.Event) -> None:
        """The gate is the flow's own: whoever runs it cannot forget to stop."""
        if event.step_name == "generate":
            self.save(event.run_id, event.checkpoint)
            event.stop_pipeline()

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
        self.reply = Reply(Outbox(folder / "outbox.jsonl"), self._save)
        self._db = sqlite3.connect(folder / "waiting.db", isolation_level=None)  # each statement is its own transaction
        self._db.execute("CREATE TABLE IF NOT EXISTS replies (id TEXT PRIMARY KEY, checkpoint TEXT, status TEXT)")

    def close(self) -> None:
        self._db.close()

    def start(self, to: str, body: str) -> str:
        """Draft a reply and stop; gives the approval's id."""
        approval = f"apr_{secrets.token_hex(4)}"
        self.reply.run_sync({"to": to, "body": body}, run_id=approval)
        return approval

    def _save(self, approval: str, checkpoint: str) -> None:
        self._db.execute("INSERT INTO replies VALUES (?, ?, 'waiting')", (approval, checkpoint))

    def waiting(self) -> list[tuple[str, str, str]]:
        """Id, receiver and reply of everything that waits."""
        rows = self._db.execute("SELECT id, checkpoint FROM replies WHERE status = 'waiting' ORDER BY rowid")
        outputs = [(approval, deserialize_checkpoint(checkpoint).output) for approval, checkpoint in rows]
        return [(approval, output["to"], output["reply"]) for approval, output in outputs]

    def approve(self, approval: str) -> None:
        """Resume the flow; it sends. Raises LookupError if the id does not wait."""
        if not self._move(approval, "waiting", "approved"):  # of two who approve at once, one comes here
            raise LookupError(f"no reply waits under {approval}")
        self._send(approval)

    def recover(self) -> list[str]:
        """Send what was approved by a process that died; gives the ids. Only for when no other process is sending."""
        approved = [
            row[0] for row in self._db.execute("SELECT id FROM replies WHERE status = 'approved' ORDER BY rowid")
        ]
        for approval in approved:
            self._send(approval)
        return approved

    def _send(self, approval: str) -> None:
        """The decision is recorded, and no transaction is open while the mail is sent."""
        (checkpoint,) = self._db.execute("SELECT checkpoint FROM replies WHERE id = ?", (approval,)).fetchone()
        self.reply.run_checkpoint_sync(checkpoint)
        self._move(approval, "approved", "sent")

    def _move(self, approval: str, old: str, new: str) -> bool:
        """Change a reply's status if it is ``old``: one atomic statement."""
        moved = self._db.execute("UPDATE replies SET status = ? WHERE id = ? AND status = ?", (new, approval, old))
        return moved.rowcount == 1

    def reject(self, approval: str) -> None:
        """Decide against it; the flow is not resumed. Raises LookupError if the id does not wait."""
        if not self._move(approval, "waiting", "rejected"):
            raise LookupError(f"no reply waits under {approval}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Replies that are sent when somebody approves them.")
    parser.add_argument("--data", type=Path, default=Path("approval-data"), help="default: approval-data")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="draft a reply; prints the approval's id")
    start.add_argument("--to", required=True)
    start.add_argument("body")
    commands.add_parser("list", help="what waits")
    commands.add_parser("recover", help="send what was approved and not sent, after a crash")
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
            elif arguments.command == "recover":
                print(*desk.recover(), sep="\n")
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
