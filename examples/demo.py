"""What ``make demo`` runs: a batch job that is killed and resumed, and an approval across processes.

Every command that it runs is shown after a ``$``. It ends by saying what it showed; if anything is not as it says,
it ends with an error instead.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from examples.approval import Outbox
from examples.checkpoint_db import CheckpointDb

ROOT = Path(__file__).resolve().parent.parent
KILLED_AFTER = 3  # checkpoints


class DemoError(Exception):
    """The demo did not show what it is meant to show."""


def main() -> int:
    try:
        with tempfile.TemporaryDirectory(prefix="stepkit-demo-") as folder:
            checked = type_check(Path(folder))
            resumed = killed_and_resumed(Path(folder))
            approved = approval(Path(folder))
    except DemoError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    title("What this showed")
    for number, line in enumerate([*checked, *resumed, *approved], 1):
        print(f"{number}. {line}")
    return 0


def type_check(folder: Path) -> list[str]:
    title("1. mypy knows the context: the flow is checked before it runs")
    output = mypy("examples/audit.py")
    if "Success" not in output:
        raise DemoError(f"mypy found mistakes in the example:\n{output}")

    print('\nThe same file, with the key "digest" misspelt where a step returns it:')
    source = (ROOT / "examples" / "audit.py").read_text()
    right, wrong = 'return {"digest":', 'return {"digst":'
    if source.count(right) != 1:
        raise DemoError("the line to misspell is not in the example")
    misspelt = folder / "audit_misspelt.py"
    misspelt.write_text(source.replace(right, wrong))
    output = mypy(str(misspelt))
    if 'reads "digest"' not in output or "Found 1 error" not in output:
        raise DemoError(f"mypy did not find the one mistake:\n{output}")
    return ["mypy accepted the flow, and found the step that reads a key which no step gives any more."]


def killed_and_resumed(folder: Path) -> list[str]:
    db = folder / "audit.db"
    title(f"2. A batch job over the standard library, killed with SIGKILL after {KILLED_AFTER} saved steps")
    command = shown(python("examples.audit", "run", "--db", str(db), "--id", "nightly"), folder)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        saved = 0
        for line in process.stdout:
            print(line, end="", flush=True)
            if saved == KILLED_AFTER:  # the line after the last save: the next step has begun
                os.kill(process.pid, signal.SIGKILL)
                break
            saved += line.startswith("   saved ")
    if process.returncode != -signal.SIGKILL:
        raise DemoError(f"the job was not killed, it ended with {process.returncode}")
    before = saved_steps(db, "nightly")
    if len(before) != KILLED_AFTER:
        raise DemoError(f"{KILLED_AFTER} steps should be saved, these are: {before}")
    print(f"-- process {process.pid} is dead (SIGKILL); in SQLite: {', '.join(before)}")

    print("\nResumed by a new process:")
    resumed = run(python("examples.audit", "resume", "--db", str(db), "--id", "nightly"), folder)
    print("\nThe same job without interruption, its log left out:")
    uninterrupted = run(python("examples.audit", "run", "--db", str(db), "--id", "whole"), folder, quiet=True)
    last_lines = [output.splitlines()[-5:] for output in (resumed, uninterrupted)]
    print(*last_lines[1], sep="\n")

    steps, whole = saved_steps(db, "nightly"), saved_steps(db, "whole")
    if last_lines[0] != last_lines[1] or not last_lines[0][-1].startswith("result "):
        raise DemoError("the resumed job gave another result than the uninterrupted one")
    if steps != whole or len(set(steps)) != len(steps):
        raise DemoError(f"not every step was completed once: {steps}, without interruption {whole}")
    return [
        f"A job was killed by SIGKILL in its step {len(before) + 1} of {len(steps)}; a new process resumed it from the"
        " checkpoint in SQLite.",
        f"No completed step ran again: {len(before)} steps were completed by the first process,"
        f" {len(steps) - len(before)} by the second.",
        "The result is that of an uninterrupted run, in every value and type.",
    ]


def saved_steps(db: Path, run: str) -> list[str]:
    with closing(CheckpointDb(db)) as checkpoints:
        return checkpoints.steps(run)


def approval(folder: Path) -> list[str]:
    data = folder / "approvals"
    outbox = Outbox(data / "outbox.jsonl")

    def approvals(*arguments: str) -> str:
        return run(python("examples.approval", "--data", str(data), *arguments), folder).strip()

    title("3. A reply that waits for approval; every command is a process of its own")
    first = approvals("start", "--to", "ana@example.org", "How are you?")
    second = approvals("start", "--to", "ben@example.org", "Please wire the money.")
    waiting = [line.split()[0] for line in approvals("list").splitlines()]
    if waiting != [first, second] or outbox.sent():
        raise DemoError(f"two replies should wait and none be sent; waiting: {waiting}, sent: {outbox.sent()}")
    approvals("approve", first)
    approvals("reject", second)
    if approvals("list"):
        raise DemoError("nothing should wait any more")
    mails = outbox.sent()
    if [mail["to"] for mail in mails] != ["ana@example.org"]:
        raise DemoError(f"one mail to Ana should be in the outbox, there is: {mails}")
    print(f"-- the outbox: to {mails[0]['to']}: {mails[0]['body']}")
    return [
        "A flow stopped for approval, and its process ended; another process listed what waits, another one approved,"
        " and the mail was sent once.",
        "What was rejected was never sent.",
    ]


def title(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}\n{'-' * len(text)}", flush=True)


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def shown(command: list[str], folder: Path) -> list[str]:
    """The command, after it was printed without the folders that nobody needs to see."""
    print("$", shlex.join(["python", *command[1:]]).replace(f"{folder}{os.sep}", ""), flush=True)
    return command


def run(command: list[str], folder: Path, *, quiet: bool = False) -> str:
    """Run it to its end and show what it prints; gives that too."""
    shown(command, folder)
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if not quiet:
        print(done.stdout, end="", flush=True)
    if done.returncode != 0:
        raise DemoError(f"the command ended with {done.returncode}:\n{done.stdout if quiet else ''}")
    return done.stdout


def mypy(file: str) -> str:
    print(f"$ mypy --strict {Path(file).name}", flush=True)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "pyproject.toml", file]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    output = (done.stdout + done.stderr).replace(file, Path(file).name)
    print(output, end="", flush=True)
    return output


if __name__ == "__main__":
    sys.exit(main())
