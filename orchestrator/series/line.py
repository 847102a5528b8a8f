"""A range of any length as a line of commits, for a bisection: first parents only, so merges are single steps."""

from collections.abc import Sequence
from pathlib import Path

from orchestrator.errors import UserError
from orchestrator.model.series import Commit, Series
from orchestrator.series.git import Git
from orchestrator.series.repository import Repository

_MOST_PATHS = 1000  # of a command line
_KERNEL_SOURCES = ("*.[chS]", "*.inc", ":!tools", ":!scripts", ":!Documentation", ":!samples")
_FIELDS = ("%H", "%T", "%an <%ae>", "%s")


def line(repository: Repository, spec: str) -> Series:
    """`GOOD..BAD` as a series: GOOD is its base, and what follows on BAD's first-parent line its commits.

    No commit knows its files: for thousands that would take longer than the search. Raises UserError.
    """
    good, bad, start, end = _ends(repository, spec)
    listed = repository.user.text("rev-list", "--reverse", "--first-parent", f"{start}..{end}").split()
    if not listed:
        raise UserError(f"{spec}: no commits between the good and the bad end; are they swapped, or the same?")
    base = repository.user.try_run("rev-parse", "--verify", "--quiet", f"{listed[0]}^").text
    warnings: tuple[str, ...] = ()
    if base != start:
        if repository.user.try_run("merge-base", "--is-ancestor", start, end).code:
            raise UserError(
                f"{spec}: {good} is not an ancestor of {bad}; a bisection needs a good commit that {bad} is built on, "
                f"such as their merge-base: `git merge-base {good} {bad}`"
            )
        warnings = (f"{good} is not on the first-parent line of {bad}: the search starts at {base[:12]}, which is",)
    return series_of(repository, base, listed, spec, (*repository.warnings, *warnings))


def whole_range(repository: Repository, spec: str) -> Series:
    """As `line`, but with every commit that BAD has and GOOD lacks, parents before children: no line any more."""
    good, bad, start, end = _ends(repository, spec)
    listed = repository.user.text("rev-list", "--reverse", "--topo-order", f"{start}..{end}").split()
    if not listed or repository.user.try_run("merge-base", "--is-ancestor", start, end).code:
        raise UserError(f"{spec}: {good} is not an ancestor of {bad}, or is the same commit")
    return series_of(repository, start, listed, spec, repository.warnings)


def series_of(
    repository: Repository, base: str, shas: list[str], origin: str, warnings: tuple[str, ...] = ()
) -> Series:
    """The series of these commits (full oids), read in one go."""
    commits = _read(repository.private, [base, *shas])
    return Series(
        title=f"{origin}: {len(shas)} commits",
        base=commits[0],
        base_reason="the good end",
        commits=tuple(commits[1:]),
        git_dir=str(repository.git_dir),
        origin=origin,
        warnings=warnings,
    )


def moved_from(git_dir: Path, tree: str, now: str, path: str) -> str | None:
    """What the file `path` of the tree `now` was called in `tree`, by git's rename detection; None if it was not."""
    git = Git(directory=git_dir, private=True)
    if not git.try_run("cat-file", "-e", f"{tree}:{path}").code:
        return path
    fields = git.run("diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--name-status", tree, now).out.split(b"\0")
    names = {fields[at + 2]: fields[at + 1] for at in range(0, len(fields) - 2, 3)}
    found = names.get(path.encode("utf-8", "surrogateescape"))
    return None if found is None else found.decode("utf-8", "surrogateescape")


def touches(series: Series, pathspecs: tuple[str, ...]) -> bool:
    """True if any commit of the range touches a path that git matches with one of these."""
    git = Git(directory=Path(series.git_dir), private=True)
    wanted = ("rev-list", "--first-parent", "-1", f"{series.base.sha}..{series.all[-1].sha}", "--", *pathspecs)
    return bool(git.run(*wanted).out.strip())


def sources_with(series: Series, word: str) -> tuple[str, ...]:
    """Every C, assembler and header file of the last commit's kernel that holds the word, () if the range changed none.

    The range is looked through first: a search of all sources takes seconds.
    """
    git = Git(directory=Path(series.git_dir), private=True)
    start, end = series.base.tree, series.all[-1].tree
    out = git.run("diff-tree", "-r", "-z", "--name-only", "--diff-filter=AM", start, end, "--", "*.c", "*.S").out
    changed = out.decode("utf-8", "surrogateescape").split("\0")[:-1]
    if not changed or len(changed) > _MOST_PATHS or not _holding(git, end, word, changed):
        return ()
    return _holding(git, end, word, _KERNEL_SOURCES)


def _holding(git: Git, tree: str, word: str, paths: Sequence[str]) -> tuple[str, ...]:
    found = git.try_run("grep", "-l", "-z", "-w", "-F", "-e", word, tree, "--", *paths).out
    names = found.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return tuple(name.partition(":")[2] for name in names)


def middle(git_dir: Path, bad: str, good: list[str], skipped: set[str]) -> str | None:
    """The commit that git's own bisection would ask next in the graph between, None if only skipped ones are left."""
    git = Git(directory=git_dir, private=True)
    listed = git.run("rev-list", "--bisect-all", bad, *(f"^{sha}" for sha in good)).text.splitlines()
    for row in listed:
        sha = row.split()[0]
        if sha != bad and sha not in skipped:
            return sha
    return None


def between(git_dir: Path, bad: str, good: list[str]) -> list[str]:
    """The commits that `bad` has and none of `good`, `bad` itself last."""
    git = Git(directory=git_dir, private=True)
    return git.run("rev-list", "--reverse", "--topo-order", bad, *(f"^{sha}" for sha in good)).text.split()


def parents(git_dir: Path, sha: str) -> list[str]:
    """The parents of a commit."""
    return Git(directory=git_dir, private=True).text("rev-list", "--parents", "-1", sha).split()[1:]


def _ends(repository: Repository, spec: str) -> tuple[str, str, str, str]:
    """Both ends as typed and as oids."""
    good, dots, bad = spec.partition("..")
    bad = bad or "HEAD"
    if not dots or not good or bad.startswith("."):
        raise UserError(f"{spec}: expected GOOD..BAD, two revisions: v6.11..v6.12")
    found = [repository.user.commit_of(end) for end in (good, bad)]
    for name, oid in zip((good, bad), found, strict=True):
        if oid is None:
            raise UserError(f"{name}: not a revision of {repository.tree}")
    return good, bad, str(found[0]), str(found[1])


def _read(git: Git, shas: list[str]) -> list[Commit]:
    distinct = list(dict.fromkeys(shas))
    request = "".join(f"{sha}\n" for sha in distinct).encode()
    layout = "--format=" + "%x00".join(_FIELDS)
    out = git.run("log", "--no-walk=unsorted", "--stdin", "-z", "--encoding=UTF-8", layout, stdin=request).out
    fields = out.decode("utf-8", "replace").split("\0")
    width = len(_FIELDS)
    rows = {fields[start]: fields[start : start + width] for start in range(0, len(distinct) * width, width)}
    return [
        Commit(index=index, sha=sha, tree=rows[sha][1], author=rows[sha][2], subject=rows[sha][3])
        for index, sha in enumerate(shas)
    ]
