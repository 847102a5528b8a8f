"""`kmatrix bisect` and `kmatrix probe`: what they show, as text for people and as JSON."""

from collections.abc import Iterator
from typing import Any

from orchestrator.cli.progress import duration
from orchestrator.model.result import Status
from orchestrator.model.series import Commit
from orchestrator.model.verdict import RunReport
from orchestrator.pipeline.bisect_case import Record
from orchestrator.pipeline.bisect_range import Bisection
from orchestrator.reporting.text import count, log_line, printable

_EXCERPT_LINES = 12
_SUSPECTS_SHOWN = 20


def bisection_text(found: Bisection) -> str:
    """The answer first, its proof below: the last good and the first bad commit with their logs."""
    lines = [*_answer(found), ""]
    if found.ended.ending in {"found", "suspects"}:
        lines += _proof(found)
    lines += _coming_and_going(found)
    stored = sum(record.how == "stored" for record in found.records)
    known = f", {count(stored, 'stored result')}" if stored else ""
    lines.append(f"{count(found.probes, 'probe')}{known} in {duration(found.seconds)}; {_range(found)}")
    lines.append(f"`git bisect replay {found.out / 'bisect.log'}` takes it from here")
    return "\n".join(lines)


def _answer(found: Bisection) -> Iterator[str]:
    ended, series = found.ended, found.case.series
    cell = found.case.facts.target.name
    if ended.ending == "found":
        yield f"First bad commit: {_named(series.all[ended.bad])}"
        yield f"in {cell}; built there and at its parent" if found.confirmed else f"in {cell}"
    elif ended.ending == "suspects":
        yield f"The first bad commit is one of {len(ended.suspects)}, in {cell}:"
        for at in ended.suspects[:_SUSPECTS_SHOWN]:
            skipped = next((one.why for one in found.records if one.commit == at and one.answer == "skip"), "")
            yield f"  {_named(series.all[at])}" + (f"\n      skipped: {printable(skipped)}" if skipped else "")
        if len(ended.suspects) > _SUSPECTS_SHOWN:
            yield f"  and {len(ended.suspects) - _SUSPECTS_SHOWN} more"
    else:
        yield from _no_start(found)


def _no_start(found: Bisection) -> Iterator[str]:
    base, last = found.case.series.base, found.case.series.all[-1]
    at = {record.commit: record for record in found.records}
    match found.ended.ending:
        case "good-is-bad":
            yield f"The good end is not good: {_named(base)} shows it already"
            yield from _shown(at[0])
            yield "Give an older good end"
        case "bad-is-good":
            yield f"The bad end is not bad: {_named(last)} does not show it"
            yield "Give a commit that does, or other words for --match; `kmatrix parse LOG` lists what a log says"
        case "good-untold":
            yield f"The good end cannot be told: {_named(base)}: {printable(at[0].why)}"
            yield "Give another good end, one that builds"
        case _:
            yield f"The bad end cannot be told: {_named(last)}: {printable(at[last.index].why)}"
            yield "Give another bad end"


def _proof(found: Bisection) -> Iterator[str]:
    at = {record.commit: record for record in found.records}
    for what, commit in (("last good", found.ended.good), ("first bad", found.ended.bad)):
        record = at[commit]
        yield f"{what}: {_named(found.case.series.all[commit])}  ({_how(record)})"
        if record.log:
            yield f"  log: {record.log}"
        yield from _shown(record)
    yield ""


def _shown(record: Record) -> Iterator[str]:
    for diagnostic in record.shown[:1]:
        lines = diagnostic.excerpt or (diagnostic.raw,)
        for line in lines[:_EXCERPT_LINES]:
            yield f"    {log_line(line)}"
    if len(record.shown) > 1:
        yield f"    and {len(record.shown) - 1} more"


def _coming_and_going(found: Bisection) -> Iterator[str]:
    if len(found.edges) > 1:
        yield "It comes and goes more than once; among the commits that were asked:"
        for edge in found.edges:
            word = "comes" if edge.comes else "goes"
            after, before = found.case.series.all[edge.after], found.case.series.all[edge.before]
            beside = edge.after == edge.before + 1
            yield f"  {word} {'with' if beside else f'after {before.sha[:12]}, at the latest with'} {_named(after)}"
        yield ""


def _how(record: Record) -> str:
    if record.how == "stored":
        return "a stored result"
    return f"made {' '.join(record.files)} in {record.seconds:.1f} s" if record.files else f"{record.seconds:.1f} s"


def _range(found: Bisection) -> str:
    series = found.case.series
    commits = count(len(series.commits), "commit")
    return f"searched {commits}, {series.base.sha[:12]}..{series.all[-1].sha[:12]}"


def _named(commit: Commit) -> str:
    return f'{commit.sha[:12]} ("{printable(commit.subject)}")'


def probe_text(record: Record) -> str:
    """The answer, why, and what was found."""
    why = f": {printable(record.why)}" if record.why else ""
    return "\n".join((f"{record.answer.value}{why}", *_shown(record)))


def dated_text(report: RunReport) -> str:
    """Each finding with the commit that brought it; how many builds that took, and what was not built."""
    lines = []
    for finding in report.findings:
        commits = [report.series.all[at] for at in finding.suspects]
        by = _named(commits[0]) if len(commits) == 1 else f"one of {', '.join(commit.sha[:12] for commit in commits)}"
        lines += [f"{finding.id}  {by}", f"    {printable(finding.sample.raw)}", f"    in {', '.join(finding.targets)}"]
    squares = len(report.results)
    skipped = sum(result.status is Status.NOT_RUN for result in report.results)
    found = count(len(report.findings), "finding")
    lines.append(f"{found}; {squares - skipped} of {squares} squares were built or known, {skipped} were not needed")
    return "\n".join(lines)


def bisection_json(found: Bisection) -> dict[str, Any]:
    """The same for machines. Commits are {"index", "sha", "subject"}; index 0 is the good end."""
    ended, series = found.ended, found.case.series

    def commit(at: int) -> dict[str, Any]:
        row = series.all[at]
        return {"index": row.index, "sha": row.sha, "subject": row.subject}

    named = ended.ending in {"found", "suspects"}
    return {
        "schema": 1,
        "bisection": found.id,
        "cell": found.case.facts.target.name,
        "range": {"good": commit(0), "bad": commit(len(series.commits)), "commits": len(series.commits)},
        "ending": ended.ending,
        "first_bad": commit(ended.bad) if ended.ending == "found" else None,
        "last_good": commit(ended.good) if named else None,
        "confirmed": found.confirmed,
        "suspects": [commit(at) for at in ended.suspects],
        "edges": [
            {"before": commit(edge.before), "after": commit(edge.after), "comes": edge.comes} for edge in found.edges
        ],
        "probes": found.probes,
        "seconds": found.seconds,
        "answers": [_answer_json(record, commit(record.commit)) for record in found.records],
        "log": str(found.out / "bisect.log"),
    }


def _answer_json(record: Record, commit: dict[str, Any]) -> dict[str, Any]:
    return {
        **commit,
        "answer": record.answer.value,
        "how": record.how,
        "why": record.why,
        "files": list(record.files),
        "seconds": record.seconds,
        "log": record.log,
        "shown": [diagnostic.raw for diagnostic in record.shown],
    }
