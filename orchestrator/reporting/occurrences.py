"""Which diagnostics of a square are a finding's, and which of those are new there."""

from dataclasses import dataclass

from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.verdict import Finding
from orchestrator.reporting.export import in_log_order
from orchestrator.reporting.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One raw line of a finding in a square; `objects` are those that printed this very line, in log order."""

    diagnostic: Diagnostic
    objects: tuple[str, ...]
    new: bool = True


def occurrences(seen: View, finding: Finding, target: str) -> tuple[Occurrence, ...]:
    """The distinct lines of `finding` where it was first seen, in log order; its sample if the square lost them.

    Newness is counted, for a line that only moved is old (DESIGN D3): as many are new as there are more of them than
    at the commit before. Those that stood there before, word for word, are the old ones; then those lines that the
    patch does not touch.
    """
    here = _matching(seen, finding, finding.seen_at, target) or (finding.sample,)
    before = _matching(seen, finding, finding.seen_at - 1, target) if finding.seen_at else ()
    lines: dict[str, list[Diagnostic]] = {}
    for diagnostic in here:
        lines.setdefault(diagnostic.raw, []).append(diagnostic)
    old = {diagnostic.raw for diagnostic in before}
    touched = _touched_lines(seen, finding)
    candidates = sorted(lines, key=lambda raw: (raw in old, (lines[raw][0].file, lines[raw][0].line) not in touched))
    new = set(candidates[: max(len(lines) - len(old), 1)])
    return tuple(
        Occurrence(
            diagnostic=group[0],
            objects=tuple(dict.fromkeys(diagnostic.object for diagnostic in group)),
            new=raw in new,
        )
        for raw, group in lines.items()
    )


def standing(seen: View, finding: Finding, commit: int, target: str) -> Diagnostic:
    """`finding` as it stands in a later square: its line may have moved since; its sample if it is not there."""
    return next(iter(_matching(seen, finding, commit, target)), finding.sample)


def _matching(seen: View, finding: Finding, commit: int, target: str) -> tuple[Diagnostic, ...]:
    """The same words of the same tool if the square has them; else another compiler's words for the same mistake."""
    present = [
        diagnostic
        for diagnostic in in_log_order(seen.result(commit, target).state.present)
        if diagnostic.severity is finding.sample.severity
    ]
    for fingerprint in (seen.prints.exact, seen.prints.neutral):
        wanted = fingerprint(finding.sample)
        found = tuple(diagnostic for diagnostic in present if fingerprint(diagnostic) == wanted)
        if found:
            return found
    return ()


def _touched_lines(seen: View, finding: Finding) -> frozenset[tuple[str | None, int | None]]:
    return frozenset(
        (file.path, line)
        for file in seen.commit(finding.seen_at).touched
        for first, last in file.lines
        for line in range(first, min(last, first + 5000) + 1)
    )
