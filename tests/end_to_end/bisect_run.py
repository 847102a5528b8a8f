"""`kmatrix bisect` and `kmatrix probe` as processes on histories of the toy kernel, for the tests beside it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import toykernel as toy
from end_to_end_run import ARGUMENTS
from toykernel import ToyRepo

Step = Callable[[Path], None]


def grow(repo: ToyRepo, count: int, steps: Mapping[int, Step | Iterable[Step]]) -> tuple[str, ...]:
    """Commits on top of the base, each touching a file, `steps[n]` done in the n-th; the base's sha and theirs."""
    shas = [repo.git("rev-parse", "HEAD")]
    for number in range(1, count + 1):
        toy.append(repo.path, ("mm/slab.c", "lib/string.c", "include/linux/mm.h")[number % 3], f"\n/* {number} */\n")
        wanted = steps.get(number, ())
        for step in wanted if isinstance(wanted, Iterable) else (wanted,):
            step(repo.path)
        shas.append(repo.commit(f"commit {number}"))
    return tuple(shas)


def add(path: str, block: str) -> Step:
    """A step that appends a block."""
    return lambda tree: toy.append(tree, path, block)


def drop(path: str, block: str) -> Step:
    """A step that takes it out again."""
    return lambda tree: toy.substitute(tree, path, block, "")


def command(*words: str) -> list[str]:
    """The argument list."""
    return [sys.executable, "-m", "orchestrator", *words]


def kmatrix(repo: Path, *words: str) -> tuple[int, str, str]:
    """Exit status, stdout, stderr of any command."""
    done = subprocess.run(command(*words), capture_output=True, text=True, check=False, cwd=repo.parent)
    return done.returncode, done.stdout, done.stderr


def bisect(repo: Path, series: str, *words: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, JSON, and all that was printed."""
    where = repo.parent / "bisected.json"
    where.unlink(missing_ok=True)
    status, shown, said = kmatrix(repo, "bisect", series, "--tree", str(repo), *ARGUMENTS, *words, "--json", str(where))
    return status, json.loads(where.read_text()) if where.exists() else {}, shown + said


def hows(found: dict[str, Any]) -> list[str]:
    """How the answers were come by."""
    return [row["how"] for row in found["answers"]]


def indices(rows: list[dict[str, Any]]) -> list[int]:
    """The numbers of commits."""
    return [row["index"] for row in rows]
