"""Candidate refs: the commits that a series without a stated base may be for."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.errors import UserError
from orchestrator.series.git import Git
from orchestrator.series.repository import Repository

_MOST_GUESSED = 8
_MOST_NAMED = 64
_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A name as the user knows it, and its commit."""

    name: str
    sha: str


def candidate_refs(repository: Repository, named: Sequence[str]) -> tuple[tuple[Ref, ...], tuple[str, ...]]:
    """The refs to try, in order, each commit once; and warnings for names of nothing.

    `named` are revisions or globs (`origin/*`). Without any: HEAD, its upstream, then the branches, local ones and
    those of remotes, whose tips are newest. Raises UserError if none of `named` is there.
    """
    git = repository.user
    if not named:
        return _once([("HEAD", git.commit_of("HEAD")), *_guessed(git)])[:_MOST_GUESSED], ()
    found: list[tuple[str, str | None]] = []
    warnings = []
    for name in named:
        matches = _matching(git, name) if _GLOB & set(name) else [(name, git.commit_of(name))]
        if not any(sha for _, sha in matches):
            warnings.append(f"candidate {name} is no revision of {repository.tree}")
        found += matches
    refs = _once(found)
    if not refs:
        raise UserError(f"{'; '.join(warnings)}: name refs that are there with --candidate, or in matrix.yaml")
    return refs[:_MOST_NAMED], tuple(warnings)


def _guessed(git: Git) -> list[tuple[str, str | None]]:
    upstream = git.try_run("rev-parse", "--abbrev-ref", "--symbolic-full-name", "HEAD@{upstream}")
    named = [] if upstream.code else [(upstream.text, git.commit_of(upstream.text))]
    return [*named, *_listed(git, "refs/heads", "refs/remotes")]


def _matching(git: Git, glob: str) -> list[tuple[str, str | None]]:
    return _listed(git, *(f"{place}/{glob}" for place in ("refs/heads", "refs/remotes", "refs/tags")))


def _listed(git: Git, *patterns: str) -> list[tuple[str, str | None]]:
    """Names and commits, the newest first; symbolic refs (origin/HEAD) repeat others."""
    layout = "--format=%(symref)%09%(refname:short)%09%(objectname)%09%(*objectname)"
    rows = git.text("for-each-ref", "--sort=-creatordate", layout, *patterns).splitlines()
    found: list[tuple[str, str | None]] = []
    for row in rows:
        symbolic, name, oid, peeled = row.split("\t")
        if not symbolic:
            found.append((name, peeled or oid))
    return found


def _once(found: Sequence[tuple[str, str | None]]) -> tuple[Ref, ...]:
    refs: dict[str, Ref] = {}
    for name, sha in found:
        if sha:
            refs.setdefault(sha, Ref(name=name, sha=sha))
    return tuple(refs.values())
