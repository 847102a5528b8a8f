"""One commit asked for one diagnostic: a step of `git bisect run` and of `git rebase -x`."""

import os
import secrets
from dataclasses import replace
from pathlib import Path

from orchestrator.analysis.bisection import Answer
from orchestrator.errors import UserError
from orchestrator.model.event import Observer
from orchestrator.model.series import Series
from orchestrator.pipeline.bisect_case import Question, Record, case_of
from orchestrator.pipeline.bisect_probing import Asker
from orchestrator.pipeline.bisect_range import probing
from orchestrator.pipeline.request import Request
from orchestrator.pipeline.resources import Places
from orchestrator.results import codec
from orchestrator.results.store import Store
from orchestrator.series.line import series_of
from orchestrator.series.repository import open_repository
from orchestrator.series.trees import has_trees

_STATUS = {Answer.GOOD: 0, Answer.BAD: 1, Answer.SKIP: 125}


def probe_commit(request: Request, question: Question, places: Places, observe: Observer) -> Record:
    """What HEAD (or the one revision of `request.series`) says. Raises UserError, InfrastructureError."""
    repository = open_repository(request.tree, places.cache / "repositories")
    revision = request.series or "HEAD"
    sha = repository.user.commit_of(revision)
    if sha is None:
        raise UserError(f"{revision}: not a revision of {repository.tree}; `kmatrix probe` asks one commit")
    series = _on_a_checkout(series_of(repository, sha, [sha], revision, repository.warnings), places)
    case = case_of(request, question, places, observe, series=series)
    # Nothing is there to compare with: any error at all is what is sought, and no guess is made.
    case = replace(case, guess=(), learns_known=False)
    name = f"probe-{secrets.token_hex(4)}"
    jobs = question.jobs or len(os.sched_getaffinity(0))
    with Store.open(places.state) as store:
        store.start_bisection(name, codec.encode(case))
        with probing(name, case, places, jobs, observe) as prober:
            asker = Asker(case, store, prober, bisection=name, kept=(), observe=observe)
            asker.ask((1,))
        store.finish_bisection(name)
    return asker.records[1]


def exit_code(record: Record) -> int:
    """What `git bisect run` understands: 0 good, 1 bad, 125 skip."""
    return _STATUS[record.answer]


def _on_a_checkout(series: Series, places: Places) -> Series:
    """The series on the tree of the latest checkout there is: a full one for each step would take seconds and GB."""
    markers = sorted((places.cache / "trees").glob("*.used"), key=lambda path: -path.stat().st_mtime)
    for marker in markers:
        if marker.with_suffix("").is_dir() and has_trees(Path(series.git_dir), (marker.stem,)):
            return replace(series, base=replace(series.base, tree=marker.stem))
    return series
