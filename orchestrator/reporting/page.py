"""The report as one HTML file that needs nothing but a browser: no server, no network, no other file but the logs.

What a log says is hostile: every value is escaped by the template, and a content security policy allows exactly the
one style sheet and the one script that are part of the page.
"""

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import quote

from orchestrator.model.result import CellResult, Status
from orchestrator.model.verdict import Finding, RunReport
from orchestrator.reporting.occurrences import occurrences
from orchestrator.reporting.templates import Templates
from orchestrator.reporting.text import count, log_line, printable
from orchestrator.reporting.view import Marks, View, by_commit, depth, holes, legend, marks, symbol, view
from orchestrator.reporting.words import (
    base_text,
    finding_cells,
    group_title,
    hole_text,
    place,
    reason,
    row_name,
    trouble,
    unset_text,
    verdict_text,
)

FINDINGS_PER_COMMIT = 500
PREEXISTING = 300
PLACES = 100
EXCERPT_LINES = 200


@dataclass(frozen=True, slots=True)
class _Page:
    """A report with the name each finding has in this page; ids come from files and are no good as anchors."""

    seen: View
    anchors: dict[str, str]


def page(report: RunReport, templates: Templates) -> str:
    """The whole page. Links to logs are the paths in the results, relative to where the page will lie."""
    seen = view(report)
    anchors = {finding.id: f"f{number}" for number, finding in enumerate((*report.findings, *report.preexisting), 1)}
    this = _Page(seen, anchors)
    style, script = templates.raw("page.css"), templates.raw("page.js")
    symbols = frozenset(symbol(marks(seen, index, name)) for index in range(seen.last + 1) for name in seen.names)
    return templates.render(
        "page.html.j2",
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}",
        report=report,
        title=printable(report.series.title) or "(untitled series)",
        verdict=verdict_text(seen),
        base=printable(f"{report.series.base.sha[:12]} {report.series.base.subject}"),
        base_reason=printable(report.series.base_reason),
        duration=_duration(report.seconds),
        warnings=[printable(text) for text in dict.fromkeys((*report.warnings, *report.series.warnings))],
        cells=[_cell(this, position) for position in range(len(seen.names))],
        rows=[_row(this, index) for index in range(seen.last + 1)],
        legend=legend(symbols),
        groups=[_group(this, key, group) for key, group in by_commit(report)],
        holes=[hole_text(seen, hole) for hole in holes(seen)],
        base_note=base_text(seen),
        preexisting=[_finding(this, finding, 0) for finding in report.preexisting[:PREEXISTING]],
        preexisting_left=len(report.preexisting[PREEXISTING:]),
        trouble=trouble(seen),
        unset=unset_text(seen),
    )


def _source(text: str) -> str:
    """The policy's name for an inline style or script with this very text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _cell(this: _Page, position: int) -> dict[str, object]:
    facts = this.seen.report.targets[position]
    return {
        "name": printable(facts.target.name),
        "parts": [printable(part) for part in (facts.target.arch, facts.target.config.name, facts.target.compiler)],
        "compiler_version": printable(facts.compiler_version),
        "image_id": printable(facts.image_id),
        "builds": printable(" ".join([*(f"{n}={v}" for n, v in facts.target.make_vars), *facts.target.make_targets])),
    }


def _row(this: _Page, index: int) -> dict[str, object]:
    commit = this.seen.commit(index)
    return {
        "name": row_name(index),
        "subject": printable(commit.subject),
        "sha": printable(commit.sha),
        "author": printable(commit.author),
        "squares": [_square(this, index, name) for name in this.seen.names],
    }


def _square(this: _Page, index: int, name: str) -> dict[str, object]:
    result, mark = this.seen.result(index, name), marks(this.seen, index, name)
    delta = this.seen.delta(index, name)
    linked = [finding for finding in (*delta.introduced, *delta.fixed) if finding in this.anchors]
    log = quote(result.log.encode("utf-8", "replace"), safe="/")
    return {
        "text": symbol(mark),
        "kind": _kind(mark),
        "masked": mark.masked,
        "label": f"{row_name(index)}, {printable(name)}: {_words(result, mark)}",
        "href": f"#{this.anchors[linked[0]]}" if linked else "",
        "log": log,
    }


def _kind(mark: Marks) -> str:
    """The square's style class: what the patch did, else what it found."""
    if mark.status in (Status.UNKNOWN, Status.NOT_RUN):
        return str(mark.status)
    if mark.errors:
        return "new-errors"
    if mark.status is Status.ERRORS:
        return "errors"
    if mark.warnings:
        return "new-warnings"
    if mark.fixed_errors or mark.fixed_warnings:
        return "fixed"
    return str(mark.status)


def _words(result: CellResult, mark: Marks) -> str:
    """The square for a tooltip and a screen reader."""
    if mark.status in (Status.UNKNOWN, Status.NOT_RUN):
        return f"{mark.status}, {reason(result)}"
    parts = [str(mark.status)]
    parts += [f"introduced {count(number, noun)}" for number, noun in _numbers(mark.errors, mark.warnings)]
    parts += [f"introduced {mark.exempt} exempt by policy"] if mark.exempt else []
    parts += [f"fixed {count(number, noun)}" for number, noun in _numbers(mark.fixed_errors, mark.fixed_warnings)]
    if mark.masked:
        hidden = len(result.state.masked)
        parts.append(f"{count(hidden, 'object')} could not be tried" if hidden else "partly masked")
    parts.append(f"{result.origin}, {result.seconds:.0f} s")
    if result.log_cut:
        parts.append("log cut at the size limit")
    return "; ".join(parts)


def _numbers(errors: int, warnings: int) -> list[tuple[int, str]]:
    return [(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number]


def _group(this: _Page, key: tuple[int, ...], group: tuple[Finding, ...]) -> dict[str, object]:
    shown = group[:FINDINGS_PER_COMMIT]
    return {
        "title": group_title(this.seen, key),
        "findings": [_finding(this, finding, depth(finding, group)) for finding in shown],
        "left": len(group) - len(shown),
    }


def _finding(this: _Page, finding: Finding, level: int) -> dict[str, object]:
    sample = finding.sample
    root = finding.root_cause if finding.root_cause != finding.id else None
    return {
        "anchor": this.anchors[finding.id],
        "level": level,
        "severity": str(sample.severity),
        "kind": printable(sample.kind),
        "place": place(finding),
        "message": printable(sample.message),
        "flag": printable(sample.flag or ""),
        "function": printable(sample.function or ""),
        "cells": finding_cells(this.seen, finding),
        "names": [printable(name) for name in finding.targets],
        "occurrences": finding.occurrences,
        "fixed_by": finding.fixed_by,
        "root": this.anchors.get(root or "", ""),
        "exempt": not finding.counts and finding.seen_at > 0,
        "touches": finding.touches or "",
        "excerpt": [(line == sample.raw, log_line(line)) for line in (sample.excerpt or (sample.raw,))[:EXCERPT_LINES]],
        "places": _places(this, finding),
    }


def _places(this: _Page, finding: Finding) -> list[str]:
    """The distinct lines of the finding in the first cell that shows it, if there are several."""
    if finding.occurrences < 2 or not finding.targets:
        return []
    lines = [log_line(found.diagnostic.raw) for found in occurrences(this.seen, finding, finding.targets[0])]
    return lines[:PLACES] if len(lines) > 1 else []
