"""What one mail tells of a guilty commit: each finding with its cells, who is free of it, what becomes of it later."""

from dataclasses import dataclass

from orchestrator.model.diagnostic import Severity
from orchestrator.model.result import Status
from orchestrator.model.series import Commit
from orchestrator.model.verdict import Finding
from orchestrator.reporting.occurrences import standing
from orchestrator.reporting.text import count, printable, spans, wrap
from orchestrator.reporting.view import View, in_order, is_error
from orchestrator.reporting.words import headline

FINDINGS = 20  # told one by one; the rest is in the block
CELLS = 12  # one a line
_WIDTH = 76


@dataclass(frozen=True, slots=True)
class Case:
    """A commit and everything that it alone introduced and that counts, root causes first."""

    seen: View
    commit: Commit
    findings: tuple[Finding, ...]


def cases(seen: View) -> tuple[Case, ...]:
    """Every guilty commit, in series order; one that is only suspected is none."""
    guilty: dict[int, list[Finding]] = {}
    for finding in seen.report.findings:
        if finding.counts and finding.introduced_by:
            guilty.setdefault(finding.introduced_by, []).append(finding)
    return tuple(Case(seen, seen.commit(index), in_order(tuple(found))) for index, found in sorted(guilty.items()))


def kind(findings: tuple[Finding, ...]) -> str:
    """`errors`, `warnings` or `error/warnings`, the robot's words."""
    severities = {finding.sample.severity for finding in findings}
    if len(severities) > 1:
        return "error/warnings"
    return "errors" if Severity.ERROR in severities else "warnings"


def worst(findings: tuple[Finding, ...]) -> Finding:
    """The finding that stands for all: the first error, else the first warning."""
    return next(filter(is_error, findings), findings[0])


def counts(findings: tuple[Finding, ...]) -> str:
    """`2 new errors and 1 new warning`."""
    errors = sum(map(is_error, findings))
    numbers = ((errors, "new error"), (len(findings) - errors, "new warning"))
    return " and ".join(count(number, noun) for number, noun in numbers if number)


def told(case: Case) -> list[dict[str, object]]:
    """The first FINDINGS in words: where and how often each shows, and what it follows from."""
    return [_told(case, finding) for finding in case.findings[:FINDINGS]]


def _told(case: Case, finding: Finding) -> dict[str, object]:
    names = tuple(name for name in case.seen.names if name in finding.targets)
    root = case.seen.findings.get(finding.root_cause or "")
    touches = {"line": "the patch changes this very line", "file": "the patch changes this file"}
    return {
        "headline": headline(finding),
        "places": count(finding.occurrences, "place"),
        "cells": listing(names),
        "touches": touches.get(finding.touches or "", ""),
        "root": _root(case, finding, root) if root else "",
    }


def _root(case: Case, finding: Finding, root: Finding) -> str:
    shown_in = next((name for name in case.seen.names if name in finding.targets), "")
    here = standing(case.seen, root, finding.seen_at, shown_in)
    where = ":".join(str(part) for part in (here.file, here.line, here.column) if part is not None)
    flag = f" [{here.flag}]" if here.flag else ""
    said = f"{where}: {here.severity}: {here.message}{flag}" if here.file else here.raw
    return printable(f"{said} ({_since(root, case.commit.index)})")


def _since(root: Finding, index: int) -> str:
    if root.introduced_by:
        return "new with it" if root.introduced_by == index else f"since patch {root.introduced_by}"
    return "in the tree from before" if root.seen_at else "in the base already"


def showing(case: Case) -> tuple[str, ...]:
    """The cells that show any of it, in matrix order."""
    names = {name for finding in case.findings for name in finding.targets}
    return tuple(name for name in case.seen.names if name in names)


def fine(case: Case) -> list[str]:
    """The cells whose build says that they are free of it."""
    return listing(tuple(name for name in _free(case) if _whole(case, name)))


def silent(case: Case) -> list[str]:
    """The cells that can say nothing about it, each with the why."""
    names = [name for name in _free(case) if not _whole(case, name)]
    return listing(tuple(f"{name} ({_why(case.seen.result(case.commit.index, name).status)})" for name in names))


def _free(case: Case) -> list[str]:
    shows = set(showing(case))
    return [name for name in case.seen.names if name not in shows]


def _whole(case: Case, name: str) -> bool:
    square = case.seen.result(case.commit.index, name)
    return square.status in (Status.OK, Status.WARNINGS) and square.state.complete


def _why(status: Status) -> str:
    words = {Status.UNKNOWN: "no result", Status.NOT_RUN: "not built", Status.ERRORS: "broken by something else"}
    return words.get(status, "built in part")


def listing(names: tuple[str, ...]) -> list[str]:
    """Names one a line, or in a paragraph if they are many."""
    shown = [printable(name) for name in names]
    return shown if len(shown) <= CELLS else list(wrap(", ".join(shown), _WIDTH, "", ""))


def notes(case: Case) -> list[str]:
    """What becomes of it later in the series."""
    lines = []
    fixes: dict[int, int] = {}
    for finding in case.findings:
        if finding.fixed_by is not None:
            fixes[finding.fixed_by] = fixes.get(finding.fixed_by, 0) + 1
    for commit, number in sorted(fixes.items()):
        which = "this" if len(case.findings) == 1 else "all of this" if number == len(case.findings) else "part of this"
        lines.append(f"Note: patch {commit} of the series makes {which} go away again.")
    broken = [finding.fixed_by for finding in case.findings if is_error(finding) and finding.fixed_by is not None]
    if broken:
        span = spans(tuple(range(case.commit.index, max(broken))))
        lines.append(f"      Bisection through {span} fails, though.")
    return lines


def parts(case: Case) -> tuple[tuple[tuple[Finding, ...], str], ...]:
    """The fewest cells that show every finding between them, each with the findings it is to show."""
    left = list(case.findings)
    chosen = []
    while left:
        name = max(case.seen.names, key=lambda name: sum(name in finding.targets for finding in left))
        here = tuple(finding for finding in left if name in finding.targets)
        if not here:
            break
        left = [finding for finding in left if finding not in here]
        chosen.append((here, name))
    return tuple(chosen)
