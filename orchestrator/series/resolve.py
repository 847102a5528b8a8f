"""What the user named as SERIES, made into a `Series`: commits of a range, or mails applied in the private clone."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from orchestrator.errors import SeriesError, UserError
from orchestrator.model.series import Series
from orchestrator.series.apply import apply_patches
from orchestrator.series.history import read_commits, straight_line
from orchestrator.series.patches import read_mails
from orchestrator.series.repository import Repository
from orchestrator.series.selection import Selection, select
from orchestrator.series.sources import read_files

_URL = re.compile(r"^(?:https?://|lore\.kernel\.org/)", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"^<?[^\s<>@/]+@[^\s<>@/]+\.?[^\s<>@/]*>?$")


def resolve(repository: Repository, spec: str | None, *, base: str | None = None, stdin: bytes | None = None) -> Series:
    """The series that `spec` names: `A..B`, a branch or commit, None (HEAD), an mbox, maildir or directory of patches,
    `-` (an mbox in `stdin`).

    What is both a revision and a file is taken as the revision, with a warning. `base` (a revision) replaces the
    upstream of a branch and the base-commit of mails. Raises UserError or SeriesError, always with what to do.
    """
    if spec == "-":
        if not stdin or not stdin.strip():
            raise SeriesError(
                "-: nothing came in on standard input; expected an mbox (`b4 mbox -o - ... | kmatrix run -`)"
            )
        return _from_mails(repository, [("", stdin)], spec, base)
    if spec is None:
        return _from_revision(repository, "HEAD", base, ())
    path = _existing(spec)
    ends = _range_ends(repository, spec)
    if ends is None and repository.user.commit_of(spec) is None:
        if path is None:
            raise _unknown(repository, spec)
        return _from_mails(repository, read_files(path), spec, base)
    warnings = (f"{spec} is a revision and a file; the revision is taken (say ./{spec} for the file)",) if path else ()
    if ends:
        return _from_range(repository, spec, ends, base, warnings)
    return _from_revision(repository, spec, base, warnings)


def _existing(spec: str) -> Path | None:
    try:
        return Path(spec) if spec and Path(spec).exists() else None
    except (OSError, ValueError):
        return None


def _range_ends(repository: Repository, spec: str) -> tuple[str, str] | None:
    """The two ends of `A..B` as typed (HEAD where left out), None if it is no range of this repository."""
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
    if any(known) and _existing(spec) is None:
        raise _unknown(repository, left if not known[0] else right)
    return None


def _from_range(
    repository: Repository, spec: str, ends: tuple[str, str], base: str | None, warnings: tuple[str, ...]
) -> Series:
    start, end = ends
    if base is not None:
        warnings = (*warnings, f"--base {base} replaces {start} of {spec}")
        start = base
    named = f"--base {base}" if base is not None else f"start of {spec}"
    return _from_commits(repository, spec, (start, end), named, warnings)


def _from_revision(repository: Repository, revision: str, base: str | None, warnings: tuple[str, ...]) -> Series:
    if repository.user.commit_of(revision) is None:
        raise UserError(
            f"{repository.tree}: the repository has no commit yet; commit the kernel first, then the series"
        )
    shown = _current_branch(repository) if revision == "HEAD" else revision
    if base is not None:
        return _from_commits(repository, shown, (base, revision), f"--base {base}", warnings)
    upstream = repository.user.try_run("rev-parse", "--abbrev-ref", "--symbolic-full-name", f"{revision}@{{upstream}}")
    if upstream.code or repository.user.commit_of(upstream.text) is None:
        why = upstream.err.removeprefix("fatal: ").splitlines()[:1] or [f"upstream {upstream.text} is not there"]
        raise UserError(
            f"{shown}: cannot tell where the series starts ({why[0]}); say so with --base REV "
            f"(`--base origin/master`, `--base HEAD~3`), or set one with `git branch --set-upstream-to`"
        )
    named = f"merge-base of {shown} and its upstream {upstream.text}"
    return _from_commits(repository, shown, (upstream.text, revision), named, warnings)


def _from_commits(
    repository: Repository, origin: str, ends: tuple[str, str], named: str, warnings: tuple[str, ...]
) -> Series:
    start, end = (_required_commit(repository, revision) for revision in ends)
    doubts = tuple(warning for revision in ends for warning in repository.user.doubts(revision))
    base, shas = straight_line(repository, start, end, origin)
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
        warnings=(*repository.warnings, *warnings, *doubts, *_not_a_kernel(repository, base)),
    )


def _from_mails(repository: Repository, files: Sequence[tuple[str, bytes]], origin: str, base: str | None) -> Series:
    try:
        selection = select(read_mails(files))
        sha, reason, warnings = _base_of_mails(repository, selection, base)
        stated = "" if selection.base_commit else "; the series gives no base-commit"
        applied = apply_patches(repository.private, sha, selection.patches, f"{reason}{stated}")
    except SeriesError as error:
        raise SeriesError(f"{origin}: {error}{_advice(str(error))}") from error
    mails = [mail.header if mail.header.message_id else None for mail in selection.patches]
    return Series(
        title=selection.title,
        base=read_commits(repository.private, [sha], 0)[0],
        base_reason=reason,
        commits=tuple(read_commits(repository.private, applied.shas, 1, mails)),
        git_dir=str(repository.git_dir),
        origin=origin,
        applied=True,
        base_guessed=base is None and repository.user.commit_of(selection.base_commit or "") is None,
        cover=selection.cover.header if selection.cover and selection.cover.header.message_id else None,
        warnings=(
            *repository.warnings,
            *selection.warnings,
            *warnings,
            *applied.warnings,
            *_not_a_kernel(repository, sha),
        ),
    )


def _base_of_mails(repository: Repository, selection: Selection, base: str | None) -> tuple[str, str, tuple[str, ...]]:
    """Oid, reason and warnings: --base, else the base-commit of the mails if the tree has it, else HEAD."""
    warnings = []
    if selection.prerequisites:
        count = len(selection.prerequisites)
        warnings.append(f"the series builds on {count} other patch(es) (prerequisite lines), which are not applied")
    wanted = selection.base_commit
    known = repository.user.commit_of(wanted) if wanted else None
    if base is not None:
        sha = _required_commit(repository, base)
        if known and known != sha:
            warnings.append(f"--base {base} is taken, not base-commit {wanted} of the series")
        return sha, f"--base {base}", tuple(warnings)
    if known:
        return known, "base-commit of the series", tuple(warnings)
    if wanted:
        warnings.append(f"base-commit {wanted} of the series is not in {repository.tree}; HEAD is taken instead")
    head = repository.user.commit_of("HEAD")
    if head is None:
        raise UserError(f"{repository.tree}: the repository has no commit yet, so there is nothing to apply patches on")
    missing = f", base-commit {wanted} is not there" if wanted else ""
    return head, f"HEAD of {repository.tree}{missing}", tuple(warnings)


def _advice(text: str) -> str:
    return "\nGive the commit it was made for with --base REV." if " does not apply: " in text else ""


def _required_commit(repository: Repository, revision: str) -> str:
    sha = repository.user.commit_of(revision)
    if sha is None:
        raise _unknown(repository, revision)
    return sha


def _current_branch(repository: Repository) -> str:
    name = repository.user.try_run("symbolic-ref", "--quiet", "--short", "HEAD")
    return name.text if name.code == 0 else "HEAD"


def _not_a_kernel(repository: Repository, base: str) -> tuple[str, ...]:
    names = ("Makefile", "Kbuild")
    missing = [n for n in names if repository.private.try_run("cat-file", "-e", f"{base}:{n}").code]
    return (f"{repository.tree}: no {' and no '.join(missing)} at the base: is it a kernel?",) if missing else ()


def _unknown(repository: Repository, spec: str) -> UserError:
    if _URL.match(spec) or (_MESSAGE_ID.match(spec) and "@{" not in spec):
        return UserError(
            f"{spec}: a message-id or an address, and mails are not fetched for you; b4 (`pip install b4`) does that: "
            f"`b4 mbox -o - {spec} | kmatrix run -`"
        )
    listed = repository.user.text(
        "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags"
    )
    near = difflib.get_close_matches(spec, listed.splitlines(), n=3)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    shallow = " (a shallow clone: `git fetch --unshallow` brings the rest)" if repository.shallow else ""
    return UserError(f"{spec or '(empty)'}: neither a file nor a revision of {repository.tree}{shallow}{hint}")
