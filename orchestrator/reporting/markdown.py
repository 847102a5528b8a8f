"""The report as Markdown (for a merge request, a CI step, a wiki) and its table as an HTML fragment.

Foreign text stands in code spans: nothing in one is markup, a link, an image or the name of a user (CommonMark 6.1).
"""

import re

from orchestrator.model.verdict import Finding, RunReport
from orchestrator.reporting import tabular
from orchestrator.reporting.text import printable
from orchestrator.reporting.view import View, by_commit, depth, holes, legend, marks, symbol, view
from orchestrator.reporting.words import (
    base_text,
    finding_cells,
    headline,
    hole_text,
    row_name,
    trouble,
    unset_text,
    verdict_text,
)

FINDINGS_PER_COMMIT = 20
LINES = 50  # of notes
LONGEST = 400  # characters of one piece of foreign text


def markdown(report: RunReport) -> str:
    """Verdict, table, findings by commit, notes; ends in a line break."""
    seen = view(report)
    series = report.series
    why = f" ({code(series.base_reason)})" if series.base_reason else ""
    parts = (
        f"## kmatrix: {code(series.title or '(untitled series)')}",
        f"**Verdict:** {verdict_text(seen)}",
        f"on {code(f'{series.base.sha[:12]} {series.base.subject}')}{why}",
        _table(seen),
        _legend(seen),
        *(_group(seen, key, group) for key, group in by_commit(report)),
        _notes(seen),
    )
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def html_table(report: RunReport) -> str:
    """Commit x cell as a table element, escaped: for what takes HTML but no whole page."""
    seen = view(report)
    return tabular.html(["", *map(printable, seen.names), "patch"], _rows(seen))


def code(text: str) -> str:
    """Foreign text as a code span on one line; a blank one if there is nothing to show."""
    text = printable(text)[:LONGEST].strip() or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _in_table(text: str) -> str:
    """A code span in a table: there a bar ends the cell even in code, unless a backslash stands before it (GFM 4.10).

    A backslash of the text's own before a bar would undo that: such a bar is shown broken.
    """
    return code(text.replace("\\|", "\\\u00a6")).replace("|", "\\|")


def _table(seen: View) -> str:
    rows = [[*row[:-1], _in_table(row[-1])] for row in _rows(seen)]
    return tabular.markdown(["", *map(_in_table, seen.names), "patch"], rows)


def _rows(seen: View) -> list[list[str]]:
    return [
        [
            row_name(commit.index),
            *(symbol(marks(seen, commit.index, name)) for name in seen.names),
            printable(commit.subject),
        ]
        for commit in seen.report.series.all
    ]


def _legend(seen: View) -> str:
    signs = frozenset(symbol(marks(seen, index, name)) for index in range(seen.last + 1) for name in seen.names)
    return "; ".join(f"`{sign}` {meaning}" for sign, meaning in legend(signs))


def _group(seen: View, key: tuple[int, ...], group: tuple[Finding, ...]) -> str:
    who = f"{row_name(key[0])} {code(seen.commit(key[0]).subject)}" if len(key) == 1 else _one_of(key)
    lines = [f"### Introduced by {who}", ""]
    for finding in group[:FINDINGS_PER_COMMIT]:
        facts = [code(finding_cells(seen, finding))]
        facts += ["follows from the above"] if depth(finding, group) else []
        facts += [f"fixed by {finding.fixed_by}"] if finding.fixed_by is not None else []
        facts += [] if finding.counts else ["exempt by policy, does not count"]
        lines.append(f"{'  ' * depth(finding, group)}- {code(headline(finding))} {'; '.join(facts)}")
    if len(group) > FINDINGS_PER_COMMIT:
        lines.append(f"- and {len(group) - FINDINGS_PER_COMMIT} more")
    return "\n".join(lines)


def _one_of(key: tuple[int, ...]) -> str:
    return f"one of {', '.join(map(row_name, key))}: what lies between could not be built"


def _notes(seen: View) -> str:
    warnings = dict.fromkeys((*seen.report.warnings, *seen.report.series.warnings))
    notes = [
        *(f"warning: {text}" for text in warnings),
        *(hole_text(seen, hole) for hole in holes(seen)),
        *filter(None, (base_text(seen),)),
        *(f"{where}: {why}" for where, why in trouble(seen)),
        *unset_text(seen),
    ]
    lines = [f"- {code(note)}" for note in notes[:LINES]]
    if len(notes) > LINES:
        lines.append(f"- and {len(notes) - LINES} more")
    return "\n".join(["### To know", "", *lines]) if lines else ""
