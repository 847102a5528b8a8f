"""Ada's home, where every bad input is tried: a toy kernel with a branch, a matrix.yaml, one finished run in the past.

`Home.said` runs a line as she types it and gives back what she reads, with what differs from day to day made alike.
"""

import gzip
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import toykernel
from factories import a_report

from orchestrator.pipeline import products
from orchestrator.results.records import NewRun, ResultKey
from orchestrator.results.store import Store

REPOSITORY = Path(__file__).parents[2]
SHOWN = "/home/ada"
CELL = "x86_64-defconfig-gcc-14"
MATRIX = """\
version: 1
defaults: {targets: [mm/, kernel/]}
matrix:
  arch: [x86_64]
  compiler: [gcc-14]
  config: [defconfig]
"""
LOG = b"  CC      mm/gup.o\nmm/gup.c:12:3: error: 'x' undeclared (first use in this function)\n"

_SHA = "1f2e3d4c5b6a7988" * 4
_ALIKE = (
    (re.compile(r"\b[0-9]{8}-[0-9]{6}-[0-9a-f]{4}\b"), "20260102-030405-1f2e"),
    (re.compile(r"\b(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{7,64}\b"), lambda match: _SHA[: len(match[0])]),
    # A sha may be all digits; where one stands alone at the start of a line it is known to be one.
    (re.compile(r"(?<=kmatrix:   )[0-9]{7,64}(?= )"), lambda match: _SHA[: len(match[0])]),
    (re.compile(r"/[0-9a-f]{2}/(?=1f2e)"), "/1f/"),
)


@dataclass(frozen=True)
class Home:
    """`root` is what is shown as /home/ada; every line is typed in `tree`, the kernel."""

    root: Path

    @property
    def tree(self) -> Path:
        """The toy kernel, on branch `topic`, six commits ahead of its upstream `main`."""
        return self.root / "linux"

    @property
    def state(self) -> Path:
        """The store."""
        return self.root / ".local/state/kmatrix"

    @property
    def cache(self) -> Path:
        """What kmatrix may lose at any time."""
        return self.root / ".cache/kmatrix"

    @property
    def repo(self) -> toykernel.ToyRepo:
        """For git."""
        return toykernel.ToyRepo(path=self.tree, base="main")

    def matrix(self, text: str) -> None:
        """Write matrix.yaml."""
        (self.tree / "matrix.yaml").write_text(text)

    def start(self, line: str, *prefix: str) -> subprocess.Popen[str]:
        """Start a line of shell in the tree; stdout and stderr come together, as on a terminal."""
        return subprocess.Popen(
            [*prefix, "bash", "-c", line],
            cwd=self.tree,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="surrogateescape",
        )

    def said(self, text: str) -> str:
        """What a line printed, as the documentation shows it."""
        text = text.replace(str(self.root), SHOWN)
        for pattern, instead in _ALIKE:
            text = pattern.sub(instead, text)
        return text

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in toykernel.environment().items() if not name.startswith(("XDG_", "GIT_"))}
        path = f"{self.root / 'bin'}:{kept['PATH']}"
        return {**kept, "HOME": str(self.root), "PATH": path, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "100"}


def furnish(root: Path) -> Home:
    """A home as it is before anything goes wrong."""
    home = Home(root)
    repo = toykernel.repository(home.tree)
    repo.git("checkout", "-q", "-b", "topic")
    repo.git("branch", "-q", "--set-upstream-to=main")
    toykernel.example_series(repo)
    (home.tree / ".git/info/exclude").write_text("matrix.yaml\n")
    home.matrix(MATRIX)
    command = root / "bin/kmatrix"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m orchestrator "$@"\n')
    command.chmod(0o755)
    _one_run(home)
    return home


def moved(home: Home, root: Path) -> Home:
    """A copy that a case may spoil."""
    shutil.copytree(home.root, root, symlinks=True)
    copy = Home(root)
    command = root / "bin/kmatrix"
    command.write_text(command.read_text().replace(str(home.root), str(root)))
    return copy


def _one_run(home: Home) -> None:
    """A finished run of three patches in the store, and its products in .kmatrix/old."""
    report = a_report(names=(CELL,))
    with Store.open(home.state) as store:
        run = NewRun(
            id="20260102-030405-1f2e",
            title=report.series.title,
            origin=report.series.origin,
            out=str(home.tree / ".kmatrix/old"),
            argv=("run",),
            started="2026-01-02T03:04:05+00:00",
        )
        store.start_run(run)
        for result in report.results:
            commit = report.series.all[result.commit]
            key = ResultKey(tree=commit.tree, recipe="recipe", lineage="")
            kept = store.put(key, result, gzip.compress(LOG))
            store.link(run.id, commit.sha, key, kept)
        store.finish_run(run.id, finished=run.started, verdict="clean", exit_code=0, report=report)
        products.write(store.report(run.id), home.tree / ".kmatrix/old")
