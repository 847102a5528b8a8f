"""The answers in the form of `git bisect log`, which `git bisect replay` takes."""

from collections.abc import Sequence

from orchestrator.pipeline.bisect_case import Case, Record


def git_log(case: Case, records: Sequence[Record], first_bad: int | None) -> str:
    """All answers, the two ends first. Of answers that contradict each other git would take none: see `_consistent`."""
    series = case.series
    lines = ["git bisect start" + ("" if case.dag else " '--first-parent'")]
    for record in records if case.dag else _consistent(records, first_bad):
        commit = series.all[record.commit]
        lines.append(f"# {record.answer.value}: [{commit.sha}] {' '.join(commit.subject.split())}")
        lines.append(f"git bisect {record.answer.value} {commit.sha}")
    if first_bad is not None:
        commit = series.all[first_bad]
        lines.append(f"# first bad commit: [{commit.sha}] {' '.join(commit.subject.split())}")
    return "\n".join(lines) + "\n"


def _consistent(records: Sequence[Record], first_bad: int | None) -> list[Record]:
    """Ends first. Where it comes and goes, the answers that belong to the edge found: git knows of one edge only."""
    kept = list(records)
    if first_bad is not None:
        kept = [one for one in records if one.answer == "skip" or (one.answer == "bad") == (one.commit >= first_bad)]
    return [*kept[-1:], *kept[:1], *kept[1:-1]]
