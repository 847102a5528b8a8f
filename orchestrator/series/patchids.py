"""`git patch-id`: the same for the same change, whatever its message, author and line numbers."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import KmatrixError
from orchestrator.series.git import Git


def patch_id_of(mail: bytes) -> str | None:
    """The patch-id of the diff in a mail; None if there is none."""
    done = Git(directory=Path("/")).try_run("patch-id", "--stable", stdin=mail)
    words = done.text.split()
    return words[0] if words else None


def patch_ids(git_dir: str, commits: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    """The patch-ids of commits, by oid, with renames found and without: mails have either. Empty if they are gone."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    if not git_dir or not commits:
        return {}
    try:
        git = Git(directory=Path(git_dir), private=True)
        for renames in ("-M", "--no-renames"):
            shown = git.run("show", "--format=commit %H", "-p", renames, "--no-ext-diff", "--no-textconv", *commits)
            for line in git.run("patch-id", "--stable", stdin=shown.out).text.splitlines():
                patch, _, commit = line.partition(" ")
                found[commit].add(patch)
    except KmatrixError:
        return {}
    return {commit: frozenset(ids) for commit, ids in found.items()}
