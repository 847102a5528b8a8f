"""All squares of a run -> findings, what each commit did in each target, and one word for the series."""

from collections.abc import Sequence
from typing import NamedTuple

from orchestrator.analysis.compare import Instance, LaneHistory
from orchestrator.analysis.findings import Group, TouchedLines, finding, group
from orchestrator.analysis.fingerprint import Fingerprints
from orchestrator.analysis.rootcause import root_causes
from orchestrator.model.diagnostic import Severity
from orchestrator.model.result import CellResult, LaneState, Status
from orchestrator.model.series import Series
from orchestrator.model.verdict import Finding, SquareDelta, TargetFacts

_UNSEEN = frozenset({Status.UNKNOWN, Status.NOT_RUN})


class Judgement(NamedTuple):
    """What the results say. `findings` came with the series, `preexisting` are the base's. `verdict`: see RunReport."""

    findings: tuple[Finding, ...]
    preexisting: tuple[Finding, ...]
    deltas: tuple[SquareDelta, ...]
    verdict: str


def judge(
    series: Series,
    targets: Sequence[TargetFacts],
    results: Sequence[CellResult],
    fail_on: Sequence[str] = ("error", "new-warning"),
) -> Judgement:
    """Judge a run. `results` may be in any order; a square without one counts as not run.

    `findings` if a commit introduced anything that counts, even if a later one fixes it; else `incomplete` if a
    square is unknown or not run, or something may be the series' doing or the base's and cannot be told; else `clean`.
    """
    squares = {(result.target, result.commit): result for result in results}
    names = [facts.target.name for facts in targets]
    lengths = range(len(series.all))
    fingerprints = Fingerprints()
    lanes = {name: _walk([_state(squares.get((name, k))) for k in lengths], fingerprints) for name in names}
    groups = group(lanes, fingerprints)
    roots = root_causes(groups)
    policy = _Policy(targets, fail_on)
    touched = {commit.index: TouchedLines(commit) for commit in series.commits}
    found = [(made_of, finding(made_of, policy.counts(made_of), roots.get(made_of.id), touched)) for made_of in groups]
    findings = tuple(one for made_of, one in found if made_of.seen_at > 0)
    seen = all(_state(squares.get((name, k))) is not None for name in names for k in lengths)
    decided = not any(made_of.undecided and not policy.exempt(made_of) for made_of in groups)
    complete = seen and decided
    return Judgement(
        findings=findings,
        preexisting=tuple(one for made_of, one in found if made_of.seen_at == 0),
        deltas=_deltas(groups, names, len(series.all)),
        verdict="findings" if any(one.counts for one in findings) else "clean" if complete else "incomplete",
    )


class _Policy:
    """What reddens the series."""

    def __init__(self, targets: Sequence[TargetFacts], fail_on: Sequence[str]) -> None:
        self._allow = {facts.target.name: frozenset(facts.target.allow) for facts in targets}
        self._fail_on = frozenset(fail_on)

    def exempt(self, made_of: Group) -> bool:
        """True if `report.fail_on` leaves the severity out, or every target that shows it allows it."""
        severity = made_of.sample.severity
        if ("error" if severity is Severity.ERROR else "new-warning") not in self._fail_on:
            return True
        return all(severity.value in self._allow[target] for target in made_of.ends)

    def counts(self, made_of: Group) -> bool:
        """True if the series did it for certain, and nothing exempts it."""
        return made_of.seen_at > 0 and not made_of.undecided and not self.exempt(made_of)


def _walk(states: list[LaneState | None], fingerprints: Fingerprints) -> list[Instance]:
    history = LaneHistory(fingerprints)
    for state in states:
        history.step(state)
    return history.instances


def _state(result: CellResult | None) -> LaneState | None:
    return None if result is None or result.status in _UNSEEN else result.state


def _deltas(groups: Sequence[Group], names: Sequence[str], commits: int) -> tuple[SquareDelta, ...]:
    introduced: dict[tuple[int, str], list[str]] = {}
    fixed: dict[tuple[int, str], list[str]] = {}
    for made_of in groups:
        for target, end in made_of.ends.items():
            if made_of.seen_at > 0:
                introduced.setdefault((made_of.seen_at, target), []).append(made_of.id)
            if end is not None:
                fixed.setdefault((end, target), []).append(made_of.id)
    return tuple(
        SquareDelta(
            commit=commit,
            target=name,
            introduced=tuple(introduced.get((commit, name), ())),
            fixed=tuple(fixed.get((commit, name), ())),
        )
        for commit in range(commits)
        for name in names
    )
