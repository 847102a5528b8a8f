"""`kmatrix bisect` against `git bisect run` with plain incremental make, on one history and in one image.

    KERNEL_TREE=dir [COMMITS=1024] [GOAL=mm/] python benchmarks/bisect_object.py

The history grows on a real kernel: each commit touches a file of mm/, lib/ or kernel/, every eighth
include/linux/mm.h; one of them breaks mm/rmap.c. Both search for it in x86_64 allnoconfig, make target mm/, with gcc-14
of kmatrix's image, after a build of the good end that is not counted: `git bisect run` goes on in that build directory,
kmatrix has its checkout and its result. Aim: at least 8 times faster. Exits with 1 if either names a wrong
commit.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from kernel_history import git, make  # noqa: E402 - it is no package

GOAL = os.environ.get("GOAL", "mm/")
IMAGE = "kmatrix/gcc-14:x86_64"
CELL = ("--arch", "x86_64", "--compiler", "gcc-14", "--config", "allnoconfig", "--target", GOAL)
MAKE = "make -s -k O=/out ARCH=x86_64 CROSS_COMPILE=x86_64-linux-gnu-"
STEP = """#!/bin/sh
docker exec {container} sh -c '{make} -j{jobs} {goal} >/tmp/log 2>&1; grep -q undeclared_planted /tmp/log && exit 1
tail -1 /tmp/log | grep -q Error && exit 125; exit 0'
"""


def run(*argv: str | Path, cwd: Path | None = None, check: bool = True) -> str:
    """Run a command; its output."""
    return subprocess.run(list(map(str, argv)), cwd=cwd, stdout=subprocess.PIPE, text=True, check=check).stdout


def with_git(repo: Path, place: Path) -> tuple[float, str]:
    """Seconds, and the sha that `git bisect run` names."""
    tree, out = place / "tree", place / "out"
    run("git", "clone", "-q", "--shared", "--no-checkout", repo, tree)
    run("git", "checkout", "-q", "start", cwd=tree)
    out.mkdir()
    jobs = len(os.sched_getaffinity(0))
    user = f"{os.getuid()}:{os.getgid()}"
    container = run(
        "docker", "run", "-d", "--rm", "--network", "none", "--user", user, "--tmpfs", "/tmp:exec",
        "-v", f"{tree}:/src:ro", "-v", f"{out}:/out", "-w", "/src", IMAGE, "sleep", "infinity",
    ).strip()  # fmt: skip
    try:
        for goal in ("allnoconfig", f"-j{jobs} {GOAL}"):
            run("docker", "exec", container, "sh", "-c", f"{MAKE} {goal}")
        step = place / "step"
        step.write_text(STEP.format(container=container, make=MAKE, jobs=jobs, goal=GOAL))
        step.chmod(0o755)
        began = time.monotonic()
        run("git", "bisect", "start", "origin/history", "start", cwd=tree)
        said = run("git", "bisect", "run", step, cwd=tree)
        seconds = time.monotonic() - began
    finally:
        run("docker", "rm", "-f", container)
    return seconds, next(line.split()[0] for line in said.splitlines() if "is the first bad commit" in line)


def with_kmatrix(repo: Path, place: Path) -> tuple[float, str, int]:
    """Seconds, the sha, and the number of probes."""
    kmatrix = (sys.executable, "-m", "orchestrator")
    os.environ |= {"XDG_CACHE_HOME": str(place / "cache"), "XDG_STATE_HOME": str(place / "state")}
    run(*kmatrix, "probe", "start", *CELL, "--tree", repo, cwd=place)
    began = time.monotonic()
    run(
        *kmatrix, "bisect", "start..history", *CELL, "--tree", repo, "--match", "undeclared_planted",
        "--out", place / "bisect", "--json", place / "bisect.json", cwd=place,
    )  # fmt: skip
    seconds = time.monotonic() - began
    found = json.loads((place / "bisect.json").read_text())
    return seconds, found["first_bad"]["sha"], found["probes"]


def main() -> int:
    """Measure both, one after the other."""
    kernel = os.environ.get("KERNEL_TREE") or os.environ.get("KMATRIX_TEST_KERNEL")
    if not kernel:
        print("skipped: KERNEL_TREE names no kernel repository")
        return 0
    commits = int(os.environ.get("COMMITS", "1024"))
    with tempfile.TemporaryDirectory(prefix="kmatrix-bench-") as where:
        place = Path(where)
        make(Path(kernel), place / "repo", commits, kind="object", culprit=commits * 2 // 3, header_every=8)
        culprit = git(place / "repo", "rev-parse", "culprit").decode().strip()
        ours, named, probes = with_kmatrix(place / "repo", place)
        print(f"kmatrix bisect    {commits} commits  {ours:7.1f} s  {probes} probes  load {os.getloadavg()[0]:.1f}")
        theirs, also = with_git(place / "repo", place)
        print(f"git bisect run    {commits} commits  {theirs:7.1f} s  load {os.getloadavg()[0]:.1f}")
        print(f"{theirs / ours:.1f} times faster")
        print(json.dumps({"commits": commits, "kmatrix_s": ours, "git_s": theirs, "probes": probes}))
        return 0 if named == also == culprit else 1


if __name__ == "__main__":
    sys.exit(main())
