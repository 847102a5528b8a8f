"""kill -9 at moments made by chance, again and again, then the same command to its end: nothing is lost or changed.

KMATRIX_KILLS says how many kills (a few here, 50 for a release check).
"""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import toyhistory
from end_to_end_run import command, containers, ours
from toykernel import ToyRepo

pytestmark = pytest.mark.docker

KILLS = int(os.environ.get("KMATRIX_KILLS", "4"))
# Warnings carried, a mask over several commits, objects that leave and come back: what a resumed lane could get wrong.
HISTORY = (
    {"warning-mm/swap.c"},
    {"warning-mm/swap.c", "warning-in-header"},
    {"warning-mm/swap.c", "warning-in-header", "bounds-error", "new-file", "new-file-in-build"},
    {"warning-in-header", "bounds-error", "error-mm/page.c", "new-file", "new-file-in-build"},
    {"warning-in-header", "error-mm/page.c", "new-file", "new-file-in-build", "no-swap-default"},
    {"warning-in-header", "undefined-lib/string.c", "second-warning"},
    {"warning-in-header", "warning-mm/swap.c", "drop-slab"},
)


def start(repo: Path, series: str, out: Path, home: Path) -> subprocess.Popen[str]:
    """A run with a cache and a state of its own."""
    home.mkdir(exist_ok=True)
    places = {"XDG_STATE_HOME": str(home / "state")}
    return subprocess.Popen(
        command(repo, series, "--out", str(out)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=repo.parent,
        env={**os.environ, **places},
    )


def finished(repo: Path, series: str, out: Path, home: Path) -> dict[str, Any]:
    """Let it run to its end; what it found, without what two runs never share."""
    process = start(repo, series, out, home)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 1, said
    report: dict[str, Any] = json.loads((out / "results.json").read_text())
    for name in ("run", "started", "seconds"):
        del report[name]
    for square in report["results"]:
        del square["seconds"], square["origin"]
    for finding in (*report["findings"], *report["preexisting"]):
        del finding["log_line"]  # make prints its objects in any order
    return report


@pytest.mark.timeout(3600)
def test_killed_at_any_moment_a_run_ends_as_if_nothing_had_happened(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """After each kill either the next is made, or, when a run got to its end, a new history of kills begins."""
    shas = toyhistory.grow(toy_repo, HISTORY)
    series = f"{shas[0]}..{shas[-1]}"
    began = time.monotonic()
    undisturbed = finished(toy_repo.path, series, tmp_path / "undisturbed", tmp_path / "home")
    lasted = time.monotonic() - began
    chance = random.Random(KILLS)
    kills = series_of_kills = 0
    while kills < KILLS:
        series_of_kills += 1
        home = tmp_path / f"home-{series_of_kills}"
        for _ in range(min(chance.randint(1, 4), KILLS - kills)):
            process = start(toy_repo.path, series, tmp_path / "out", home)
            time.sleep(chance.uniform(0.2, lasted))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
        assert finished(toy_repo.path, series, tmp_path / "out", home) == undisturbed
    deadline = time.monotonic() + 15
    while containers():
        assert time.monotonic() < deadline, "a container outlived its run"
        time.sleep(0.2)
    assert ours() == []
