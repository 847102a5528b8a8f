"""A range or a branch of the user's repository, made into a `Series`."""

import difflib

from orchestrator.errors import UserError
from orchestrator.model.series import Series
from orchestrator.series.history import read_commits, straight_line
from orchestrator.series.options import SeriesOptions
from orchestrator.series.repository import Repository, current_branch, not_a_kernel


def range_ends(repository: Repository, spec: str, *, path: bool) -> tuple[str, str] | None:
    """The two ends of `A..B` as typed (HEAD where left out), None if it is no range of this repository.

    `path`: there is a file of that name. Raises UserError for three dots, and for a range with one unknown end.
    """
    if "..." in spec:
        left, _, right = spec.partition("...")
        if all(repository.user.commit_of(end or "HEAD") for end in (left, right)):
            raise UserError(
                f"{spec}: three dots mean the commits of either side, which is no series; "
                f"two dots ({left}..{right}) mean what {right or 'HEAD'} has and {left or 'HEAD'} lacks"
            )
        return None
    left, dots, right = spec.partition("..")
    if not dots or spec == "..":
        return None
    known = [bool(repository.user.commit_of(end or "HEAD")) for end in (left, right)]
    if all(known):
        return left or "HEAD", right or "HEAD"
    if any(known) and not path:
        raise unknown_revision(repository, left if not known[0] else right)
    return None


def from_range(
    repository: Repository, spec: str, ends: tuple[str, str], options: SeriesOptions, warnings: tuple[str, ...]
) -> Series:
    """The series `ends[0]..ends[1]`; --base replaces its start. Raises UserError."""
    start, end = ends
    if options.base is not None:
        warnings = (*warnings, f"--base {options.base} replaces {start} of {spec}")
        start = options.base
    named = f"--base {options.base}" if options.base is not None else f"start of {spec}"
    return _from_commits(repository, spec, (start, end), named, (warnings, options.first_parent))


def from_revision(repository: Repository, revision: str, options: SeriesOptions, warnings: tuple[str, ...]) -> Series:
    """What `revision` has and --base, else its upstream, lacks. Raises UserError."""
    if repository.user.commit_of(revision) is None:
        raise UserError(
            f"{repository.tree}: the repository has no commit yet; commit the kernel first, then the series"
        )
    rest = (warnings, options.first_parent)
    shown = current_branch(repository) if revision == "HEAD" else revision
    if options.base is not None:
        return _from_commits(repository, shown, (options.base, revision), f"--base {options.base}", rest)
    upstream = repository.user.try_run("rev-parse", "--abbrev-ref", "--symbolic-full-name", f"{revision}@{{upstream}}")
    if upstream.code or repository.user.commit_of(upstream.text) is None:
        why = upstream.err.removeprefix("fatal: ").splitlines()[:1] or [f"upstream {upstream.text} is not there"]
        raise UserError(
            f"{shown}: cannot tell where the series starts ({why[0]}); say so with --base REV "
            f"(`--base origin/master`, `--base HEAD~3`), or set one with `git branch --set-upstream-to`"
        )
    named = f"merge-base of {shown} and its upstream {upstream.text}"
    return _from_commits(repository, shown, (upstream.text, revision), named, rest)


def unknown_revision(repository: Repository, spec: str) -> UserError:
    """What to raise for a word that names nothing: with names that are near."""
    listed = repository.user.text(
        "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags"
    )
    near = difflib.get_close_matches(spec, listed.splitlines(), n=3)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    shallow = " (a shallow clone: `git fetch --unshallow` brings the rest)" if repository.shallow else ""
    return UserError(f"{spec or '(empty)'}: neither a file nor a revision of {repository.tree}{shallow}{hint}")


def _from_commits(
    repository: Repository, origin: str, ends: tuple[str, str], named: str, rest: tuple[tuple[str, ...], bool]
) -> Series:
    warnings, first_parent = rest
    start, end = (_required_commit(repository, revision) for revision in ends)
    doubts = tuple(warning for revision in ends for warning in repository.user.doubts(revision))
    base, shas = straight_line(repository, (start, end), origin, first_parent=first_parent)
    if base != start and not named.startswith("merge-base"):
        named = f"where {ends[1]} forks off from {ends[0]} ({named})"
    commits = read_commits(repository.private, shas, 1)
    title = commits[0].subject if len(commits) == 1 else f"{commits[0].subject} (and {len(commits) - 1} more)"
    return Series(
        title=title,
        base=read_commits(repository.private, [base], 0)[0],
        base_reason=named,
        commits=tuple(commits),
        git_dir=str(repository.git_dir),
        origin=origin,
        warnings=(*repository.warnings, *warnings, *doubts, *not_a_kernel(repository, base)),
    )


def _required_commit(repository: Repository, revision: str) -> str:
    sha = repository.user.commit_of(revision)
    if sha is None:
        raise unknown_revision(repository, revision)
    return sha
