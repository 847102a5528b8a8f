"""How near the schedule comes to the best there can be: recorded builds replayed on 1 to 1,000 cores.

    python benchmarks/series/simulate_schedule.py [DURATIONS]

The decisions are the program's own (orchestrator/planning/schedule.py); the clock is simulated. A build takes one core
for the seconds it was recorded with. The lower bound is max(longest chain, total work / cores): no schedule ends
before. Real lanes do better where cores outnumber lanes: there make's own jobs use them.

Policies: `turns`: a core that is free takes the lane with the longest way to go, whichever it was at; every lane is
open. `kept`: a core keeps its lane to the end, longest first. `listed`: the same in the order of the matrix.
Expectations are those of a run of the same cells before (`known`, mean seconds of base and patch), or none (`unknown`).

Exit status 1 if `turns` is above 1.10 on 4, 16, 64 or 256 cores, with what was known before.
"""

import argparse
import heapq
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.model.build import Lane
from orchestrator.model.matrix import ImageSpec, KernelConfig, Target
from orchestrator.model.schedule import Chain
from orchestrator.model.series import Commit, Series, TouchedFile
from orchestrator.planning.schedule import NOTHING_RECORDED, Recorded, chains, learnt, left_s, lower_bound

DURATIONS = Path(__file__).with_name("durations.json")
CORES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
JUDGED = (4, 16, 64, 256)
LIMIT = 1.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`touched[i]` are the paths that commit i touches (0: the base); `cells[name][i]` seconds of its build."""

    touched: tuple[tuple[str, ...], ...]
    cells: dict[str, tuple[float, ...]]

    @property
    def series(self) -> Series:
        """Commits that touch these paths."""
        base, *commits = (
            Commit(
                index=index,
                sha="",
                tree="",
                subject="",
                author="",
                touched=tuple(TouchedFile(path=path, status="M") for path in paths),
            )
            for index, paths in enumerate(self.touched)
        )
        return Series(title="", base=base, base_reason="", commits=tuple(commits), git_dir="", origin="")

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """One a cell, from the base to the last commit."""
        commits = tuple(range(len(self.touched)))
        return tuple(
            Lane(name=name, target=_target(name), image_id="", recipe="", commits=commits) for name in self.cells
        )

    @property
    def means(self) -> Recorded:
        """What the store would know after a run of the same cells."""
        return Recorded(
            base={name: seconds[0] for name, seconds in self.cells.items()},
            patch={name: sum(seconds[1:]) / len(seconds[1:]) for name, seconds in self.cells.items()},
        )


def _target(name: str) -> Target:
    arch, config, compiler = name.split("-", 2)
    image = ImageSpec(reference="")
    return Target(
        arch=arch, config=KernelConfig(name=config, base=config), compiler=compiler, image=image, make_vars=()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """When the last build ended, and what the display would have said after the first tenth (None: nothing)."""

    makespan: float
    tenth: float
    said_then: float | None

    @property
    def eta_error(self) -> float | None:
        """The estimate of the whole against the truth, as a fraction."""
        return None if self.said_then is None else (self.tenth + self.said_then) / self.makespan - 1


Urgency = Callable[[str, int], float]
"""Of a lane that waits with so many builds finished: the greater goes first."""


class Simulation:
    """Lanes on cores. `kept`: a core that began a lane goes on with it."""

    def __init__(self, recording: Recording, expected: Sequence[Chain], cores: int, *, kept: bool) -> None:
        self._real = recording.cells
        self._expected = expected
        self._cores = cores
        self._kept = kept

    def run(self, urgency: Urgency | None, *, look_at: float | None = None) -> Outcome:
        """Play it to the end. `urgency` None: the way to go, as learnt. `look_at`: when to ask for the ETA."""
        now, free, said = 0.0, self._cores, None
        done: dict[str, list[float]] = {chain.lane: [] for chain in self._expected}
        waiting = set(done)
        running: list[tuple[float, str, float]] = []
        while waiting or running:
            if waiting and free:
                rank = urgency or self._way_to_go(done)
                for lane in sorted(waiting, key=lambda lane: -rank(lane, len(done[lane])))[:free]:
                    waiting.discard(lane)
                    free -= 1
                    heapq.heappush(running, (now + self._real[lane][len(done[lane])], lane, now))
            end, lane, began = heapq.heappop(running)
            if look_at is not None and said is None and end > look_at:
                at = {one: look_at - since for _, one, since in [*running, (end, lane, began)]}
                said = left_s(self._expected, done, at, elapsed_s=look_at, cores=self._cores)
            now = end
            done[lane].append(end - began)
            if len(done[lane]) == len(self._real[lane]):
                free += 1
            elif self._kept:
                heapq.heappush(running, (now + self._real[lane][len(done[lane])], lane, now))
            else:
                free += 1
                waiting.add(lane)
        return Outcome(makespan=now, tenth=look_at or 0.0, said_then=said)

    def _way_to_go(self, done: dict[str, list[float]]) -> Urgency:
        ahead = {chain.lane: sum(chain.seconds[len(done[chain.lane]) :]) for chain in learnt(self._expected, done)}
        return lambda lane, _: ahead[lane]


def ratios(recording: Recording, cores: int) -> dict[str, float]:
    """Makespan over the lower bound by policy, and the error of the ETA after the first tenth under `eta`."""
    bound = lower_bound([sum(seconds) for seconds in recording.cells.values()], cores)
    known = chains(recording.series, recording.lanes, recording.means)
    unknown = chains(recording.series, recording.lanes, NOTHING_RECORDED)
    length = {chain.lane: chain.length_s for chain in known}
    listed = {name: -number for number, name in enumerate(recording.cells)}
    turns = Simulation(recording, known, cores, kept=False).run(None)
    blind = Simulation(recording, unknown, cores, kept=False).run(None)
    found = {
        "turns, known": turns.makespan / bound,
        "turns, unknown": blind.makespan / bound,
        "kept, known": _kept(recording, known, cores, length) / bound,
        "listed": _kept(recording, known, cores, listed) / bound,
    }
    for name, expected, outcome in (("ETA, known", known, turns), ("ETA, unknown", unknown, blind)):
        again = Simulation(recording, expected, cores, kept=False).run(None, look_at=outcome.makespan / 10)
        found[name] = float("nan") if again.eta_error is None else again.eta_error
    return found


def _kept(
    recording: Recording, expected: Sequence[Chain], cores: int, rank: dict[str, float] | dict[str, int]
) -> float:
    return Simulation(recording, expected, cores, kept=True).run(lambda lane, _: rank[lane]).makespan


def shown(recording: Recording, rows: dict[int, dict[str, float]]) -> str:
    """What was replayed, and a line for every number of cores."""
    lengths = [sum(seconds) for seconds in recording.cells.values()]
    builds = sum(map(len, recording.cells.values()))
    work = f"{sum(lengths):.0f} s of work, longest chain {max(lengths):.0f} s"
    lines = [f"{len(lengths)} cells, {builds} builds, {work}", ""]
    lines.append(f"{'cores':>6}" + "".join(f"{name:>16}" for name in next(iter(rows.values()))))
    for cores, row in rows.items():
        cells = (f"{value:+16.0%}" if name.startswith("ETA") else f"{value:16.3f}" for name, value in row.items())
        lines.append(f"{cores:>6}" + "".join(cells))
    return "\n".join(lines)


def load(path: Path) -> Recording:
    """A recording that `record` wrote."""
    found = json.loads(path.read_text("utf-8"))
    return Recording(
        touched=tuple(map(tuple, found["touched"])),
        cells={name: tuple(seconds) for name, seconds in found["cells"].items()},
    )


def record(results: Sequence[Path], touched: Sequence[Sequence[str]], path: Path) -> int:
    """Add the cells of runs of one series to a file; how many had to be left out: a build was not done in that run."""
    cells = load(path).cells if path.exists() else {}
    left_out = 0
    for file in results:
        run = json.loads(file.read_text("utf-8"))
        for cell in (cell["name"] for cell in run["cells"]):
            squares = sorted((row for row in run["results"] if row["cell"] == cell), key=lambda row: row["commit"])
            if any(row["origin"] == "reused" or row["status"] in ("unknown", "not-run") for row in squares):
                print(f"{file}: {cell}: not all of its builds were done in this run; left out", file=sys.stderr)
                left_out += 1
            else:
                cells[cell] = tuple(row["seconds"] for row in squares)
    rows = [f"  {json.dumps(name)}: {json.dumps(seconds)}" for name, seconds in sorted(cells.items())]
    paths = [f"  {json.dumps(each)}" for each in touched]
    text = '{{\n "touched": [\n{}\n ],\n "cells": {{\n{}\n }}\n}}\n'
    path.write_text(text.format(",\n".join(paths), ",\n".join(rows)), "utf-8")
    return left_out


def main() -> int:
    """A line for every number of cores."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("durations", nargs="?", type=Path, default=DURATIONS)
    options = arguments.parse_args()
    if not options.durations.exists():
        print(f"{options.durations}: no recorded builds; benchmarks/series/record_durations.py records some")
        return 2
    recording = load(options.durations)
    rows = {cores: ratios(recording, cores) for cores in CORES}
    print(shown(recording, rows))
    return int(any(rows[cores]["turns, known"] > LIMIT for cores in JUDGED))


if __name__ == "__main__":
    sys.exit(main())
