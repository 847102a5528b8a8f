"""The two series that are checked, as branches of a checkout that borrows the kernel's objects.

`reference`: an mbox, on the tree it applies to. `sources`: ten commits that touch one .c file of mm/ each, made here.
`amended`: the reference series with its last patch but one changed in one line.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCES = (
    "mm/mempool.c", "mm/util.c", "mm/vmscan.c", "mm/memory.c", "mm/mmap.c",
    "mm/page_alloc.c", "mm/rmap.c", "mm/slub.c", "mm/vmalloc.c", "mm/filemap.c",
)  # fmt: skip
_WHO = {
    "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@example.org", "GIT_AUTHOR_DATE": "2024-11-18T00:00:00+0000",
    "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@example.org",
    "GIT_COMMITTER_DATE": "2024-11-18T00:00:00+0000",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Commits:
    """A series: shas of the base and of every commit on it."""

    name: str
    shas: tuple[str, ...]

    def first(self, count: int) -> "Commits":
        """The base and so many commits."""
        return Commits(name=self.name, shas=self.shas[: count + 1])


def git(tree: Path, *arguments: str) -> str:
    """Output of git, without the user's settings and hooks."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(tree), "-c", "gc.auto=0", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**clean, **quiet, **_WHO})
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()


def checkout(kernel: Path, place: Path) -> Path:
    """A working tree of the kernel's HEAD, made once."""
    if not (place / "Makefile").exists():
        git(kernel, "clone", "--quiet", "--shared", "--no-checkout", str(kernel), str(place))
        git(place, "tag", "start")
    git(place, "checkout", "--quiet", "--force", "start")
    return place


def reference(tree: Path, mbox: Path) -> Commits:
    """The mbox applied by git am."""
    if not _has(tree, "reference"):
        git(tree, "checkout", "--quiet", "--force", "-B", "reference-new", "start")
        git(tree, "am", "--quiet", str(mbox.resolve()))
        git(tree, "branch", "--move", "reference")
    return _commits(tree, "reference")


def sources(tree: Path) -> Commits:
    """Ten commits, each one function more in a .c file."""
    if not _has(tree, "sources"):
        git(tree, "checkout", "--quiet", "--force", "-B", "sources-new", "start")
        for number, name in enumerate(SOURCES, 1):
            function = (
                f"\nunsigned long bench_{number}(unsigned long x);\nunsigned long bench_{number}(unsigned long x)\n"
            )
            with (tree / name).open("a", encoding="utf-8") as file:
                file.write(f"{function}{{\n\treturn x * {number};\n}}\n")
            git(tree, "commit", "--quiet", "--all", "--message", f"mm: one more function in {name}")
        git(tree, "branch", "--move", "sources")
    return _commits(tree, "sources")


def amended(tree: Path, commits: Commits) -> Commits:
    """The same with one line more in a .c file in the last commit but one; the last stands on that."""
    *kept, changed, last = commits.shas
    git(tree, "checkout", "--quiet", "--force", "--detach", changed)
    touched = git(tree, "show", "--pretty=", "--name-only", "--diff-filter=M", "HEAD").splitlines()
    name = next((path for path in touched if path.endswith(".c")), SOURCES[0])
    with (tree / name).open("a", encoding="utf-8") as file:
        file.write("/* amended */\n")
    git(tree, "commit", "--quiet", "--all", "--amend", "--no-edit")
    new = git(tree, "rev-parse", "HEAD")
    git(tree, "cherry-pick", last)
    return Commits(name="amended", shas=(*kept, new, git(tree, "rev-parse", "HEAD")))


def touched(tree: Path, commits: Commits) -> list[list[str]]:
    """The paths that each commit touches; none for the base."""
    pairs = zip(commits.shas, commits.shas[1:], strict=False)
    return [[], *(git(tree, "diff", "--name-only", one, other).splitlines() for one, other in pairs)]


def _has(tree: Path, branch: str) -> bool:
    return bool(git(tree, "branch", "--list", branch))


def _commits(tree: Path, branch: str) -> Commits:
    on_top = git(tree, "rev-list", "--reverse", f"start..{branch}").split()
    return Commits(name=branch, shas=(git(tree, "rev-parse", "start"), *on_top))
