"""The findings of the page, as what its template wants; bounded, whatever a log says and however often."""

from collections.abc import Mapping
from urllib.parse import quote

from orchestrator.model.verdict import Finding
from orchestrator.reporting.occurrences import occurrences
from orchestrator.reporting.text import cut_bytes, log_line, printable
from orchestrator.reporting.view import View, by_commit, depth
from orchestrator.reporting.words import finding_cells, group_title, place, row_name

FINDINGS = 3000
FINDINGS_PER_COMMIT = 500
PREEXISTING = 300
PLACES = 50
EXCERPT_LINES = 60
MESSAGE_BYTES = 1000
EXCERPTS_BYTES = 1_500_000  # of the whole page; the logs have the rest


class FindingBoxes:
    """Makes the values of finding after finding until there is no more room for excerpts.

    `anchors` number all findings: ids come from files and are no good as anchors.
    """

    def __init__(self, seen: View, anchors: Mapping[str, int]) -> None:
        self._seen = seen
        self._room = EXCERPTS_BYTES
        self._groups = _shown(seen)
        shown = (*(finding for _, _, group in self._groups for finding in group), *self._old)
        self._anchors = {finding.id: f"f{anchors[finding.id]}" for finding in shown}

    @property
    def _old(self) -> tuple[Finding, ...]:
        return self._seen.report.preexisting[:PREEXISTING]

    def groups(self) -> list[dict[str, object]]:
        """Those of the series, by commit."""
        return [
            {
                "title": group_title(self._seen, key),
                "findings": [self._finding(finding, depth(finding, shown)) for finding in shown],
                "left": size - len(shown),
            }
            for key, size, shown in self._groups
        ]

    def preexisting(self) -> list[dict[str, object]]:
        """Those of the base."""
        return [self._finding(finding, 0) for finding in self._old]

    def _finding(self, finding: Finding, level: int) -> dict[str, object]:
        sample = finding.sample
        root = finding.root_cause if finding.root_cause != finding.id else None
        return {
            "anchor": self._anchors[finding.id],
            "level": level,
            "severity": str(sample.severity),
            "place": _short(place(finding)),
            "message": _short(printable(sample.message)),
            "flag": _short(printable(sample.flag or "")),
            "function": _short(printable(sample.function or "")),
            "cells": finding_cells(self._seen, finding),
            "square": self._square(finding),
            "occurrences": finding.occurrences,
            "fixed_by": finding.fixed_by,
            "root": self._anchors.get(root or "", ""),
            "exempt": not finding.counts and finding.seen_at > 0,
            "touches": finding.touches or "",
            "excerpt": self._excerpt(finding),
            "places": self._places(finding),
        }

    def _square(self, finding: Finding) -> str:
        """The fragment of the first square that shows it."""
        name = next((name for name in self._seen.names if name in finding.targets), "")
        return f"{row_name(finding.seen_at)}/{quote(printable(name), safe='')}" if name else ""

    def _excerpt(self, finding: Finding) -> list[tuple[bool, str]]:
        """(is the finding's own line, line); the own line alone where there is no room for more."""
        sample = finding.sample
        lines = sample.excerpt or (sample.raw,)
        if len(lines) > EXCERPT_LINES:
            own = lines.index(sample.raw) if sample.raw in lines else 0
            start = max(0, min(own - EXCERPT_LINES // 2, len(lines) - EXCERPT_LINES))
            lines = lines[start : start + EXCERPT_LINES]
        shown = [(line == sample.raw, _short(log_line(line))) for line in lines]
        size = sum(len(line) for _, line in shown)
        if size > self._room:
            return [(True, _short(log_line(sample.raw)))]
        self._room -= size
        return shown

    def _places(self, finding: Finding) -> list[str]:
        """The distinct lines of the finding in the first cell that shows it, if there are several."""
        if finding.occurrences < 2 or not finding.targets:
            return []
        found = occurrences(self._seen, finding, finding.targets[0])[:PLACES]
        lines = [_short(log_line(each.diagnostic.raw)) for each in found]
        size = sum(map(len, lines))
        if len(lines) < 2 or size > self._room:
            return []
        self._room -= size
        return lines


def _shown(seen: View) -> list[tuple[tuple[int, ...], int, tuple[Finding, ...]]]:
    """(commits, how many findings they have, those that there is room for)."""
    left, result = FINDINGS, []
    for key, group in by_commit(seen.report):
        shown = group[: min(FINDINGS_PER_COMMIT, left)]
        left -= len(shown)
        result.append((key, len(group), shown))
    return result


def _short(text: str) -> str:
    return cut_bytes(text, MESSAGE_BYTES)
