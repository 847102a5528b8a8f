"""Bytes out of the private repository: files of a commit, and commits packed up to be carried elsewhere.

None where the repository is gone or has been cleaned: what needs them does without.
"""

import re
from pathlib import Path

from orchestrator.errors import KmatrixError
from orchestrator.series.git import Git

_OID = re.compile(r"[0-9a-f]{40,64}")
_MOST_TEXT = 4 << 20
_MOST_PACK = 2 << 20


def text_at(git_dir: str, commit: str, path: str) -> str | None:
    """The text of `path` (as a compiler printed it) in the tree of `commit`; None for what is no file there."""
    git = _repository(git_dir, commit)
    if git is None or not path or path.startswith("/") or not path.isprintable():
        return None
    size = git.try_run("cat-file", "-s", f"{commit}:{path}")
    if size.code or int(size.text) > _MOST_TEXT:
        return None
    found = git.try_run("cat-file", "blob", f"{commit}:{path}")
    return None if found.code else found.out.decode("utf-8", "replace")


def packed(git_dir: str, base: str, commit: str) -> bytes | None:
    """What `commit` has and `base` lacks, as a thin pack; None if that cannot be had or is beyond 2 MiB."""
    git = _repository(git_dir, base, commit)
    if git is None:
        return None
    wanted = f"{commit}\n^{base}\n".encode()
    done = git.try_run("pack-objects", "--thin", "--revs", "--stdout", "--quiet", "--delta-base-offset", stdin=wanted)
    return None if done.code or len(done.out) > _MOST_PACK else done.out


def _repository(git_dir: str, *commits: str) -> Git | None:
    """The repository if it is there and these are plain oids; they come from a file that anybody may have written."""
    if not git_dir or not all(_OID.fullmatch(commit) for commit in commits):
        return None
    try:
        git = Git(directory=Path(git_dir), private=True)
        return None if git.try_run("rev-parse", "--git-dir").code else git
    except (KmatrixError, ValueError):
        return None
