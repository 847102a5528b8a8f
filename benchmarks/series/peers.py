"""How each peer checks a series, as its users do. Every function is one piece of work that is timed as a whole.

Serial peers do one cell after another, so that their pieces are cells; those that share the machine out between cells
themselves are one piece. A build counts as failed if the tool said so; all peers must say so of the same squares.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cells import Bench, bench
from series import Commits, git

from orchestrator.model.matrix import Target

Failed = set[tuple[str, int]]
"""(cell, commit) of builds that failed; commit 0 is the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a benchmark is done: the checkout, a scratch directory, make jobs at once."""

    tree: Path
    scratch: Path
    jobs: int


@dataclass(slots=True, kw_only=True)
class Said:
    """What a piece found, beside its cost: failed builds, and the seconds of single builds by (cell, commit)."""

    failed: Failed = field(default_factory=set)
    seconds: dict[tuple[str, int], float] = field(default_factory=dict)


def timed(said: Said, target: Target, index: int, build: Callable[[], int]) -> None:
    """One build, entered."""
    began = time.monotonic()
    if build():
        said.failed.add((target.name, index))
    said.seconds[target.name, index] = time.monotonic() - began


def plain_make(ground: Ground, commits: Commits, target: Target) -> Iterator[Said]:
    """`git rebase -x make`: each commit checked out and built in one warm directory, in one container of the image.

    First cold, from an empty build directory; then again in the directory that this left.
    """
    git(ground.tree, "checkout", "--quiet", "--force", commits.shas[0])
    with bench(target, ground.tree, ground.scratch / "make", ground.jobs) as box:
        for configured in (False, True):
            said = Said()
            for index, sha in enumerate(commits.shas):
                timed(said, target, index, lambda: _step(ground.tree, sha, box, configure=not (configured or index)))  # noqa: B023
            yield said


def _step(tree: Path, sha: str, box: Bench, *, configure: bool) -> int:
    git(tree, "checkout", "--quiet", "--force", sha)
    if configure:
        box.configure()
    return box.make()


def tuxmake(ground: Ground, commits: Commits, target: Target, program: Path) -> Iterator[Said]:
    """A build per commit, each in a directory of its own and in its own container of our image, as tuxmake does."""
    said = Said()
    out = ground.scratch / "tuxmake-out"
    config = [word for line in target.config.symbols for word in ("--kconfig-add", line)]
    call = [
        str(program), "--directory", str(ground.tree), "--runtime", "docker-local", "--image", target.image.reference,
        "--target-arch", target.arch, "--toolchain", target.compiler, "--kconfig", target.config.base, *config,
        "--jobs", str(ground.jobs), "--output-dir", str(out), *_for_tuxmake(target), "config", *target.make_targets,
    ]  # fmt: skip

    def build(sha: str) -> int:
        git(ground.tree, "checkout", "--quiet", "--force", sha)
        shutil.rmtree(out, ignore_errors=True)
        with (ground.scratch / "tuxmake.log").open("ab") as log:
            code = subprocess.run(call, stdout=log, stderr=log, check=False).returncode
        if code not in (0, 2):  # 2: the build failed
            raise SystemExit(f"tuxmake ended with {code}; see {log.name}\n{' '.join(call)}")
        return code

    for index, sha in enumerate(commits.shas):
        timed(said, target, index, lambda: build(sha))  # noqa: B023
    yield said


def _for_tuxmake(target: Target) -> list[str]:
    """Make variables; and for clang a PATH, as tuxmake wants a compiler that is called clang in an image."""
    family, _, version = target.compiler.partition("-")
    if family != "clang":
        return [f"{name}={value}" for name, value in target.make_vars if name != "ARCH"]
    return ["LLVM=1", "--environment", f"PATH=/usr/lib/llvm-{version}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kmatrix:
    """The program under test, with caches and state of its own under `home`. `goals`: in place of the matrix's."""

    ground: Ground
    program: Path
    matrix: Path
    home: Path
    goals: tuple[str, ...] = ()

    def prime(self, commits: Commits, target: Target) -> None:
        """Have the base tree checked out, as the peers have theirs; nothing else is left of it."""
        replace(self, goals=("lib/argv_split.o",)).run(commits.first(1), (target,))
        self.forget()

    def forget(self, *, warm: bool = False) -> None:
        """Empty the store; without `warm` the caches too, all but the checked-out trees and the clone."""
        shutil.rmtree(self.home / "state", ignore_errors=True)
        if not warm:
            for place in (self.home / "cache/kmatrix").glob("*"):
                if place.name not in ("trees", "repositories"):
                    shutil.rmtree(place) if place.is_dir() else place.unlink()

    def run(self, commits: Commits, targets: Sequence[Target]) -> tuple[Said, list[tuple[float, str]]]:
        """`kmatrix run`; what it said, and its progress lines with the seconds since its start."""
        out = self.home / "out"
        shutil.rmtree(out, ignore_errors=True)
        select = [word for target in targets for word in ("--select", target.name)]
        select += [word for goal in self.goals for word in ("--target", goal)]
        call = [
            str(self.program), "run", f"{commits.shas[0]}..{commits.shas[-1]}", "--tree", str(self.ground.tree),
            "--matrix", str(self.matrix), "--out", str(out), "--jobs", str(self.ground.jobs), *select,
        ]  # fmt: skip
        began = time.monotonic()
        lines = []
        with subprocess.Popen(
            call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=self._environment()
        ) as process:
            assert process.stderr is not None
            lines = [(time.monotonic() - began, line.rstrip()) for line in process.stderr]
        if process.returncode not in (0, 1):
            raise SystemExit("\n".join((f"kmatrix ended with {process.returncode}", *(line for _, line in lines))))
        return _said(out / "results.json"), lines

    def _environment(self) -> dict[str, str]:
        places = {"XDG_CACHE_HOME": str(self.home / "cache"), "XDG_STATE_HOME": str(self.home / "state")}
        return {**os.environ, **places}


def _said(results: Path) -> Said:
    squares = json.loads(results.read_text("utf-8"))["results"]
    return Said(
        failed={(row["cell"], row["commit"]) for row in squares if row["exit_code"]},
        seconds={(row["cell"], row["commit"]): row["seconds"] for row in squares},
    )
