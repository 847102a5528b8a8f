"""`kmatrix` as a process on the toy kernel, for the tests beside it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CELL = "x86_64-defconfig-gcc-14"
ARGUMENTS = ("--arch", "x86_64", "--compiler", "gcc-14", "--config", "defconfig")


def command(repo: Path, series: str, *more: str) -> list[str]:
    """The argument list of `kmatrix run` for one cell."""
    return [sys.executable, "-m", "orchestrator", "run", series, "--tree", str(repo), *ARGUMENTS, *more]


def run(repo: Path, series: str, out: Path, *more: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, results.json, stderr."""
    done = subprocess.run(
        command(repo, series, "--out", str(out), *more), capture_output=True, text=True, check=False, cwd=repo.parent
    )
    found = json.loads((out / "results.json").read_text()) if (out / "results.json").exists() else {}
    return done.returncode, found, done.stderr


def square(report: dict[str, Any], commit: int, cell: str = CELL) -> dict[str, Any]:
    """One result."""
    return next(row for row in report["results"] if row["commit"] == commit and row["cell"] == cell)


def ours() -> list[str]:
    """Names of the containers and volumes of this test's runs; other runs may go on beside it."""
    return containers() + _labelled("volume", "ls", "--format", "{{.Name}}")


def containers() -> list[str]:
    """Names of the containers of this test's runs."""
    return _labelled("ps", "-a", "--format", "{{.Names}}")


def _labelled(*listing: str) -> list[str]:
    words = ["docker", *listing[:-1], f'{listing[-1]} {{{{.Label "kmatrix.scratch"}}}}']
    rows = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    here = os.environ["XDG_CACHE_HOME"]
    return [name for name, _, scratch in (row.partition(" ") for row in rows) if scratch.startswith(here)]
