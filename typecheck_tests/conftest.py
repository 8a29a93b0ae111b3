"""Shares the runs of the checkers between tests, and between the processes of pytest-xdist."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .case_files import Case
from .checkers import PROGRAM_MODES, Phase, available_modes, chain_of, run_chain
from .locks import lock


class Runs:
    """The phases of every chain, each chain run once by whoever asks first."""

    def __init__(self, folder: Path, cases: list[Case], chains: list[str]) -> None:
        self.folder = folder
        self.cases = cases
        self.chains = chains
        self._phases: dict[str, list[Phase]] = {}

    def phases(self, mode: str) -> list[Phase]:
        chain = chain_of(mode)
        if chain not in self._phases:
            # While another process runs the chain that is wanted, run one that nobody has begun.
            first, *others = [chain, *(each for each in self.chains if each != chain)]
            if not self._run(first, wait=False):
                for other in others:
                    if self._result(first).exists():
                        break
                    self._run(other, wait=False)
                self._run(first, wait=True)
            data = json.loads(self._result(chain).read_text())
            self._phases[chain] = [Phase.from_json(each) for each in data]
        return [phase for phase in self._phases[chain] if phase.mode == mode]

    def _result(self, chain: str) -> Path:
        return self.folder / f"{chain}.json"

    def _run(self, chain: str, *, wait: bool) -> bool:
        """Whether the chain's result is there now."""
        result = self._result(chain)
        with lock(self.folder / f"{chain}.lock", wait=wait) as held:
            if held and not result.exists():
                try:
                    phases = run_chain(chain, self.cases, self.folder / "projects")
                except Exception as error:
                    modes = [*available_modes(), *PROGRAM_MODES]
                    phases = [Phase(mode, chain, {}, crash=repr(error)) for mode in modes]
                unfinished = result.with_suffix(".part")
                unfinished.write_text(json.dumps([phase.to_json() for phase in phases]))
                unfinished.rename(result)
        return result.exists()


def _runs_of(parameter: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Runs over what this session's tests have as ``parameter``, beside a ``mode``."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "typecheck"
    folder.mkdir(exist_ok=True)
    cases: dict[str, Case] = {}
    chains: dict[str, None] = {}
    for item in request.session.items:
        parameters = getattr(item, "callspec", None)
        if parameters is not None and parameter in parameters.params and "mode" in parameters.params:
            case = parameters.params[parameter]
            cases[case.name] = case
            chains[chain_of(parameters.params["mode"])] = None
    return Runs(folder, list(cases.values()), list(chains))


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """What the checkers say of all cases that are among this session's tests."""
    return _runs_of("case", request, tmp_path_factory)


@pytest.fixture(scope="session")
def program_runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """What the checkers say of all programs that are among this session's tests."""
    return _runs_of("program", request, tmp_path_factory)
