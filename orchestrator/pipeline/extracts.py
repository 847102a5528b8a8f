"""What the documents of a run show of its sources, read out of the private repository while it is there."""

from orchestrator.model.verdict import RunReport
from orchestrator.reporting.mail import wanted_texts
from orchestrator.reporting.outbox import scripted
from orchestrator.reporting.sourcelines import SourceTexts
from orchestrator.series.extracts import packed, text_at


def source_texts(report: RunReport) -> SourceTexts:
    """The files that the mails of a report show lines of; those that cannot be had are left out."""
    commits = report.series.all
    found = {
        (index, path): text_at(report.series.git_dir, commits[index].sha, path) for index, path in wanted_texts(report)
    }
    return {place: text for place, text in found.items() if text is not None}


def packs(report: RunReport) -> dict[int, bytes]:
    """The pack of every commit that has a reproduce script, by its number."""
    numbers = {commit for commit, _ in scripted(report)}
    found = {number: pack_of(report, number) for number in sorted(numbers)}
    return {number: pack for number, pack in found.items() if pack}


def pack_of(report: RunReport, commit: int) -> bytes | None:
    """The commits from the base to this one; None if they cannot be had."""
    series = report.series
    return packed(series.git_dir, series.base.sha, series.all[commit].sha) if commit else None
