"""The base that is said: by the user, by a trailer, by patches wanted first, or by the cover letter."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.model.series import Candidate
from orchestrator.series.letters import Letter, letters_of_commits
from orchestrator.series.options import STRICT, Leniency, SeriesOptions
from orchestrator.series.prerequisites import find_patch_ids, line_on_top
from orchestrator.series.ranges import unknown_revision
from orchestrator.series.refs import Ref
from orchestrator.series.repository import Repository
from orchestrator.series.statements import Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The patches of a series, those the user gave to be applied before them, and what is known of the base.

    `sent` is when the first was sent, in seconds, 0 if unknown.
    """

    repository: Repository
    letters: tuple[Letter, ...]
    given: tuple[Letter, ...]
    statements: Statements
    options: SeriesOptions
    sent: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The commit, its `name` in a few words, why it, and patches (`first`) that go on it before those of the series.

    `guessed`: neither the user nor the series named it.
    `leniency` is what it took to apply all, `bent` says where.
    """

    sha: str
    name: str
    reason: str
    guessed: bool = False
    first: tuple[Letter, ...] = ()
    leniency: Leniency = STRICT
    bent: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    warnings: tuple[str, ...] = ()


def stated_base(question: Question, refs: Sequence[Ref]) -> tuple[Base | None, tuple[str, ...]]:
    """The base that the user or the mails state, if the repository has it, and what is doubtful."""
    git, statements = question.repository.user, question.statements
    stated = git.commit_of(statements.base_commit) if statements.base_commit else None
    warnings: list[str] = []
    if question.options.base is not None:
        named = _required(question.repository, question.options.base)
        if stated and stated != named:
            warnings.append(f"--base {question.options.base} is taken, not base-commit {statements.base_commit}")
        if statements.patch_ids and not question.given:
            warnings.append(
                f"the series builds on {len(statements.patch_ids)} other patch(es) (prerequisite lines), which are "
                "not applied: --base must have them, or --prerequisite give them"
            )
        return _base(named, f"--base {question.options.base}"), tuple(warnings)
    if statements.base_commit and not stated:
        warnings.append(f"base-commit {statements.base_commit} of the series is not in {question.repository.tree}")
    warnings += _unseen(question)
    base, more = _with_prerequisites(question, refs, stated)
    warnings += more
    if base:
        return base, tuple(warnings)
    for name in statements.based_on:
        if sha := git.commit_of(name):
            return _base(sha, f"the series says that it is based on {name}"), tuple(warnings)
        warnings.append(f"the series says that it is based on {name}, which is not in {question.repository.tree}")
    return None, tuple(warnings)


def _unseen(question: Question) -> list[str]:
    """Prerequisites that are named in a way that no branch can be asked for."""
    named = (*question.statements.message_ids, *question.statements.change_ids)
    if not named or question.given:
        return []
    return [f"the series builds on other mails, which are not applied: {', '.join(named[:5])}; --prerequisite adds one"]


def _with_prerequisites(
    question: Question, refs: Sequence[Ref], stated: str | None
) -> tuple[Base | None, tuple[str, ...]]:
    """The base-commit with the patches wanted first, or the newest of these alone."""
    git, ids = question.repository.user, question.statements.patch_ids
    plain = _base(stated, "base-commit of the series") if stated else None
    if not ids:
        return plain, ()
    found = find_patch_ids(git, ids, refs, stated)
    commits = list(found.commits.values())
    warnings = (_not_found(found.missing, len(ids)),) if found.missing and not question.given else ()
    if not commits:
        return plain, warnings
    last = git.text("log", "-1", "--format=%h (%s)", commits[-1])
    shown = f"{len(commits)} prerequisite patch(es) found by patch-id, up to {last}"
    if stated is None:
        if found.missing or any(git.try_run("merge-base", "--is-ancestor", sha, commits[-1]).code for sha in commits):
            return None, warnings
        return _base(commits[-1], shown), warnings
    both = f"base-commit of the series, and {shown}"
    if tip := line_on_top(git, stated, commits):
        return _base(tip, both), warnings
    return replace(_base(stated, both), first=letters_of_commits(git, commits)), warnings


def _not_found(missing: Sequence[str], total: int) -> str:
    more = ", ..." if len(missing) > 3 else ""
    return (
        f"{len(missing)} of {total} prerequisite patch(es) are on no branch here, and not applied: "
        f"{', '.join(missing[:3])}{more}; --prerequisite gives them"
    )


def _base(sha: str, reason: str) -> Base:
    return Base(sha=sha, name=reason, reason=reason)


def _required(repository: Repository, revision: str) -> str:
    sha = repository.user.commit_of(revision)
    if sha is None:
        raise unknown_revision(repository, revision)
    return sha
