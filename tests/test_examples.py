"""The examples do what they say, in processes of their own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READMES_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)


def test_the_demo_shows_what_it_says() -> None:
    done = _python("-m", "examples.demo")
    assert done.stderr == ""
    assert done.returncode == 0, done.stdout
    _, _, closing = done.stdout.partition("What this showed")
    assert "killed by SIGKILL in its step 4 of 6" in closing
    assert "3 steps were completed by the first process, 3 by the second" in closing
    assert "the mail was sent once" in closing


def test_what_the_readme_prints_is_what_it_says() -> None:
    (program,) = READMES_PYTHON.findall((ROOT / "README.md").read_text())
    said = [line.rpartition("# ")[2] for line in program.splitlines() if line.startswith("print(")]
    assert len(said) == 2
    assert _python("-c", program).stdout.splitlines() == said


def test_a_reply_cannot_be_approved_twice(tmp_path: Path) -> None:
    command = ["-m", "examples.approval", "--data", str(tmp_path)]
    approval = _python(*command, "start", "--to", "ana@example.org", "Hello.").stdout.strip()
    outcomes = [_python(*command, "approve", approval) for _ in range(2)]
    assert [done.returncode for done in outcomes] == [0, 1]
    assert outcomes[1].stderr == f"no reply waits under {approval}\n"
    assert len((tmp_path / "outbox.jsonl").read_text().splitlines()) == 1


def test_a_reply_whose_mail_was_sent_before_a_crash_is_not_sent_again(tmp_path: Path) -> None:
    command = ["-m", "examples.approval", "--data", str(tmp_path)]
    approval = _python(*command, "start", "--to", "ana@example.org", "Hello.").stdout.strip()
    waiting = (tmp_path / "waiting.db").read_bytes()
    assert _python(*command, "approve", approval).returncode == 0
    (tmp_path / "waiting.db").write_bytes(waiting)  # as if the process had died before its commit
    assert _python(*command, "approve", approval).returncode == 0
    mails = [json.loads(line) for line in (tmp_path / "outbox.jsonl").read_text().splitlines()]
    assert [mail["to"] for mail in mails] == ["ana@example.org"]
