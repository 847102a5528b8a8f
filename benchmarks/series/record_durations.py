"""Record benchmarks/series/durations.json: the builds of the reference series in forty cells, to be replayed.

    python benchmarks/series/record_durations.py [--cells WORD,...] [--mbox FILE] [--kernel DIR] [--scratch DIR]

As many lanes as cores at a time, so that each has about one core. With --cells, those cells are added to the file or
recorded anew. Half an hour on two cores that do nothing else.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from cells import cells
from peers import Ground, Kmatrix
from series import checkout, git, reference, touched
from simulate_schedule import DURATIONS, record

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MATRIX = HERE / "durations-matrix.yaml"


def main() -> int:
    """0 if every cell could be recorded."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cells", type=lambda text: tuple(text.split(",")), default=(), metavar="WORD,...")
    arguments.add_argument("--mbox", type=Path, default=ROOT.parent / "shared/data/ptdesc-on-6.12.mbox")
    arguments.add_argument("--kernel", type=Path, help="the tree it applies to (default: as scripts/setup-kernel says)")
    arguments.add_argument("--scratch", type=Path, default=Path.home() / ".cache/kmatrix-bench", help="10 GB")
    options = arguments.parse_args()
    kernel = options.kernel or Path(subprocess.check_output([ROOT / "scripts/setup-kernel"], text=True).strip())
    options.scratch.mkdir(parents=True, exist_ok=True)
    tree = checkout(kernel.resolve(), options.scratch / "checkout")
    commits = reference(tree, options.mbox)
    git(tree, "checkout", "--quiet", "--force", "start")
    kmatrix = Kmatrix(
        ground=Ground(tree=tree, scratch=options.scratch, jobs=len(os.sched_getaffinity(0))),
        program=Path(sys.executable).with_name("kmatrix"),
        matrix=MATRIX,
        home=options.scratch / "kmatrix",
    )
    kmatrix.forget()
    kmatrix.run(commits, cells(options.cells, matrix=MATRIX))
    return record([kmatrix.home / "out/results.json"], touched(tree, commits), DURATIONS)


if __name__ == "__main__":
    sys.exit(main())
