"""The answers in the form of `git bisect log`, which `git bisect replay` takes."""

from collections.abc import Sequence

from orchestrator.analysis.bisection import Answer
from orchestrator.pipeline.bisect_case import Case, Record


def git_log(case: Case, records: Sequence[Record], first_bad: int | None) -> str:
    """`records` in the order they were asked; `first_bad`: the one commit that is named, if one is.

    git remembers the last bad commit alone, and knows of one edge only: each bad one must be older than those before
    it, and of a line on which it comes and goes only the answers that belong to the edge that was found are given.
    """
    series = case.series
    # Arguments are quoted: git's own log quotes them, and `replay` takes no others.
    lines = ["git bisect start" + ("" if case.dag else " '--first-parent'")]
    for record in records if case.dag else _of_one_edge(records, first_bad):
        commit = series.all[record.commit]
        lines.append(f"# {record.answer.value}: [{commit.sha}] {' '.join(commit.subject.split())}")
        lines.append(f"git bisect {record.answer.value} {commit.sha}")
    if first_bad is not None:
        commit = series.all[first_bad]
        lines.append(f"# first bad commit: [{commit.sha}] {' '.join(commit.subject.split())}")
    return "\n".join(lines) + "\n"


def _of_one_edge(records: Sequence[Record], first_bad: int | None) -> list[Record]:
    """Bad ones from the last to the first, good ones from the first to the last, then the skips between."""
    asked = sorted(records, key=lambda record: record.commit)
    bad = [one for one in reversed(asked) if one.answer is Answer.BAD]
    good = [one for one in asked if one.answer is Answer.GOOD]
    skipped = [one for one in asked if one.answer is Answer.SKIP]
    if first_bad is not None:
        bad = [one for one in bad if one.commit >= first_bad]
        good = [one for one in good if one.commit < first_bad]
    return [*bad, *good, *skipped]
