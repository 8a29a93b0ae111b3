"""The documentation is what it says: its programs run, the type checker says of them what stands there, its links lead
somewhere, and its reference is complete.

The word after a fence's language tells what is done with the block:

    python            runs after the page's blocks before it, in one namespace, and is type-checked together with them
    python program    a program of its own; it is run unless the checker is expected to find an error in it
    python static     the same, never run: it needs something that a test does not have
    output            what the block above it printed; durations may differ, "..." stands for anything
    toml, json        is parsed

What mypy must say stands in a comment at the end of the line that it is about, or on the lines below it:
``# error: text  [code]``, ``# note: text  [code]``. Whatever else it says is a failure. It is asked as ``mypy
--strict``, as many readers ask it.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import tomllib
import types
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from stepkit_mypy.codes import SUMMARIES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
PUBLIC_MODULES = ["stepkit", "stepkit.errors", "stepkit.flow"]
PUBLIC_MODULES += [name for name in ("stepkit.stores", "stepkit.testing") if importlib.util.find_spec(name)]

# Shell commands that are not `make` and a target: each is known to work as it stands.
COMMANDS = {
    "pip install stepkit",
    'pip install "stepkit[mypy]"',
    'pip install "./stepkit[mypy]"',
    "dmypy run -- src",
    "mypy src",
    "python -m examples.approval list",
    "python -m examples.approval recover",
    "python -m examples.approval approve apr_1f0c9a2e",
    "python -m examples.approval reject apr_1f0c9a2e",
    'python -m examples.approval start --to ana@example.org "How are you?"',
    "npm install stepkit",
}

# Nobody knows a program that causes the first. The second is reserved: its wrong program stands in the page, and once
# the plugin reports it, the test of all blocks fails until the page says so.
NEVER_SEEN = {"stepkit-internal"}

FENCE = re.compile(r"^```([\w-]+)(?: ([\w ]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPECTATION = re.compile(r"# (error|note): (.+?)(?:  \[([\w-]+)\])?$")
SAID = re.compile(r"^(.+?):(\d+): (error|note): (.*?)(?:  \[([\w-]+)\])?$")
DURATION = re.compile(r" *\b\d+(\.\d)?(ms|s)\b")


class Block(NamedTuple):
    page: str
    line: int
    """The line of the fence, counted from 1; the text begins on the next."""
    language: str
    word: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def padded(self) -> str:
        """The text on the lines that it has in the page."""
        return "\n" * self.line + self.text

    @property
    def expects_error(self) -> bool:
        return any(expected.severity == "error" for expected in expectations(self.text, self.page))


class Message(NamedTuple):
    """What the type checker says, or must say."""

    file: str
    line: int
    severity: str
    text: str
    code: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.text}" + (f"  [{self.code}]" if self.code else "")


@cache
def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page.name, text.count("\n", 0, match.start()) + 1, match[1], match[2] or "", match[3])
        for match in FENCE.finditer(text)
    ]


def all_blocks(*languages: str) -> list[Block]:
    return [block for page in PAGES for block in blocks_of(page) if block.language in languages]


def expectations(text: str, file: str, first_line: int = 1) -> list[Message]:
    """What the comments of a program expect; a comment that stands alone is about the nearest code above it."""
    found: list[Message] = []
    code_line = first_line
    for number, line in enumerate(text.splitlines(), first_line):
        if line.strip() and not line.strip().startswith("#"):
            code_line = number
        if (match := EXPECTATION.search(line)) is not None:
            found.append(Message(file, code_line, match[1], match[2], match[3] or ""))
    return found


# -- running -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_pages_blocks_run_one_after_the_other_and_print_what_it_says(page: Path, workplace: Path) -> None:
    blocks = blocks_of(page)
    with module(f"docs_{page.stem.replace('-', '_')}") as shared:
        for block, following in zip(blocks, [*blocks[1:], None], strict=False):
            if block.language != "python" or block.word == "static":
                continue
            if block.word == "program" and block.expects_error:
                continue
            with contextlib.ExitStack() as stack:
                own = stack.enter_context(module("docs_program")) if block.word == "program" else shared
                printed = run(block, own)
            if following is not None and following.language == "output":
                assert_printed(following, printed)


@contextlib.contextmanager
def module(name: str) -> Iterator[types.ModuleType]:
    """A module that is importable while it runs, as the annotations of its classes are looked up in it."""
    made = types.ModuleType(name)
    sys.modules[name] = made
    try:
        yield made
    finally:
        del sys.modules[name]


def run(block: Block, where: types.ModuleType) -> str:
    """What the block prints."""
    code = compile(block.padded, block.page, "exec", dont_inherit=True)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, vars(where))
    return printed.getvalue()


def assert_printed(expected: Block, printed: str) -> None:
    want, got = (DURATION.sub(" 0ms", text) for text in (expected.text, printed))
    if not doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS):
        pytest.fail(f"{expected.where}: this was printed instead:\n{printed}")


def test_an_output_follows_a_block_that_runs() -> None:
    lost = []
    for page in PAGES:
        blocks = blocks_of(page)
        for before, block in zip([None, *blocks], blocks, strict=False):
            if block.language == "output" and (
                before is None or before.language != "python" or before.word == "static"
            ):
                lost.append(block.where)
    assert lost == []


# -- type checking -----------------------------------------------------------------------------------------------------


def test_the_type_checker_says_of_every_block_what_stands_there(tmp_path: Path) -> None:
    expected: list[Message] = []
    together: dict[str, list[str]] = {}
    for block in all_blocks("python"):
        stem = "page_" + block.page.removesuffix(".md").replace("-", "_").lower()  # no module of others
        name = f"{stem}_line_{block.line}.py" if block.word else f"{stem}.py"
        lines = together.setdefault(name, [])
        lines += [""] * (block.line - len(lines)) + block.text.splitlines()
        expected += expectations(block.text, name, block.line + 1)
    for name, lines in together.items():
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = stepkit_mypy\n")
    said = mypy(tmp_path, sorted(together))
    # mypy shows no codes of notes
    expected = [message._replace(code="") if message.severity == "note" else message for message in expected]
    missing = [f"missing:    {message}" for message in expected if message not in said]
    surplus = [f"unexpected: {message}" for message in said if message not in expected]
    if missing or surplus:
        pytest.fail("\n".join(missing + surplus))


def mypy(folder: Path, files: Iterable[str]) -> list[Message]:
    options = [
        "--strict",
        "--no-error-summary",
        "--no-color-output",
        "--hide-error-context",
        "--no-pretty",
        "--show-traceback",
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MYPY")}
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *files], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = [SAID.match(line) for line in done.stdout.splitlines()]
    messages = [Message(m[1], int(m[2]), m[3], m[4], m[5] or "") for m in found if m is not None]
    # mypy's own notes explain an error; the plugin's and reveal_type's say something.
    return [m for m in messages if m.severity == "error" or m.text.startswith(("Revealed type is", 'step "'))]


@pytest.mark.parametrize("code", SUMMARIES)
def test_the_page_of_error_codes_has_a_wrong_and_a_right_program_for_each(code: str) -> None:
    sections = re.split(r"^## ", (DOCS / "type-checker.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    (section,) = [each for each in sections if each.startswith(f"`{code}`\n")]
    if code in NEVER_SEEN:
        return
    programs = [match[3] for match in FENCE.finditer(section) if match[1] == "python"]
    codes = [{expected.code for expected in expectations(program, "")} for program in programs]
    assert {code} in codes
    assert set() in codes


# -- other blocks ------------------------------------------------------------------------------------------------------


def test_every_block_is_of_a_kind_that_is_looked_at() -> None:
    kinds = {"python", "output", "text", "sh", "toml", "ini", "json", "yaml", "ts"}
    words = {"", "program", "static"}
    odd = [b.where for b in all_blocks(*{b.language for p in PAGES for b in blocks_of(p)}) if b.language not in kinds]
    assert odd == []
    assert [block.where for block in all_blocks("python") if block.word not in words] == []
    fences = {page.name: page.read_text(encoding="utf-8").count("\n```") for page in PAGES}
    assert {name: count for name, count in fences.items() if count % 2} == {}


def test_toml_and_json_can_be_parsed() -> None:
    for block in all_blocks("toml"):
        tomllib.loads(block.text)
    for block in all_blocks("json"):
        json.loads(block.text)


def test_shell_commands_are_known_to_work() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    unknown = []
    for block in all_blocks("sh"):
        for line in block.text.splitlines():
            command = line.partition("  #")[0].strip()
            made = command.removeprefix("make ") if command.startswith("make ") else None
            if command and command not in COMMANDS and made not in targets:
                unknown.append(f"{block.where}: {command}")
    assert unknown == []


# -- links and completeness --------------------------------------------------------------------------------------------

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def prose(page: Path) -> str:
    """The page without its blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The headings as GitHub names them in links."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_relative_link_leads_somewhere() -> None:
    dead = []
    for page in PAGES:
        for target in LINK.findall(prose(page)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = page if not path else (page.parent / path).resolve()
            if not file.exists() or (anchor and anchor not in anchors(file)):
                dead.append(f"{page.name}: {target}")
    assert dead == []


def test_every_page_is_linked_from_the_index() -> None:
    linked = {target.partition("#")[0] for target in LINK.findall(prose(DOCS / "index.md"))}
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert sorted(pages - linked - {"index.md"}) == []


def test_the_readme_leads_to_the_documentation() -> None:
    assert "docs/index.md" in LINK.findall(prose(ROOT / "README.md"))


def builder() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("build_reference", DOCS / "build_reference.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_reference_is_that_of_the_docstrings() -> None:
    assert (DOCS / "reference.md").read_text(encoding="utf-8") == builder().build()


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_the_reference_has_every_public_name(module: str) -> None:
    text = (DOCS / "reference.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {re.escape(module)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    named = re.findall(r"^### `(\w+)`", section, re.MULTILINE)
    assert sorted(set(named)) == sorted(importlib.import_module(module).__all__)


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem)
def test_a_page_is_short(page: Path) -> None:
    generated = page.name == "reference.md"
    per_code = page.name == "type-checker.md"  # two programs for each error code
    assert generated or per_code or len(page.read_text(encoding="utf-8").splitlines()) <= 220


def test_the_reference_names_attributes_and_nothing_of_the_runtime() -> None:
    text = (DOCS / "reference.md").read_text(encoding="utf-8")
    assert "Attributes: `run_id: str`, `flow: str`, `path: str`, `attempt: int`." in text
    assert "#### `CurrentStep.idempotency_key`" in text
    assert "Attributes: `flow`, `step`, `key`, `available`." in text  # of MissingKeyError
    assert re.findall(r"\bseal\b|_report|kind: Kind", text) == []
