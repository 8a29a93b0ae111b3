"""What the mypy plugin costs, next to mypy without it on the same flows with every type written by hand.

    python -m benchmarks.typing_cost            all cases
    python -m benchmarks.typing_cost --quick    the smaller sizes, fewer repetitions
    python -m benchmarks.typing_cost --only chain,many,compose,tsc

Each line: the ratio of user CPU seconds of the whole run to that of the hand-typed program, and the limit; then the
same ratio of wall time, and what is left of both when an empty program's time is taken off (net). Net of the library's
import is also the growth: time per step, flow or branch at the larger size to that at the smaller; 1 is linear.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path

from benchmarks import typing_original, typing_programs
from benchmarks.measure import report
from benchmarks.typing_programs import VARIANTS, Program
from benchmarks.typing_runs import Project, Time, base_cache, daemons, in_turns

LIMIT = 1.5
GROWTH = 1.25
"""What is taken for linear: noise, and lists that grow with what stands in them, are no growth of their own."""

Make = Callable[[str], Program]


class Bench:
    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds
        self.bases: dict[str, Path] = {}
        self.empty: dict[str, Project] = {}
        for variant in VARIANTS:
            self.bases[variant], self.empty[variant] = base_cache(
                folder / f"empty-{variant.replace(' ', '-')}", plugin=variant == "inferred"
            )
        self.start = in_turns({v: project.cold for v, project in self.empty.items()}, seconds=seconds, least=9)
        report("an empty program, with the plugin to without", ratio(self.start, "by hand").cpu, LIMIT)
        self.cold: dict[str, Time] = {}
        """What is left of a cold run with the plugin when the empty program's is taken off."""
        self.daemon: dict[str, Time] = {}
        self.sizes: dict[str, int] = {}

    def case(self, label: str, make: Make) -> None:
        projects = {
            variant: Project(
                self.folder / label.replace(" ", "-") / variant.replace(" ", "-"),
                make(variant),
                self.bases[variant],
                plugin=variant == "inferred",
            )
            for variant in VARIANTS
        }
        cold = in_turns({name: project.cold for name, project in projects.items()}, seconds=self.seconds)
        for name, project in projects.items():
            if not project.finds_a_mistake():
                raise RuntimeError(f"{label}, {name}: mypy misses a key that no step gives")
        self.line(f"{label}, cold", cold)
        self.cold[label] = cold["inferred"].over(self.start["inferred"])
        for project in projects.values():
            project.cold()
        warm = in_turns({name: project.warm for name, project in projects.items()}, seconds=self.seconds)
        self.line(f"{label}, warm", warm, net=False)
        with daemons(projects) as running:
            for daemon in running.values():  # the first one finds nothing cached
                daemon.edits()
            edited = in_turns({name: daemon.edits for name, daemon in running.items()}, seconds=self.seconds)
        self.line(f"{label}, one edit in the daemon", edited, net=False)
        self.daemon[label] = edited["inferred"]
        sizes = {name: project.cache_size() for name, project in projects.items()}
        self.sizes[label] = sizes["inferred"]
        detail = f"to lean {sizes['inferred'] / sizes['lean']:.2f}; {sizes['inferred'] / 1e3:.0f} kB"
        report(f"{label}, size of the cache", sizes["inferred"] / sizes["by hand"], LIMIT, detail)

    def line(self, case: str, times: dict[str, Time], *, net: bool = True) -> None:
        whole, lean = ratio(times, "by hand"), ratio(times, "lean")
        detail = f"wall {whole.wall:.2f}; to lean {lean.cpu:.2f}"
        if net:
            left = {name: time.over(self.start[name]) for name, time in times.items()}
            detail += f"; net {ratio(left, 'by hand').cpu:.2f}, to lean {ratio(left, 'lean').cpu:.2f}"
        detail += f"; {times['inferred'].cpu:.2f} s"
        report(case, whole.cpu, LIMIT, detail)

    def growth(self, small: str, large: str, factor: float) -> None:
        """Time at the larger size over time at the smaller, per step, flow or branch."""
        detail = f"daemon {self.daemon[large].cpu / self.daemon[small].cpu / factor:.2f}"
        detail += f", cache {self.sizes[large] / self.sizes[small] / factor:.2f}"
        report(f"growth from {small} to {large}", self.cold[large].cpu / self.cold[small].cpu / factor, GROWTH, detail)


def ratio(times: dict[str, Time], yardstick: str) -> Time:
    ours, other = times["inferred"], times[yardstick]
    return Time(ours.cpu / max(other.cpu, 1e-9), ours.wall / max(other.wall, 1e-9))


def chain(bench: Bench, quick: bool) -> None:
    sizes = (10, 100) if quick else (10, 100, 400, 1000)
    for steps in sizes:
        bench.case(f"{steps:,} steps", partial(typing_programs.chain, steps=steps))
    for small, large in ((10, 100),) if quick else ((100, 400), (100, 1000)):
        bench.growth(f"{small:,} steps", f"{large:,} steps", large / small)


def many(bench: Bench, quick: bool) -> None:
    for flows in (100,) if quick else (100, 1000):
        bench.case(f"{flows:,} flows", partial(typing_programs.many, flows=flows))
    if not quick:
        bench.growth("100 flows", "1,000 flows", 10)


def compose(bench: Bench, quick: bool) -> None:
    for depth in (2,) if quick else (2, 4):
        bench.case(f"nested to depth {depth}", partial(typing_programs.deep, depth=depth))
    for count in (10, 20) if quick else (10, 20, 100):
        bench.case(f"{count} branches", partial(typing_programs.branches, count=count))
    for small, large in ((10, 20),) if quick else ((10, 100), (20, 100)):
        bench.growth(f"{small} branches", f"{large} branches", large / small)


CASES = {"chain": chain, "many": many, "compose": compose}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.typing_cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="the smaller sizes, fewer repetitions")
    parser.add_argument("--only", default="chain,many,compose,tsc", help="some of chain, many, compose, tsc")
    options = parser.parse_args()
    only = options.only.split(",")
    print(f"Python {platform.python_version()}, mypy {metadata.version('mypy')}; ratios of user CPU seconds, medians")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), 1.0 if options.quick else 4.0)
        for name, measure in CASES.items():
            if name in only:
                measure(bench, options.quick)
        if "tsc" in only:
            typing_original.compare(Path(folder), bench.bases["inferred"], bench.start["inferred"], options.quick)


if __name__ == "__main__":
    main()
