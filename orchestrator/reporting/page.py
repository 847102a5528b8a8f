"""The report as one HTML file that needs nothing but a browser: no server, no network, no other file but the logs.

What a log says is hostile: every value is escaped by the template, the script makes text of what it shows, and a
content security policy allows exactly the one style sheet and the one script that are part of the page.
"""

import base64
import hashlib
import shlex
from collections.abc import Mapping

from orchestrator.model.verdict import RunReport
from orchestrator.reporting.charts import charts, duration
from orchestrator.reporting.page_findings import PREEXISTING, FindingBoxes
from orchestrator.reporting.page_squares import data, rows
from orchestrator.reporting.reproduce import BuildLines, make_lines
from orchestrator.reporting.templates import Templates
from orchestrator.reporting.text import printable
from orchestrator.reporting.view import View, holes, is_error, legend, view
from orchestrator.reporting.words import base_text, hole_text, missing, row_name, trouble, unset_text, verdict_text

MANY_CELLS = 8  # more columns than these get heads that stand upright


def page(report: RunReport, templates: Templates, lines: Mapping[str, BuildLines]) -> str:
    """The whole page. Links to logs are the paths in the results, relative to where the page will lie.

    `lines` are the build of each target by its name; a cell without one is shown without make lines.
    """
    seen = view(report)
    ids = dict.fromkeys(finding.id for finding in (*report.findings, *report.preexisting))
    anchors = {name: number for number, name in enumerate(ids, 1)}
    boxes = FindingBoxes(seen, anchors)
    style, script = templates.raw("page.css"), templates.raw("page.js")
    squares = rows(seen)
    signs = frozenset(sign for row in squares for _, sign in row)
    make = {name: make_lines(lines[name]) for name in seen.names if name in lines}
    return templates.render(
        "page.html.j2",
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}",
        report=report,
        title=printable(report.series.title) or "(untitled series)",
        verdict=verdict_text(seen),
        counts=_counts(seen),
        base=printable(f"{report.series.base.sha[:12]} {report.series.base.subject}"),
        base_reason=printable(report.series.base_reason),
        duration=duration(report.seconds),
        warnings=[printable(text) for text in dict.fromkeys((*report.warnings, *report.series.warnings))],
        cells=[_cell(seen, position) for position in range(len(seen.names))],
        many=len(seen.names) > MANY_CELLS,
        rows=[_row(seen, index, squares[index]) for index in range(seen.last + 1)],
        signs=_room(signs),
        legend=legend(signs),
        charts=charts(seen),
        groups=boxes.groups(),
        holes=[hole_text(seen, hole) for hole in holes(seen)],
        base_note=base_text(seen),
        preexisting=boxes.preexisting(),
        preexisting_left=len(report.preexisting[PREEXISTING:]),
        trouble=trouble(seen),
        unset=unset_text(seen),
        data=data(seen, anchors, make, [_git_lines(seen, index) for index in range(seen.last + 1)]),
        run=printable(report.run),
        started=printable(report.started),
        version=printable(report.tool_version),
    )


def _room(signs: frozenset[str]) -> str:
    """The style class of squares that the longest word of a sign fits in; two words stand on two lines."""
    longest = max((len(word) for sign in signs for word in sign.split()), default=0)
    return "short" if longest <= 3 else "mid" if longest <= 5 else "long"


def _source(text: str) -> str:
    """The policy's name for an inline style or script with this very text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _counts(seen: View) -> list[tuple[str, int, str]]:
    """(style class, number, what of) for the top of the page."""
    counting = [finding for finding in seen.report.findings if finding.counts]
    errors = sum(is_error(finding) for finding in counting)
    fixed = sum(finding.fixed_by is not None for finding in (*seen.report.findings, *seen.report.preexisting))
    every = (
        ("error", errors, "new errors"),
        ("warning", len(counting) - errors, "new warnings"),
        ("fixed", fixed, "fixed on the way"),
        ("exempt", len(seen.report.findings) - len(counting), "that do not count"),
        ("unknown", missing(seen), "squares without a result"),
    )
    return [("", seen.last, "patches"), ("", len(seen.names), "cells"), *(each for each in every if each[1])]


def _cell(seen: View, position: int) -> dict[str, object]:
    facts = seen.report.targets[position]
    return {
        "name": printable(facts.target.name),
        "parts": [printable(part) for part in (facts.target.arch, facts.target.config.name, facts.target.compiler)],
        "compiler_version": printable(facts.compiler_version),
        "image_id": printable(facts.image_id),
        "builds": printable(" ".join([*(f"{n}={v}" for n, v in facts.target.make_vars), *facts.target.make_targets])),
    }


def _row(seen: View, index: int, squares: list[tuple[str, str]]) -> dict[str, object]:
    commit = seen.commit(index)
    return {
        "name": row_name(index),
        "subject": printable(commit.subject),
        "sha": printable(commit.sha),
        "author": printable(commit.author),
        "squares": squares,
    }


def _git_lines(seen: View, index: int) -> list[str]:
    """How a person gets the tree of a commit: a posted patch is not in their repository under our sha."""
    commit = seen.commit(index)
    if not commit.mail:
        return [f"git checkout --detach {shlex.quote(printable(commit.sha))}"]
    base = shlex.quote(printable(seen.report.series.base.sha))
    message_id = shlex.quote(printable(commit.mail.message_id))
    return [f"git checkout --detach {base}", f"b4 shazam -P 1-{index} {message_id}"]
