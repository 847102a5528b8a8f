"""Finished runs: found again by name, rendered again, their logs and scripts handed out."""

from pathlib import Path

from orchestrator.errors import UserError
from orchestrator.model.verdict import RunReport
from orchestrator.pipeline import products
from orchestrator.pipeline.extracts import pack_of
from orchestrator.pipeline.resources import Places
from orchestrator.reporting.outbox import load_results
from orchestrator.reporting.reproduce import script
from orchestrator.results.store import Store

_SHORTEST_SHA = 4  # as git has it


def report_of(places: Places, run: str) -> RunReport:
    """The report of a run: its id, a unique beginning of it, `last`, a results.json, or the directory of one.

    Raises UserError if there is none.
    """
    path = Path(run)
    if path.suffix == ".json" or path.is_file():
        return load_results(path)
    if (path / "results.json").is_file():
        return load_results(path / "results.json")
    with Store.open(places.state) as store:
        return store.report(store.find_run(run).id)


def reproduce(places: Places, run: str, commit: str, cell: str) -> str:
    """The script for one square. `commit` is a number or the beginning of a sha. Raises UserError."""
    report = report_of(places, run)
    names = [facts.target.name for facts in report.targets]
    if cell not in names:
        raise UserError(f"{cell}: no such cell in run {report.run}; it has {', '.join(names)}")
    lines, index = products.build_lines(report)[cell], commit_index(report, commit)
    pack = pack_of(report, index)
    return script(report, products.templates(), commit=index, target=cell, lines=lines, pack=pack)


def repository_of(places: Places, run: str) -> Path:
    """A repository that has the commits of a run. Raises UserError if none is known (any more)."""
    found = report_of(places, run).series.git_dir
    if not found or not Path(found).is_dir():
        raise UserError(f"{run}: no repository with its commits is known; --tree DIR names one that has the base")
    return Path(found)


def commit_index(report: RunReport, commit: str) -> int:
    """The number of a commit given by number or by the beginning of its sha. Raises UserError."""
    by_sha = [row.index for row in report.series.all if len(commit) >= _SHORTEST_SHA and row.sha.startswith(commit)]
    found = [row.index for row in report.series.all if str(row.index) == commit] or by_sha
    if len(found) != 1:
        raise UserError(
            f"{commit}: not a commit of run {report.run}: expected 0 to {len(report.series.commits)} or a sha of one"
        )
    return found[0]
