"""A series that does not apply: what is said then."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.model.series import Candidate
from orchestrator.series.apply import Attempt
from orchestrator.series.git import Git
from orchestrator.series.refs import Ref
from orchestrator.series.rejects import explain, failed_hunks, is_damaged

_MOST_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """What failed on the commit `base`, called `name`; `first` patches come before the series' own `total`."""

    base: str
    name: str
    first: int
    total: int
    attempt: Attempt

    @property
    def applied(self) -> int:
        """How many patches of the series applied."""
        return max(0, len(self.attempt.changes) - self.first)


def refusal(git: Git, best: Misfit, tried: Sequence[Candidate], refs: Sequence[Ref], stated: str) -> str:
    """Whole lines: patch, file and hunk beside what is there, then where else it was tried, and what to do.

    `git` is the user's repository, `tried` are the candidates and `stated` what is known of the base otherwise.
    """
    failure = best.attempt.failure
    assert failure is not None
    errors, text = failure.errors, failure.letter.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    lines = [_headline(best), explain(errors, text, failure.files, failure.hints)]
    lines.append(f"It was tried on {_on_top(best)}{best.base[:12]} ({best.name}).")
    if is_damaged(errors):
        return "\n".join(lines)
    lines += [f"  {hint}" for hint in _elsewhere(git, best, refs)]
    lines += [stated] if stated else []
    if best.name in {candidate.ref for candidate in tried}:
        lines.append(f"best candidate: {best.name}, patches that apply: {best.applied} of {best.total}")
    applies = [candidate for candidate in tried if candidate.applies]
    if applies:
        lines.append(f"applies to: {', '.join(f'{c.ref} ({c.sha[:12]})' for c in applies[:_MOST_SHOWN])}")
    cannot = [f"{c.ref} ({c.failure})" for c in tried if not c.applies]
    if cannot:
        more = f", and {len(cannot) - _MOST_SHOWN} more" if len(cannot) > _MOST_SHOWN else ""
        lines.append(f"cannot apply to: {', '.join(cannot[:_MOST_SHOWN])}{more}")
    advice = f"--base {applies[0].ref}" if applies else "--base REV, or name more refs to try with --candidate REF"
    return "\n".join((*lines, f"Give the commit it was made for with {advice}."))


def _headline(best: Misfit) -> str:
    failure = best.attempt.failure
    assert failure is not None
    number = failure.number - best.first
    who = f"patch {number} of {best.total}" if number > 0 else f"prerequisite patch {failure.number} of {best.first}"
    return f"{who} does not apply: {failure.letter.subject}"


def _on_top(best: Misfit) -> str:
    if best.applied == 0:
        return ""
    return "top of patch 1 on " if best.applied == 1 else f"top of patches 1 to {best.applied} on "


def _elsewhere(git: Git, best: Misfit, refs: Sequence[Ref]) -> list[str]:
    """Candidates that have the lines which a hunk misses, and the commit that brought them: a prerequisite?"""
    failure = best.attempt.failure
    assert failure is not None
    text = failure.letter.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    hints = []
    for hunk in failed_hunks(failure.errors, text)[:2]:
        here = set(failure.files.get(hunk.path) or ())
        absent = [line for line in hunk.old if line not in here and len(line.strip()) > 3]
        for ref in refs:
            found = git.try_run("cat-file", "blob", f"{ref.sha}:{hunk.path}")
            if ref.sha == best.base or found.code or not _contains(found.text.split("\n"), hunk.old):
                continue
            lost = max(absent, key=len) if absent else ""
            hints.append(f"{ref.name} has these lines of {hunk.path}{_since(git, best.base, ref, hunk.path, lost)}")
            break
    return hints


def _since(git: Git, base: str, ref: Ref, path: str, line: str) -> str:
    search = (f"-S{line}",) if line else ()
    layout = ("--no-merges", "-1", '--format=%h ("%s")')
    found = git.try_run("log", *layout, *search, f"{base}..{ref.sha}", "--", path)
    return f", since {found.text}: a prerequisite?" if not found.code and found.text else ""


def _contains(lines: Sequence[str], wanted: Sequence[str]) -> bool:
    size = len(wanted)
    return any(tuple(lines[at : at + size]) == tuple(wanted) for at in range(len(lines) - size + 1))
