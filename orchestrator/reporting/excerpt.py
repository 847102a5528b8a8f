"""The block of a mail that shows what the compiler said, laid out as the kernel test robot does.

`>> ` stands before the line of every new occurrence, three blanks before any other line, so that lld's own
`>>> referenced by` cannot be taken for a mark; `--` stands between translation units.
"""

from dataclasses import dataclass

from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.verdict import Finding
from orchestrator.reporting.letters import LONGEST_LINE
from orchestrator.reporting.occurrences import Occurrence, occurrences, standing
from orchestrator.reporting.text import cut_bytes, log_line
from orchestrator.reporting.view import View, in_order

UNITS = 10  # the robot's own limit, measured; beyond it only the marked lines
EXCERPT_LINES = 40
BLOCK_LINES = 400
KCONFIG = 3

MARK = ">> "
PLAIN = "   "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    finding: Finding
    occurrence: Occurrence


def block(seen: View, findings: tuple[Finding, ...], target: str) -> tuple[str, ...]:
    """The lines that show `findings` in the cell `target`, root causes first, not longer than BLOCK_LINES or so."""
    shown = [
        _Shown(finding=finding, occurrence=occurrence)
        for finding in in_order(findings)
        for occurrence in occurrences(seen, finding, target)
    ]
    marked = {item.occurrence.diagnostic.raw for item in shown if item.occurrence.new}
    lines: list[str] = []
    told = {finding.id for finding in findings}
    units, left, unit = 0, 0, ""
    for item in shown:
        if len(lines) > BLOCK_LINES:
            left += 1
            continue
        diagnostic = item.occurrence.diagnostic
        if lines and (diagnostic.object != unit or units >= UNITS):
            lines += ["--"] if units < UNITS else []
        units += diagnostic.object != unit or not lines
        unit = diagnostic.object
        root = item.finding.root_cause
        if root and root not in told and root in seen.findings:
            told.add(root)
            lines += _lines(standing(seen, seen.findings[root], item.finding.seen_at, target), marked, whole=True)
        lines += _lines(diagnostic, marked, whole=units <= UNITS)
        lines += _repeats(item.occurrence)
    if left:
        lines += [f"(and {left} more of the same findings; the build log has them all)"]
    return tuple(cut_bytes(line, LONGEST_LINE) for line in lines)


def kconfig(seen: View, findings: tuple[Finding, ...], target: str) -> tuple[str, ...]:
    """What Kconfig complained of in the same build and nobody is blamed for: it may explain an odd configuration."""
    commit = findings[0].seen_at
    new = {seen.prints.exact(finding.sample) for finding in findings}
    others = [
        diagnostic
        for diagnostic in seen.result(commit, target).state.present
        if diagnostic.kind == "kconfig" and seen.prints.exact(diagnostic) not in new
    ]
    lines = [line for diagnostic in others[:KCONFIG] for line in _lines(diagnostic, set(), whole=True)]
    return tuple(cut_bytes(line, LONGEST_LINE) for line in lines)


def _lines(diagnostic: Diagnostic, marked: set[str], *, whole: bool) -> list[str]:
    """The excerpt with its marks; only the line itself if not `whole`."""
    excerpt = diagnostic.excerpt if whole and diagnostic.raw in diagnostic.excerpt else (diagnostic.raw,)
    if len(excerpt) > EXCERPT_LINES:
        place = excerpt.index(diagnostic.raw)
        start = max(0, min(place - EXCERPT_LINES // 2, len(excerpt) - EXCERPT_LINES))
        excerpt = excerpt[start : start + EXCERPT_LINES]
    return [((MARK if line in marked else PLAIN) + log_line(line)).rstrip() for line in excerpt]


def _repeats(occurrence: Occurrence) -> list[str]:
    others = occurrence.objects[1:]
    if not others:
        return []
    names = ", ".join(log_line(name) for name in others[:3] if name)
    more = ", ..." if len(others) > 3 else ""
    return [f"{PLAIN}(the same in {len(others)} more: {names}{more})"]
