"""Both ways with the TypeScript original, run by Node: either resumes the checkpoints of the other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import pytest
from calc import Calc

from stepkit import Flow, deserialize_checkpoint, flow, serialize_checkpoint

pytestmark = pytest.mark.in_one_piece

VERSION = "0.2.3"

# The same flows as below. Its build for require() works; that for import does not.
ORIGINAL = """
const { stepkit } = require('stepkit')

const calc = stepkit()
  .step('add-one', ({ a }) => ({ a: a + 1 }))
  .step('double', ({ a }) => ({ a: a * 2 }))
  .step('finish', ({ a, b }) => ({ sum: a + (b ?? 0) }))

const orders = stepkit()
  .step('receive', () => ({ received: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), note: 'ünï "quoted" \\u{1F680}' }))
  .step('due', ({ received }) => ({ due: new Date(new Date(received).getTime() + 86400000) }))
  .step('year', ({ due }) => ({ year: new Date(due).getUTCFullYear(), nothing: null, list: [1, 2.5, true] }))

const session = stepkit()
  .step('fetch', ({ id }) => ({ session: { user: id, roles: ['reader'] } }))
  .step('permit', ({ session }) => ({ permitted: session.roles.length }))

const loads = stepkit()
  .step('before', ({ id }) => ({ id: id + 1 }))
  .step('load-session', session)
  .step('after', ({ permitted, id }) => ({ summary: `${id}: ${permitted}` }))

const routes = stepkit()
  .step('look', ({ n }) => ({ odd: n % 2 === 1 }))
  .branchOn('route',
    {
      name: 'odd',
      when: ({ odd }) => odd,
      then: (b) => b.step('triple', ({ n }) => ({ n: n * 3 })).step('one', ({ n }) => ({ n: n + 1 })),
    },
    { name: 'even', default: (b) => b.step('halve', ({ n }) => ({ n: n / 2 })) })
  .step('done', ({ n }) => ({ done: n }))

const flows = { calc, orders, loads, routes }

const main = async ({ take, resume }) => {
  const answer = { taken: {}, resumed: {} }
  for (const [name, input] of Object.entries(take)) {
    const checkpoints = {}
    const result = await flows[name].run(input, { onStepComplete: (e) => { checkpoints[e.stepName] = e.checkpoint } })
    answer.taken[name] = { result, checkpoints }
  }
  for (const [name, checkpoints] of Object.entries(resume)) {
    answer.resumed[name] = {}
    for (const [step, checkpoint] of Object.entries(checkpoints)) {
      answer.resumed[name][step] = await flows[name].runCheckpoint(checkpoint)
    }
  }
  process.stdout.write(JSON.stringify(answer))
}

main(JSON.parse(require('node:fs').readFileSync(0, 'utf8')))
"""


DAY = 86_400


class Received(TypedDict):
    received: datetime
    note: str


class Orders(Flow):
    @flow.step("receive")
    def receive(self) -> Received:
        return {"received": datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC), "note": 'ünï "quoted" \N{ROCKET}'}

    @flow.step("due")
    def due(self, received: datetime):
        return {"due": datetime.fromtimestamp(received.timestamp() + DAY, UTC)}

    @flow.step("year")
    def year(self, due: datetime):
        return {"year": due.year, "nothing": None, "list": [1, 2.5, True]}


class Session(Flow):
    @flow.step("fetch")
    def fetch(self, id: int):
        return {"session": {"user": id, "roles": ["reader"]}}

    @flow.step("permit")
    def permit(self, session: dict[str, Any]):
        return {"permitted": len(session["roles"])}


class Loads(Flow):
    @flow.step("before")
    def before(self, id: int):
        return {"id": id + 1}

    load = flow.subflow("load-session", Session)

    @flow.step("after")
    def after(self, permitted: int, id: int):
        return {"summary": f"{id}: {permitted}"}


class Odd(Flow):
    @flow.step("triple")
    def triple(self, n: int):
        return {"n": n * 3}

    @flow.step("one")
    def one(self, n: int):
        return {"n": n + 1}


class Even(Flow):
    @flow.step("halve")
    def halve(self, n: int):
        return {"n": n // 2}


class Routes(Flow):
    @flow.step("look")
    def look(self, n: int):
        return {"odd": n % 2 == 1}

    @flow.branch("route", cases={"odd": Odd, "even": Even})
    def route(self, odd: bool):
        return "odd" if odd else "even"

    @flow.step("done")
    def done(self, n: int):
        return {"done": n}


FLOWS: dict[str, tuple[type[Flow[Any]], dict[str, Any]]] = {
    "calc": (Calc, {"a": 1, "b": 10}),
    "orders": (Orders, {}),
    "loads": (Loads, {"id": 6}),
    "routes": (Routes, {"n": 3}),
}
STEPS = {
    "calc": ["add-one", "double", "finish"],
    "orders": ["receive", "due", "year"],
    "loads": ["before", "load-session/fetch", "load-session/permit", "load-session", "after"],
    "routes": ["look", "route/odd/triple", "route/odd/one", "route", "done"],
}


def npm_package(cache: Path) -> Path:
    """A folder with the original in its ``node_modules``; it is installed once and kept."""
    npm = shutil.which("npm")
    if shutil.which("node") is None or npm is None:
        pytest.skip("there is no Node and npm here, so nothing is shown about checkpoints of the original")
    folder = cache / f"npm-stepkit-{VERSION}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache))
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(fresh), f"stepkit@{VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            shutil.rmtree(fresh)
            pytest.skip(f"npm could not install stepkit@{VERSION}: {done.stderr.strip()[-300:]}")
        try:
            fresh.rename(folder)
        except OSError:  # another worker was first
            shutil.rmtree(fresh)
    return folder


def ask_original(folder: Path, take: dict[str, Any], resume: dict[str, dict[str, str]]) -> dict[str, Any]:
    done = subprocess.run(
        ["node", "-e", ORIGINAL],
        input=json.dumps({"take": take, "resume": resume}),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "NODE_PATH": str(folder / "node_modules")},
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def as_json(context: dict[str, Any]) -> Any:
    """A context as the original holds it after a resume: a date is a text there."""

    def iso(value: object) -> str:
        assert isinstance(value, datetime)
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    return json.loads(json.dumps(context, default=iso))


@pytest.fixture(scope="module")
def ours() -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    """For each flow the result of a run here, and the checkpoint after each step."""
    runs = {}
    for name, (flow_class, given) in FLOWS.items():
        texts: dict[str, str] = {}
        result = flow_class().run_sync(
            given, on_step_complete=lambda e, texts=texts: texts.update({e.step_name: e.checkpoint})
        )
        runs[name] = (result, texts)
    return runs


@pytest.fixture(scope="module")
def answer(ours: Any, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the original says: its own runs, and its resumes of our checkpoints."""
    cache = getattr(request.config, "cache", None)
    folder = npm_package(Path(cache.mkdir("stepkit-npm")) if cache is not None else tmp_path_factory.mktemp("npm"))
    return ask_original(
        folder,
        take={name: given for name, (_, given) in FLOWS.items()},
        resume={name: texts for name, (_, texts) in ours.items()},
    )


CASES = [(name, step) for name, steps in STEPS.items() for step in steps]


@pytest.mark.parametrize("name", FLOWS)
def test_both_complete_the_same_steps_and_come_to_the_same_result(name: str, ours: Any, answer: Any) -> None:
    result, texts = ours[name]
    assert list(texts) == STEPS[name]
    assert list(answer["taken"][name]["checkpoints"]) == STEPS[name]
    assert answer["taken"][name]["result"] == as_json(result)


@pytest.mark.parametrize(("name", "step"), CASES)
def test_the_original_resumes_our_checkpoint(name: str, step: str, ours: Any, answer: Any) -> None:
    result, _ = ours[name]
    resumed = answer["resumed"][name][step]
    # What it was given as our text of a date stays that text; what it makes of it are dates of its own.
    assert {key: _instant(value) for key, value in resumed.items()} == as_json(result)


def _instant(value: Any) -> Any:
    if isinstance(value, str) and value.endswith(("Z", "+00:00")):
        return as_json({"at": datetime.fromisoformat(value)})["at"]
    return value


@pytest.mark.parametrize(("name", "step"), CASES)
def test_we_resume_the_originals_checkpoint(name: str, step: str, ours: Any, answer: Any) -> None:
    flow_class, _ = FLOWS[name]
    text = answer["taken"][name]["checkpoints"][step]
    assert list(json.loads(text)) == ["stepName", "output"]
    assert as_json(flow_class().run_checkpoint_sync(text)) == as_json(ours[name][0])


def test_a_date_of_the_original_is_read_as_the_datetime_that_the_step_asks_for(ours: Any, answer: Any) -> None:
    text = answer["taken"]["orders"]["checkpoints"]["receive"]
    assert json.loads(text)["output"]["received"] == "2026-01-02T03:04:05.678Z"
    resumed = Orders().run_checkpoint_sync(text)
    assert resumed == ours["orders"][0]
    assert type(resumed["received"]) is datetime


def test_the_text_of_a_hand_written_checkpoint_is_byte_for_byte_the_originals(answer: Any) -> None:
    for taken in answer["taken"].values():
        for text in taken["checkpoints"].values():
            assert serialize_checkpoint(deserialize_checkpoint(text)) == text
