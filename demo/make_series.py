#!/usr/bin/env python3
"""Put the demo's series on top of a kernel tree: six commits, `base..demo`, in a repository of its own.

    demo/make_series.py KERNEL_TREE REPOSITORY

REPOSITORY is bare and made if need be; it borrows the objects of KERNEL_TREE, which is only read. The same tree gives
the same commits, to the last bit: authors and dates are those of the patches beside this file.
"""
# ruff: noqa: T201

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PATCHES = sorted((Path(__file__).parent / "patches").glob("*.patch"))


class DemoError(Exception):
    """The series cannot be made; the text says why."""


def git(repository: Path, *arguments: str, feed: bytes = b"", **environment: str) -> str:
    """Output of git without its last line end; the user's settings and hooks have no say."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    quiet = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C.UTF-8",
        "GIT_DIR": str(repository),
    }
    return run(["git", *arguments], feed, {**clean, **quiet, **environment})


def run(command: list[str], feed: bytes = b"", environment: dict[str, str] | None = None) -> str:
    """Output of a command; DemoError with its stderr if it fails."""
    done = subprocess.run(command, input=feed, capture_output=True, env=environment, check=False)
    if done.returncode:
        raise DemoError(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="replace").rstrip("\n")


def borrow(kernel: Path, repository: Path) -> str:
    """Make `repository` if need be, let it see the objects of `kernel`; the commit that `kernel` is at."""
    head = run(["git", "-C", str(kernel), "rev-parse", "--verify", "HEAD^{commit}"])
    paths = run(["git", "-C", str(kernel), "rev-parse", "--path-format=absolute", "--git-path", "objects"])
    shallow = run(["git", "-C", str(kernel), "rev-parse", "--path-format=absolute", "--git-path", "shallow"])
    if not (repository / "HEAD").is_file():
        run(["git", "init", "--quiet", "--bare", "--initial-branch=demo", str(repository)])
    (repository / "objects" / "info" / "alternates").write_text(f"{paths}\n", "utf-8")
    if Path(shallow).is_file():
        (repository / "shallow").write_bytes(Path(shallow).read_bytes())
    return head


def apply(repository: Path, parent: str, patch: Path, index: str) -> str:
    """The commit that `patch` makes on top of `parent`, whose files `index` holds."""
    with tempfile.TemporaryDirectory() as scratch:
        message, diff = Path(scratch) / "message", Path(scratch) / "diff"
        said = git(repository, "mailinfo", str(message), str(diff), feed=patch.read_bytes())
        try:
            git(repository, "apply", "--cached", str(diff), GIT_INDEX_FILE=index)
        except DemoError as error:
            raise DemoError(f"{patch.name} is for Linux 6.12 and does not apply to this tree: {error}") from error
        mail = dict(re.findall(r"^(Author|Email|Subject|Date): (.*)$", said, re.MULTILINE))
        text = f"{mail['Subject']}\n\n{message.read_text('utf-8')}"
    tree = git(repository, "write-tree", GIT_INDEX_FILE=index)
    who = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in (("NAME", mail["Author"]), ("EMAIL", mail["Email"]), ("DATE", mail["Date"]))
    }
    return git(repository, "commit-tree", tree, "-p", parent, "-F", "-", feed=text.encode(), **who)


def make(kernel: Path, repository: Path) -> None:
    """Point `base` and `demo` in `repository` at what they should be."""
    base = tip = borrow(kernel, repository)
    with tempfile.TemporaryDirectory() as scratch:
        index = str(Path(scratch) / "index")
        git(repository, "read-tree", base, GIT_INDEX_FILE=index)
        for patch in PATCHES:
            tip = apply(repository, tip, patch, index)
    git(repository, "update-ref", "refs/heads/base", base)
    git(repository, "update-ref", "refs/heads/demo", tip)


def main() -> int:
    """0 if the series is there, 2 if the tree cannot take it."""
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        make(Path(sys.argv[1]), Path(sys.argv[2]))
    except (DemoError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
