"""Patches that a series wants applied first: found among the branches by patch-id, or given by the user."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.series.git import Git
from orchestrator.series.refs import Ref

_MOST_COMMITS = 3000
_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Prerequisites:
    """`commits`: patch-id -> commit, in the order they are wanted; `missing`: ids that no branch has."""

    commits: dict[str, str]
    missing: tuple[str, ...]


def find_patch_ids(git: Git, ids: Sequence[str], refs: Sequence[Ref], base: str | None) -> Prerequisites:
    """The commits of local branches and `refs`, newer than `base`, that have the stable patch-ids `ids`.

    git format-patch --base writes what `git patch-id --stable` prints. The newest few thousand commits are read.
    """
    wanted = set(ids)
    found: dict[str, str] = {}
    limit = [f"^{base}"] if base else []
    listing = ("rev-list", "--no-merges", f"--max-count={_MOST_COMMITS}", "--branches", *(ref.sha for ref in refs))
    commits = git.text(*listing, *limit).splitlines()
    for start in range(0, len(commits), _BATCH):
        if wanted <= found.keys():
            break
        found |= {name: sha for name, sha in _patch_ids(git, commits[start : start + _BATCH]) if name in wanted}
    return Prerequisites(
        commits={name: found[name] for name in ids if name in found},
        missing=tuple(name for name in ids if name not in found),
    )


def line_on_top(git: Git, base: str, commits: Sequence[str]) -> str | None:
    """The last of `commits` if they are exactly what stands between it and `base`, in that order."""
    last = commits[-1]
    between = git.text("rev-list", "--reverse", "--topo-order", last, f"^{base}").splitlines()
    return last if between == list(commits) else None


def _patch_ids(git: Git, commits: Sequence[str]) -> list[tuple[str, str]]:
    request = "".join(f"{sha}\n" for sha in commits).encode()
    options = ("--stdin", "-p", "-r", "--root", "--no-ext-diff", "--no-textconv", "--full-index", "--no-color")
    patches = git.run("diff-tree", *options, stdin=request).out
    rows = git.run("patch-id", "--stable", stdin=patches).text.splitlines()
    return [(words[0], words[1]) for row in rows if len(words := row.split()) == 2]
