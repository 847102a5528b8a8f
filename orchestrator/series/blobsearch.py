"""The commit whose files are the very ones that patches were made from, found by their index lines.

Only commits that change one of these files can make a state that matches, or end one: the states to look at are the
tips, and the parents of commits that touch the files. b4's --guess-base looks the same way (`git-find-object`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.series.git import Git, OidReader
from orchestrator.series.refs import Ref

_LOOKBACK = 365 * 24 * 3600  # nobody posts what is older, and a whole kernel history takes minutes
_MOST_COMMITS = 20_000
_MOST_PATHS = 1000  # on git's command line; the rest are checked, not followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A commit that has every blob; `ref` is a candidate that has the commit, `tip` whether it is its tip."""

    sha: str
    ref: Ref
    tip: bool


class _States:
    """Compares commits with what is wanted; the path that failed last is asked first, so most take one question."""

    def __init__(self, oids: OidReader, wanted: Mapping[str, str]) -> None:
        self._oids = oids
        self._wanted = dict(wanted)

    def fits(self, commit: str) -> bool:
        for path, digits in self._wanted.items():
            oid = self._oids.find(f"{commit}:{path}")
            if (oid or "").startswith(digits) if digits else oid is None:
                continue
            self._wanted = {path: digits, **self._wanted}
            return False
        return True

    def count(self, commit: str) -> int:
        """How many of the files it has."""
        found = ((digits, self._oids.find(f"{commit}:{path}")) for path, digits in self._wanted.items())
        return sum((oid or "").startswith(digits) if digits else oid is None for digits, oid in found)


def find_by_blobs(git: Git, wanted: Mapping[str, str], refs: Sequence[Ref], before: float) -> Found | None:
    """The newest commit of `refs` whose files have the blobs `wanted` (path -> first digits, "" for no such file).

    `before` is when the patches were sent, in seconds, 0 if unknown: a year before that is looked through, and what
    came later.
    """
    if not any(wanted.values()) or not refs:
        return None
    with git.oids() as oids:
        states = _States(oids, wanted)
        newest_first = git.text("rev-list", "--no-walk=sorted", *(ref.sha for ref in refs)).splitlines()
        names = {ref.sha: ref for ref in refs}
        for tip in newest_first:
            if states.fits(tip):
                return Found(sha=tip, ref=names[tip], tip=True)
        if not _all_there(git, oids, wanted):
            return None
        sha = _walk(git, states, newest_first, list(wanted), before)
    return Found(sha=sha, ref=_holder(git, sha, refs), tip=False) if sha else None


def matching_blobs(git: Git, wanted: Mapping[str, str], commit: str) -> int:
    """How many of the files `wanted` a commit has."""
    with git.oids() as oids:
        return _States(oids, wanted).count(commit)


def _all_there(git: Git, oids: OidReader, wanted: Mapping[str, str]) -> bool:
    """Whether the repository has such blobs at all; a partial clone may have trees that name blobs it has not."""
    if git.try_run("config", "--get", "extensions.partialClone").code == 0:
        return True
    return all(_known(git, oids, digits) for digits in wanted.values() if digits)


def _known(git: Git, oids: OidReader, digits: str) -> bool:
    if oids.find(digits):
        return True
    return len(digits) >= 4 and bool(git.try_run("rev-parse", f"--disambiguate={digits}").out.strip())


def _walk(git: Git, states: _States, tips: Sequence[str], paths: list[str], before: float) -> str | None:
    since = [f"--since=@{int(before) - _LOOKBACK}"] if before > _LOOKBACK else []
    literal = git.with_environment(GIT_LITERAL_PATHSPECS="1")
    arguments = ("log", "--format=%H %P", "--date-order", f"--max-count={_MOST_COMMITS}", *since, *tips, "--")
    tried: set[str] = set()
    with literal.lines(*arguments, *paths[:_MOST_PATHS]) as rows:
        for row in rows:
            for commit in row.split():
                if commit not in tried and states.fits(commit):
                    return commit
                tried.add(commit)
    return None


def _holder(git: Git, sha: str, refs: Sequence[Ref]) -> Ref:
    return next(
        (ref for ref in refs if not git.try_run("merge-base", "--is-ancestor", sha, ref.sha).code),
        refs[0],
    )
