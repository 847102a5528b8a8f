"""A series check against what people do today, in one run: tuxmake per commit, plain make, buildman's algorithm.

    make bench                                                     all of it: hours; writes docs/performance.md
    python benchmarks/series --cells m68k --commits 6 --peers make,kmatrix     a small piece, in minutes
    python benchmarks/series --report FIGURES.json          docs/performance.md again from saved figures

Same images, make goals and symbols, and as many jobs, for all. The pieces of the peers alternate (a cell by tuxmake,
the same cell by make...), with runs of kmatrix before, between and after, so that a slow hour of the machine is in all.
Nothing else may run on the machine; the share of it that was idle before the start is in the figures.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from accounting import Accounting, idle_share
from buildman import buildman, worktree
from cells import MATRIX, cells
from figures import Figures, Piece, load, machine, save
from peers import Ground, Kmatrix, Said, plain_make, tuxmake
from report import performance, summary
from series import Commits, amended, checkout, git, reference, sources

from orchestrator.model.matrix import Target

ROOT = Path(__file__).resolve().parents[2]
PEERS = ("tuxmake", "make", "buildman", "kmatrix")
MBOX = ROOT.parent / "shared/data/ptdesc-on-6.12.mbox"
BREAK = ("powerpc", "clang")
"""The cell of the reference series whose break must be on the screen soon."""


@dataclass(slots=True, kw_only=True)
class Benchmark:
    """One series over some cells by some peers."""

    ground: Ground
    accounting: Accounting
    kmatrix: Kmatrix
    tuxmake_program: Path
    targets: tuple[Target, ...]
    peers: tuple[str, ...]
    pieces: list[Piece] = field(default_factory=list)

    def check(self, commits: Commits) -> None:
        """Every piece of a series, in turns."""
        self._prepare(commits)
        middle = (len(self.targets) - 1) // 2
        self._whole(commits, "kmatrix")
        for number, target in enumerate(self.targets):
            for peer in ("tuxmake", "make"):
                if peer in self.peers:
                    self._serial(peer, commits, target)
            if number == middle:
                self._whole(commits, "buildman", "kmatrix")
        self._whole(commits, "kmatrix")

    def _prepare(self, commits: Commits) -> None:
        """Have the trees at hand before the clock starts."""
        if "kmatrix" in self.peers:
            self.kmatrix.prime(commits, self.targets[0])
        if "buildman" in self.peers:
            for number in range(min(self.ground.jobs, len(self.targets))):
                worktree(self.ground, number, commits.shas[0])

    def _whole(self, commits: Commits, *peers: str) -> None:
        """The pieces of those that do all cells at once."""
        if "buildman" in peers and "buildman" in self.peers:
            self._timed("buildman", commits, "all", lambda: buildman(self.ground, commits, self.targets))
        if "kmatrix" in peers and "kmatrix" in self.peers:
            self._kmatrix(commits)

    def _serial(self, peer: str, commits: Commits, target: Target) -> None:
        steps = {
            "tuxmake": lambda: tuxmake(self.ground, commits, target, self.tuxmake_program),
            "make": lambda: plain_make(self.ground, commits, target),
        }[peer]()
        for state in ("", " again"):
            self._timed(peer + state, commits, target.name, lambda: next(steps))
            if peer == "tuxmake":
                break
        for _ in steps:  # lets it tidy up
            pass

    def _kmatrix(self, commits: Commits) -> None:
        """Cold; its store emptied; nothing changed; and the last patch but one amended."""
        self.kmatrix.forget()
        self._run("kmatrix", commits)
        self.kmatrix.forget(warm=True)
        self._run("kmatrix warm", commits)
        self._run("kmatrix again", commits)
        if len(commits.shas) > 2:
            self._run("kmatrix amended", amended(self.ground.tree, commits), of=commits)

    def _run(self, peer: str, commits: Commits, of: Commits | None = None) -> None:
        lines: list[tuple[float, str]] = []

        def run() -> Said:
            said, progress = self.kmatrix.run(commits, self.targets)
            lines.extend(progress)
            return said

        self._timed(peer, of or commits, "all", run)
        broken = (at for at, line in lines if all(word in line for word in (*BREAK, "  errors  ")))
        self.pieces[-1].first_break = next(broken, None)

    def _timed(self, peer: str, commits: Commits, cell: str, work: Callable[[], Said]) -> None:
        with self.accounting.meter() as meter:
            said = work()
        assert meter.cost is not None
        piece = Piece.of(peer, commits.name, cell, meter.cost, said)
        self.pieces.append(piece)
        print(f"{commits.name:<10} {peer:<16} {cell:<28} {piece.wall:8.1f} s", flush=True)


def tuxmake_program(scratch: Path) -> Path:
    """tuxmake from PyPI, in a virtual environment of its own."""
    program = scratch / "tuxmake/bin/tuxmake"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(scratch / "tuxmake")], check=True)
        subprocess.run([program.with_name("pip"), "install", "--quiet", "tuxmake"], check=True)
    return program


def start_up(program: Path) -> float:
    """Seconds of `kmatrix --version`."""
    seconds = []
    for _ in range(21):
        began = time.monotonic()
        subprocess.run([program, "--version"], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.monotonic() - began)
    return statistics.median(seconds)


def wanted_series(tree: Path, options: argparse.Namespace) -> Iterator[Commits]:
    """The reference series, if its mbox is there, and the one of .c files."""
    if "reference" in options.series and not options.mbox.exists():
        print(f"{options.mbox}: not there; the reference series is left out (--mbox names one)", file=sys.stderr)
    elif "reference" in options.series:
        yield reference(tree, options.mbox)
    if "sources" in options.series:
        yield sources(tree)


def parsed() -> argparse.Namespace:
    """The command line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cells", type=_words, default=(), metavar="WORD,...", help="of those named so")
    arguments.add_argument("--matrix", type=Path, default=MATRIX, help="another than the six cells")
    arguments.add_argument("--goals", type=_words, default=(), metavar="TARGET,...", help="others than mm/, for a try")
    arguments.add_argument("--commits", type=int, metavar="N", help="the first N of each series")
    arguments.add_argument("--peers", type=_words, default=PEERS, metavar="NAME,...", help=", ".join(PEERS))
    arguments.add_argument("--series", type=_words, default=("reference", "sources"), help="reference,sources")
    arguments.add_argument("--mbox", type=Path, default=MBOX, help="the reference series")
    arguments.add_argument("--kernel", type=Path, help="the tree it applies to (default: as scripts/setup-kernel says)")
    arguments.add_argument("--scratch", type=Path, default=Path.home() / ".cache/kmatrix-bench", help="10 GB")
    arguments.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    arguments.add_argument("--figures", type=Path, help="save the figures in this file")
    arguments.add_argument("--report", type=Path, metavar="FIGURES", help="write docs/performance.md from saved ones")
    options = arguments.parse_args()
    if strange := set(options.peers) - set(PEERS):
        arguments.error(f"no such peer: {', '.join(sorted(strange))}; there are {', '.join(PEERS)}")
    return options


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def measured(options: argparse.Namespace) -> Figures:
    """Run it."""
    options.scratch.mkdir(parents=True, exist_ok=True)
    kernel = options.kernel or Path(subprocess.check_output([ROOT / "scripts/setup-kernel"], text=True).strip())
    tree = checkout(kernel.resolve(), options.scratch / "checkout")
    ground = Ground(tree=tree, scratch=options.scratch, jobs=options.jobs)
    program = Path(sys.executable).with_name("kmatrix")
    targets = cells(options.cells, options.goals, options.matrix)
    subprocess.run(
        [program, "images", "build", "--matrix", options.matrix, *(w for t in targets for w in ("--arch", t.arch))],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    idle = idle_share(5)
    with Accounting(options.scratch / "acct") as accounting:
        benchmark = Benchmark(
            ground=ground,
            accounting=accounting,
            kmatrix=Kmatrix(
                ground=ground,
                program=program,
                matrix=options.matrix,
                home=options.scratch / "kmatrix",
                goals=options.goals,
            ),
            tuxmake_program=tuxmake_program(options.scratch) if "tuxmake" in options.peers else Path(),
            targets=targets,
            peers=options.peers,
        )
        for commits in wanted_series(tree, options):
            benchmark.check(commits.first(options.commits) if options.commits else commits)
    git(tree, "checkout", "--quiet", "--force", "start")
    whole = (
        options.matrix == MATRIX
        and not (options.cells or options.goals or options.commits)
        and set(options.peers) == set(PEERS)
    )
    return Figures(
        machine=machine(options.jobs), idle=idle, whole=whole, start_up=start_up(program), pieces=benchmark.pieces
    )


def main() -> int:
    """Print the comparison; write docs/performance.md if all of it was run."""
    options = parsed()
    figures = load(options.report) if options.report else measured(options)
    if options.figures:
        save(figures, options.figures)
    print(summary(figures))
    if figures.whole or options.report:
        (ROOT / "docs/performance.md").write_text(performance(figures), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
