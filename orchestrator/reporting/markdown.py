"""The report as Markdown (for a merge request, a CI step, a wiki) and its table as an HTML fragment.

Foreign text stands in code spans: nothing in one is markup, a link, an image or the name of a user (CommonMark 6.1).
"""

import re

from orchestrator.model.verdict import Finding, RunReport
from orchestrator.reporting import tabular
from orchestrator.reporting.text import printable
from orchestrator.reporting.view import View, by_commit, legend, marks, symbol, view
from orchestrator.reporting.words import base_text, finding_cells, hole_text, place, row_name, trouble, verdict_text
from orchestrator.reporting.view import holes  # noqa: E402

FINDINGS = 100
LINES = 50  # of each list of notes
LONGEST = 400


def markdown(report: RunReport) -> str:
    """Verdict, table, findings by commit, notes; ends in a line break."""
    seen = view(report)
    series = report.series
    base = f"on {code(f'{series.base.sha[:12]} {series.base.subject}')}"
    parts = [
        f"## kmatrix: {code(series.title or '(untitled series)')}",
        f"**{code(verdict_text(seen))}**",
        base + (f" ({code(series.base_reason)})" if series.base_reason else ""),
        _table(seen),
        _legend(seen),
        *_findings(seen),
        _notes(seen),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def html_table(report: RunReport) -> str:
    """Commit x cell as a table element, escaped; for what takes HTML but no whole page."""
    seen = view(report)
    return tabular.html(["", *map(printable, seen.names), "patch"], _rows(seen, str))


def code(text: str) -> str:
    """Foreign text as a code span on one line; a blank one if there is nothing to show."""
    text = printable(text)[:LONGEST].strip() or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _in_table(text: str) -> str:
    """A code span in a table: GFM reads the bar before it reads code."""
    return code(text.replace("\\", "\\\\") if text.endswith("\\") else text).replace("|", "\\|")


def _table(seen: View) -> str:
    return tabular.markdown(["", *map(_in_table, seen.names), "patch"], _rows(seen, _in_table))


def _rows(seen: View, write: type[str] | object) -> list[list[str]]:
    assert callable(write)
    return [
        [
            row_name(commit.index),
            *(symbol(marks(seen, commit.index, name)) for name in seen.names),
            write(printable(commit.subject)),
        ]
        for commit in seen.report.series.all
    ]
