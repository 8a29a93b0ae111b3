"""The examples do what they say, in processes of their own."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)


def _readme() -> dict[str, str]:
    """The README's blocks of code, by language."""
    return dict(BLOCK.findall(README.read_text()))


def test_the_demo_shows_what_it_says() -> None:
    done = _python("-m", "examples.demo")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    _, _, closing = done.stdout.partition("What this showed")
    assert "killed by SIGKILL in its step 4 of 6" in closing
    assert "3 steps were completed by the first process, 3 by the second" in closing
    assert "the mail was sent once" in closing


def test_what_the_readme_prints_is_what_it_says() -> None:
    program = _readme()["python"]
    said = [line.rpartition("# ")[2] for line in program.splitlines() if line.startswith("print(")]
    assert len(said) == 2
    assert _python("-c", program).stdout.splitlines() == said


def test_mypy_says_of_the_readmes_program_what_the_readme_says(tmp_path: Path) -> None:
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\nplugins = stepkit_mypy\n")
    program = _readme()["python"]
    right = "def finish(self, a: int,"
    assert program.count(right) == 1
    said = []
    for reads in ("a: int", "aa: int", "a: str"):
        (tmp_path / "calc.py").write_text(program.replace(right, f"def finish(self, {reads},"))
        command = [sys.executable, "-m", "mypy", "calc.py"]
        output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
        said.append([line for line in output.splitlines() if "[stepkit-" in line or "Success" in line])
    assert said == [["Success: no issues found in 1 source file"], *([line] for line in _readme()["text"].splitlines())]


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
    assert _python(*command, "approve", approval).returncode == 0
    with closing(sqlite3.connect(tmp_path / "waiting.db")) as db, db:  # as if it had died before it noted that
        db.execute("UPDATE replies SET status = 'approved'")
    assert _python(*command, "recover").stdout.strip() == approval
    assert _python(*command, "recover").stdout.strip() == ""
    mails = [json.loads(line) for line in (tmp_path / "outbox.jsonl").read_text().splitlines()]
    assert [mail["to"] for mail in mails] == ["ana@example.org"]
