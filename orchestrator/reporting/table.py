"""The report for a terminal: commit x cell, then the findings, then the verdict in one line."""

from orchestrator.model.verdict import Finding, RunReport
from orchestrator.reporting.matrix import matrix
from orchestrator.reporting.sheet import RED, YELLOW, Sheet
from orchestrator.reporting.text import printable, shorten
from orchestrator.reporting.view import View, by_commit, depth, holes, is_error, view
from orchestrator.reporting.words import (
    additions,
    base_text,
    bases,
    finding_cells,
    gap_text,
    group_title,
    headline,
    hole_text,
    size_text,
    trouble,
    unset_text,
    verdict_parts,
)

NARROWEST = 40
FINDINGS_PER_COMMIT = 10
TROUBLE_LINES = 20


def table(report: RunReport, *, width: int = 80, colour: bool = False, ascii_only: bool = True) -> str:
    """The whole report as text that ends in a line break; no line of it is wider than `width` (at least 40).

    The last line is the verdict. `ascii_only`: signs are letters, else `\u2713`, `\u2717` and `\u00b7`.
    """
    sheet = Sheet(max(width, NARROWEST), colour, ascii_only)
    seen = view(report)
    sections = (
        _heading(seen, sheet),
        *matrix(seen, sheet),
        *(_finding_section(seen, key, group, sheet) for key, group in by_commit(report)),
        _notes(seen, sheet),
        [*sheet.wrap("; ".join(filter(None, (size_text(seen), gap_text(seen))))), _verdict(seen, sheet)],
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _heading(seen: View, sheet: Sheet) -> list[str]:
    series = seen.report.series
    why = f" ({printable(series.base_reason)})" if series.base_reason else ""
    base = f"on {series.base.sha[:12]} {printable(series.base.subject)}{why}"
    warnings = dict.fromkeys((*seen.report.warnings, *series.warnings))
    return [
        *sheet.bold(printable(series.title) or "(untitled series)"),
        *sheet.wrap(base),
        *(line for text in (*bases(series), *additions(series)) for line in sheet.wrap(text)),
        *(line for text in warnings for line in sheet.wrap(f"warning: {printable(text)}")),
    ]


def _finding_section(seen: View, key: tuple[int, ...], group: tuple[Finding, ...], sheet: Sheet) -> list[str]:
    shown = group[:FINDINGS_PER_COMMIT]
    lines = sheet.bold(group_title(seen, key))
    for finding in shown:
        lines += _finding(seen, finding, depth(finding, group), sheet)
    if len(group) > len(shown):
        lines.append(f"  (+{len(group) - len(shown)} more in report.html)")
    return lines


def _finding(seen: View, finding: Finding, level: int, sheet: Sheet) -> list[str]:
    indent = "  " + "  " * level
    lines = sheet.wrap(headline(finding), indent, "    ")
    severity = str(finding.sample.severity)
    code = RED if is_error(finding) else YELLOW
    coloured = [line.replace(f" {severity}: ", f" {sheet.paint(severity, code)}: ", 1) for line in lines]
    facts = [finding_cells(seen, finding)]
    if finding.occurrences > 1:
        facts.append(f"{finding.occurrences} places")
    if level:
        facts.append("follows from the above")
    elif finding.root_cause and finding.root_cause != finding.id and finding.root_cause in seen.findings:
        facts.append(f"follows from {headline(seen.findings[finding.root_cause], flag=False)}")
    if finding.touches == "line":
        facts.append("on a line this patch touches")
    if finding.fixed_by is not None:
        facts.append(f"fixed by {finding.fixed_by}")
    if not finding.counts:
        facts.append("exempt by policy, does not count")
    return [*coloured, *sheet.wrap("; ".join(facts), indent + "    ", "")]


def _verdict(seen: View, sheet: Sheet) -> str:
    """One line, whatever the width: what does not fit is left out, the least important first."""
    parts = verdict_parts(seen)
    lines = [f"Verdict: {''.join(parts[:number])}" for number in range(len(parts), 0, -1)]
    fitting = next((line for line in lines if len(line) <= sheet.columns), shorten(lines[-1], sheet.columns))
    return sheet.bold(fitting)[0]


def _notes(seen: View, sheet: Sheet) -> list[str]:
    """What is not a finding but must be known: holes, the base's own, squares without a result."""
    texts = [hole_text(seen, hole) for hole in holes(seen)]
    texts.append(base_text(seen))
    lost = [f"? {where}: {why}" for where, why in trouble(seen)]
    texts += lost[:TROUBLE_LINES]
    if len(lost) > TROUBLE_LINES:
        texts.append(f"(+{len(lost) - TROUBLE_LINES} more in report.html)")
    texts += unset_text(seen)
    return [line for text in texts if text for line in sheet.wrap(text)]
