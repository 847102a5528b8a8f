"""Small real git repositories, and a digest of everything in one that must not change."""

import hashlib
import os
import subprocess
from pathlib import Path

LINES = "".join(f"line {n}\n" for n in range(1, 31))
IDENTITY = {
    "GIT_AUTHOR_NAME": "A Developer",
    "GIT_AUTHOR_EMAIL": "dev@example.org",
    "GIT_COMMITTER_NAME": "A Developer",
    "GIT_COMMITTER_EMAIL": "dev@example.org",
    "GIT_AUTHOR_DATE": "@1700000000 +0000",
    "GIT_COMMITTER_DATE": "@1700000000 +0000",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(where: Path, *arguments: str, stdin: bytes = b"", **environment: str) -> str:
    """Run git as the user would; its output."""
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=where,
        env={**os.environ, **IDENTITY, **environment},
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"git {arguments}: {done.stderr.decode()}"
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def commit(where: Path, subject: str, files: dict[str, str | None] | None = None) -> str:
    """Write `files` (None deletes one), commit everything, return the oid."""
    for name, text in (files or {}).items():
        path = where / name
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(where, "add", "-A")
    git(where, "commit", "-q", "--allow-empty", "-m", subject)
    return git(where, "rev-parse", "HEAD")


def a_kernel(where: Path, branch: str = "master") -> Path:
    """A repository with one commit that looks like a kernel."""
    where.mkdir(parents=True)
    git(where, "init", "-q", "-b", branch)
    commit(where, "base", {"Makefile": "all:\n", "Kbuild": "obj-y += a.o\n", "mm/a.c": LINES, "mm/b.c": LINES})
    return where


def edited(number: int, text: str, lines: str = LINES) -> str:
    """The lines with one of them replaced."""
    return lines.replace(f"line {number}\n", f"{text}\n")


def a_topic(where: Path, count: int = 3, branch: str = "topic") -> list[str]:
    """A branch with `count` commits, each changing its own line of mm/a.c, tracking master; their oids."""
    git(where, "checkout", "-q", "-b", branch, "--track", "master")
    lines = LINES
    oids = []
    for number in range(1, count + 1):
        lines = edited(number * 5, f"changed by {number}", lines)
        oids.append(commit(where, f"mm/a: change {number}", {"mm/a.c": lines}))
    return oids


def state_of(where: Path) -> dict[str, str]:
    """Digest and mode of every file under `where`, .git with index, refs, config and objects included."""
    found = {}
    for folder, _, names in os.walk(where):
        for name in names:
            path = Path(folder, name)
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(where))] = f"{path.lstat().st_mode:o} {hashlib.sha256(content).hexdigest()}"
    return found
