"""What every format asks of a RunReport: look-ups, what a square says, who did it, where bisection fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from orchestrator.analysis.fingerprint import Fingerprints
from orchestrator.model.diagnostic import Severity
from orchestrator.model.result import CellResult, LaneState, Origin, Status
from orchestrator.model.series import Commit
from orchestrator.model.verdict import Finding, RunReport, SquareDelta

Square = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A report with its look-ups. `names` are the targets in matrix order; `last` is the last commit's index."""

    report: RunReport
    results: Mapping[Square, CellResult]
    deltas: Mapping[Square, SquareDelta]
    findings: Mapping[str, Finding]
    names: tuple[str, ...]
    last: int
    prints: Fingerprints

    def result(self, commit: int, target: str) -> CellResult:
        """The square; one that the report does not hold was not run."""
        return self.results.get((commit, target)) or CellResult(
            commit=commit, target=target, status=Status.NOT_RUN, origin=Origin.BUILT, state=LaneState(all_masked=True)
        )

    def delta(self, commit: int, target: str) -> SquareDelta:
        """What the commit did there; nothing if the report does not say."""
        return self.deltas.get((commit, target)) or SquareDelta(commit=commit, target=target)

    def commit(self, index: int) -> Commit:
        """The commit of a row (0: the base)."""
        return self.report.series.all[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """A square in numbers: findings of this very patch there.

    `errors` and `warnings` count; `exempt` do not (policy). `fixed_errors` and `fixed_warnings` went away.
    """

    status: Status
    masked: bool
    errors: int = 0
    warnings: int = 0
    exempt: int = 0
    fixed_errors: int = 0
    fixed_warnings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Commits `first`..`last` do not build in `targets`, though the base does. `fixed_by` is None if it stays so."""

    first: int
    last: int
    fixed_by: int | None
    targets: tuple[str, ...]


def view(report: RunReport) -> View:
    """The report with its look-ups."""
    return View(
        report=report,
        results={(result.commit, result.target): result for result in report.results},
        deltas={(delta.commit, delta.target): delta for delta in report.deltas},
        findings={finding.id: finding for finding in (*report.preexisting, *report.findings)},
        names=tuple(facts.target.name for facts in report.targets),
        last=len(report.series.commits),
        prints=Fingerprints(),
    )


def is_error(finding: Finding) -> bool:
    """True for an error, False for a warning."""
    return finding.sample.severity is Severity.ERROR


def marks(seen: View, commit: int, target: str) -> Marks:
    """The square in numbers."""
    result, delta = seen.result(commit, target), seen.delta(commit, target)
    introduced = [seen.findings[name] for name in delta.introduced if name in seen.findings] if commit else []
    fixed = [seen.findings[name] for name in delta.fixed if name in seen.findings]
    counting = [finding for finding in introduced if finding.counts]
    return Marks(
        status=result.status,
        masked=result.status in (Status.OK, Status.WARNINGS, Status.ERRORS) and result.state.hides,
        errors=sum(is_error(finding) for finding in counting),
        warnings=sum(not is_error(finding) for finding in counting),
        exempt=len(introduced) - len(counting),
        fixed_errors=sum(is_error(finding) for finding in fixed),
        fixed_warnings=sum(not is_error(finding) for finding in fixed),
    )


def symbol(mark: Marks) -> str:
    """What stands in the square: `+2E +1W`, `-1E`, `E`, `w`, `ok`, `?`, `.`, with `~` if part of it is masked."""
    if mark.status is Status.UNKNOWN:
        return "?"
    if mark.status is Status.NOT_RUN:
        return "."
    parts: list[str] = []
    if mark.status is Status.ERRORS and not mark.errors:
        parts.append("E")
    for number, letter in ((mark.errors, "E"), (mark.warnings, "W"), (mark.exempt, "x")):
        if number:
            parts.append(f"+{number}{letter}")
    for number, letter in ((mark.fixed_errors, "E"), (mark.fixed_warnings, "W")):
        if number:
            parts.append(f"-{number}{letter}")
    if not parts:
        parts.append("w" if mark.status is Status.WARNINGS else "ok")
    return " ".join(parts) + ("~" if mark.masked else "")


LEGEND = (
    ("ok", "builds without a word"),
    ("+2E +1W", "this patch introduced 2 errors, 1 warning"),
    ("+1x", "introduced, exempt by policy"),
    ("-1E", "this patch fixed 1 error"),
    ("E", "does not build, broken earlier"),
    ("w", "only older warnings"),
    ("~", "partly masked: objects that could not be tried"),
    ("?", "unknown (infrastructure), blames nobody"),
    (".", "not run"),
)


def legend(symbols: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The entries of LEGEND that explain something in `symbols`, the texts of a table's squares."""
    words = {word.rstrip("~") for text in symbols for word in text.split()}
    kinds = {
        "ok": "ok" in words,
        "+2E +1W": any(word[0] == "+" and word[-1] in "EW" for word in words if word),
        "+1x": any(word.endswith("x") for word in words),
        "-1E": any(word.startswith("-") for word in words),
        "E": "E" in words,
        "w": "w" in words,
        "~": any(text.endswith("~") for text in symbols),
        "?": "?" in words,
        ".": "." in words,
    }
    return tuple(entry for entry in LEGEND if kinds[entry[0]])


def news(mark: Marks) -> str:
    """`+3 new, -1 fixed`, errors and warnings together; "" where the patch did neither."""
    new, fixed = mark.errors + mark.warnings + mark.exempt, mark.fixed_errors + mark.fixed_warnings
    return ", ".join(text for number, text in ((new, f"+{new} new"), (fixed, f"-{fixed} fixed")) if number)


def spelled(mark: Marks) -> str:
    """The square where there is room for words: `E +3 new, -1 fixed`, `w +1 new~`, `ok`, `?`."""
    state = {Status.OK: "ok", Status.WARNINGS: "w", Status.ERRORS: "E", Status.UNKNOWN: "?", Status.NOT_RUN: "."}
    known = mark.status not in (Status.UNKNOWN, Status.NOT_RUN)
    text = " ".join(filter(None, (state[mark.status], news(mark) if known else "")))
    return text + ("~" if mark.masked else "")


WORDS = (
    ("ok", "builds without a word"),
    ("w", "builds with warnings"),
    ("E", "does not build"),
    ("+3 new", "errors and warnings this patch introduced"),
    ("-1 fixed", "those it fixed"),
    *LEGEND[-3:],
)


def words_legend(texts: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """The entries of WORDS that explain something in `texts`, squares as `spelled` has them."""
    states = {text.split(" ")[0].rstrip("~") for text in texts}
    there = {
        **{sign: sign in states for sign in ("ok", "w", "E", "?", ".")},
        "+3 new": any(" new" in text for text in texts),
        "-1 fixed": any(" fixed" in text for text in texts),
        "~": any(text.endswith("~") for text in texts),
    }
    return tuple(entry for entry in WORDS if there[entry[0]])


def carried(seen: View, target: str) -> tuple[tuple[Finding, ...], ...]:
    """What each commit of a target, the base first, has of older commits or of the base, as its neighbours tell."""
    alive = {finding.id: finding for finding in seen.report.preexisting if target in finding.targets}
    rows = []
    for index in range(seen.last + 1):
        delta = seen.delta(index, target)
        for name in delta.fixed:
            alive.pop(name, None)
        rows.append(tuple(alive.values()))
        alive.update((name, seen.findings[name]) for name in delta.introduced if name in seen.findings)
    return tuple(rows)


def group_key(finding: Finding) -> tuple[int, ...]:
    """The commits a finding is listed under: its introducer, or all its suspects."""
    return (finding.introduced_by,) if finding.introduced_by is not None else finding.suspects or (finding.seen_at,)


def by_commit(report: RunReport) -> tuple[tuple[tuple[int, ...], tuple[Finding, ...]], ...]:
    """Findings in groups, by introducing commit (or suspects), in series order; a root cause before what follows."""
    ordered = sorted(report.findings, key=lambda finding: (max(group_key(finding)), group_key(finding)))
    return tuple((key, in_order(tuple(group))) for key, group in groupby(ordered, group_key))


def in_order(group: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Counting before exempt, errors before warnings, and each finding's followers directly behind it."""
    here = {finding.id for finding in group}
    ordered = sorted(group, key=lambda finding: (not finding.counts, not is_error(finding)))
    followers: dict[str, list[Finding]] = {}
    for finding in ordered:
        if finding.root_cause in here and finding.root_cause != finding.id:
            followers.setdefault(finding.root_cause or "", []).append(finding)
    result: dict[str, Finding] = {}

    def add(finding: Finding) -> None:
        if finding.id not in result:
            result[finding.id] = finding
            for follower in followers.get(finding.id, ()):
                add(follower)

    for finding in ordered:
        if finding.root_cause not in here or finding.root_cause == finding.id:
            add(finding)
    for finding in ordered:  # roots that name each other in a circle: nothing may be lost
        add(finding)
    return tuple(result.values())


def depth(finding: Finding, group: tuple[Finding, ...]) -> int:
    """0 for a finding that stands for itself in `group`, 1 for one that follows from another there."""
    return int(any(other.id == finding.root_cause and other.id != finding.id for other in group))


def holes(seen: View) -> tuple[Hole, ...]:
    """Runs of commits that do not build although the base does; equal runs of several cells are one.

    A square without a result neither starts nor ends a run.
    """
    found: dict[tuple[int, int, int | None], list[str]] = {}
    for name in seen.names:
        first = None
        if seen.result(0, name).status is Status.ERRORS:
            continue
        for index in range(1, seen.last + 1):
            status = seen.result(index, name).status
            if status is Status.ERRORS:
                first = index if first is None else first
            elif first is not None and status in (Status.OK, Status.WARNINGS):
                found.setdefault((first, index - 1, index), []).append(name)
                first = None
        if first is not None:
            found.setdefault((first, seen.last, None), []).append(name)
    return tuple(
        Hole(first=first, last=last, fixed_by=fixed, targets=tuple(names))
        for (first, last, fixed), names in sorted(found.items(), key=lambda item: item[0][:2])
    )
