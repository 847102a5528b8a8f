"""The figures of a benchmark, and their file."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from accounting import Cost
from peers import Said

from orchestrator import __version__


@dataclass(slots=True, kw_only=True)
class Piece:
    """One piece of work, timed as a whole: a cell of a series by a serial peer, or all cells (`cell` is `all`).

    Seconds as in `accounting.Cost`; `builds` are (cell, commit, seconds), `failed` (cell, commit). `first_break`: when
    the first error of the cell that breaks was on the screen.
    """

    peer: str
    series: str
    cell: str
    wall: float
    busy: float
    own: float
    compilers: float | None
    failed: list[tuple[str, int]]
    builds: list[tuple[str, int, float]]
    first_break: float | None = None

    @classmethod
    def of(cls, peer: str, series: str, cell: str, cost: Cost, said: Said) -> "Piece":
        """From what was measured."""
        return cls(
            peer=peer,
            series=series,
            cell=cell,
            **asdict(cost),
            failed=sorted(said.failed),
            builds=[(name, commit, seconds) for (name, commit), seconds in sorted(said.seconds.items())],
        )


@dataclass(slots=True, kw_only=True)
class Figures:
    """A benchmark: the machine in words, how much of it was idle before, whether all was run.

    `start_up`: seconds of `kmatrix --version`, the median of many.
    """

    machine: dict[str, str]
    idle: float
    whole: bool
    start_up: float
    pieces: list[Piece] = field(default_factory=list)


def save(figures: Figures, path: Path) -> None:
    """As JSON."""
    path.write_text(json.dumps(asdict(figures), indent=1) + "\n", "utf-8")


def load(path: Path) -> Figures:
    """What `save` wrote."""
    found = json.loads(path.read_text("utf-8"))
    for piece in found["pieces"]:
        piece["failed"] = [tuple(each) for each in piece["failed"]]
        piece["builds"] = [tuple(each) for each in piece["builds"]]
    return Figures(**{**found, "pieces": [Piece(**piece) for piece in found["pieces"]]})


def machine(jobs: int) -> dict[str, str]:
    """What it was run on and with."""
    model = next((line for line in _text("/proc/cpuinfo").splitlines() if line.startswith("model name")), ": unknown")
    memory = int(_text("/proc/meminfo").split()[1]) // 1024 // 1024
    docker = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True, check=False
    )
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": model.partition(": ")[2],
        "cores": f"{len(os.sched_getaffinity(0))} (make jobs: {jobs})",
        "memory": f"{memory} GB",
        "kernel": platform.release(),
        "Docker": docker.stdout.strip() or "unknown",
        "Python": platform.python_version(),
        "kmatrix": __version__,
    }


def _text(path: str) -> str:
    return Path(path).read_text("utf-8", "replace")
