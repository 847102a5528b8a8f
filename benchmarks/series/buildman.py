"""buildman's algorithm on a Linux tree. The program itself stops there: it asks U-Boot's scripts/show-gnu-make.

Read in buildman 0.2.0 (builder.py, builderthread.py, depscan.py). Boards are cells. min(cores, boards) threads take
boards from one queue, each walks all commits of its board in its own worktree with `make -j ceil(cores / boards)`. The
.config is made at the base, after a change of a Kconfig file, and after a failure. A build that failed is done again
with a new .config. After a build that passed, a commit is skipped if all its files are documentation or sources that no
.cmd file names. Here the build directory is the board's (buildman -P), as one per thread would mix architectures.
"""

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, Queue

from cells import Bench, bench, share
from peers import Ground, Said, timed
from series import Commits, git, touched

from orchestrator.model.matrix import Target

_SOURCES = (".c", ".h", ".S", ".dts", ".dtsi")
_PROSE = (".rst", ".txt")


def buildman(ground: Ground, commits: Commits, targets: Sequence[Target]) -> Said:
    """All boards, all commits."""
    boards: Queue[Target] = Queue()
    for target in targets:
        boards.put(target)
    said = Said()
    paths = touched(ground.tree, commits)
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            tree = worktree(ground, number, commits.shas[0])
            while True:
                target = boards.get_nowait()
                jobs = share(ground.jobs, len(targets))
                with bench(target, tree, ground.scratch / f"buildman-{number}", jobs) as box:
                    _board(tree, commits, paths, box, said)
        except Empty:
            return
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(min(ground.jobs, len(targets)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return said


def worktree(ground: Ground, number: int, sha: str) -> Path:
    """A thread's own worktree, made once."""
    place = ground.scratch / f"worktree-{number}"
    if not place.exists():
        git(ground.tree, "worktree", "prune")
        git(ground.tree, "worktree", "add", "--quiet", "--detach", str(place), sha)
    git(place, "checkout", "--quiet", "--force", sha)
    return place


def _board(tree: Path, commits: Commits, paths: Sequence[Sequence[str]], box: Bench, said: Said) -> None:
    """All commits of a board."""
    passed = False
    read: set[str] = set()
    for index, sha in enumerate(commits.shas):
        if index and passed and all(_unaffected(path, read) for path in paths[index]):
            continue
        git(tree, "checkout", "--quiet", "--force", sha)
        configure = not (index and passed) or any(Path(path).name.startswith("Kconfig") for path in paths[index])
        timed(said, box.target, index, lambda: _build(box, configure=configure, retry=index > 0))  # noqa: B023
        passed = (box.target.name, index) not in said.failed
        read = _read(box.out) if passed else set()


def _build(box: Bench, *, configure: bool, retry: bool) -> int:
    if configure:
        box.configure()
    code = box.make()
    if code and retry:
        box.configure()
        code = box.make()
    return code


def _unaffected(path: str, read: set[str]) -> bool:
    suffix = Path(path).suffix
    return suffix in _PROSE or path == "MAINTAINERS" or (suffix in _SOURCES and path not in read)


def _read(out: Path) -> set[str]:
    """Every source that a .cmd file of the build names."""
    found = set()
    for record in out.rglob(".*.cmd"):
        found.update(re.findall(r"/src/([^\s$)\\]+)", record.read_text("utf-8", "replace")))
    return found
