"""Find the first commit of a range that shows a diagnostic: the stages, and the loop that narrows the range."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from orchestrator.analysis.bisection import Edge, edges
from orchestrator.containers.engine import connect
from orchestrator.errors import KmatrixError
from orchestrator.execution.probing import Prober, Workshop
from orchestrator.execution.scratch import reap, scratch
from orchestrator.model.build import Lane
from orchestrator.model.event import Observer, StageStarted
from orchestrator.pipeline.bisect_case import Case, Ended, Question, Record, case_of
from orchestrator.pipeline.bisect_graph import search_graph
from orchestrator.pipeline.bisect_line import search_line
from orchestrator.pipeline.bisect_log import git_log
from orchestrator.pipeline.bisect_probing import Asker
from orchestrator.pipeline.request import Request
from orchestrator.pipeline.resources import Places
from orchestrator.pipeline.walking import base_checkout, work_of
from orchestrator.results import codec
from orchestrator.results.store import Store

_PROBES_PER_CORES = 2  # one make of a few objects keeps about so many cores busy, `prepare` included
_PROBES_AT_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bisection:
    """What came of it.

    `ended.ending`: `found`, `suspects` (skips leave several), `good-is-bad`, `bad-is-good`, `good-untold`,
    `bad-untold`. `records` are all answers by commit; `edges` every change from one answer to the next. `probes` were
    built in this process, `out` holds bisect.log.
    """

    id: str
    case: Case
    ended: Ended
    records: tuple[Record, ...]
    edges: tuple[Edge, ...]
    probes: int
    seconds: float
    out: Path

    @property
    def exit_code(self) -> int:
        """0 one commit is named, 1 several are left, 2 an end is not what it was said to be, 3 it cannot be told."""
        return {"found": 0, "suspects": 1, "good-is-bad": 2, "bad-is-good": 2}.get(self.ended.ending, 3)

    def record(self, commit: int) -> Record:
        """The answer of a commit that was asked."""
        return next(record for record in self.records if record.commit == commit)

    @property
    def confirmed(self) -> bool:
        """True if both the guilty commit and its parent were built, not only reasoned about."""
        ends = [record for record in self.records if record.commit in {self.ended.good, self.ended.bad}]
        return self.ended.ending == "found" and len(ends) == 2 and all(record.log for record in ends)


def bisect_range(
    request: Request, question: Question, places: Places, observe: Observer, *, out: Path | None = None
) -> Bisection:
    """Bisect. Raises UserError, InfrastructureError, KeyboardInterrupt; what was answered is kept for `--continue`."""
    case = case_of(request, question, places, observe)
    name = f"bisect-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    with Store.open(places.state) as store:
        store.start_bisection(name, codec.encode(case))
    return _go_on(name, case, (), How(question, places, observe, out))


def continue_bisection(
    name: str, question: Question, places: Places, observe: Observer, *, out: Path | None = None
) -> Bisection:
    """Go on with an unfinished one (`last`, or its id): no answer that was kept is asked again."""
    with Store.open(places.state) as store:
        found = store.unfinished_bisection(name)
    case = codec.decode(Case, found.about)
    kept = tuple(replace(codec.decode(Record, body), log=log) for body, log in found.probes)
    observe(StageStarted(text=f"Going on with {found.id}: {len(kept)} answers are known"))
    return _go_on(found.id, case, kept, How(question, places, observe, out))


class How(NamedTuple):
    """How to go about it, beside what it is about."""

    question: Question
    places: Places
    observe: Observer
    out: Path | None


def _go_on(name: str, case: Case, kept: tuple[Record, ...], how: How) -> Bisection:
    began = time.monotonic()
    question, places, observe, out = how
    jobs = question.jobs or len(os.sched_getaffinity(0))
    at_once = question.at_once or max(1, min(jobs // _PROBES_PER_CORES, _PROBES_AT_MOST))
    where = (out or Path(".kmatrix") / name).resolve()
    with Store.open(places.state) as store, probing(name, case, places, jobs, observe) as prober:
        asker = Asker(case, store, prober, bisection=name, kept=kept, observe=observe)
        try:
            ended = search_graph(asker, case) if case.dag else search_line(asker, case, at_once)
        except (KeyboardInterrupt, KmatrixError):
            observe(StageStarted(text=f"every answer is kept: `kmatrix bisect --continue {name}` goes on from here"))
            raise
        store.finish_bisection(name)
    found = Bisection(
        id=name,
        case=case,
        ended=ended,
        records=tuple(sorted(asker.records.values(), key=lambda record: record.commit)),
        edges=() if case.dag else edges(asker.answers),
        probes=asker.asked,
        seconds=round(time.monotonic() - began, 1),
        out=where,
    )
    where.mkdir(parents=True, exist_ok=True)
    (where / "bisect.log").write_text(
        git_log(case, tuple(asker.records.values()), ended.bad if ended.ending == "found" else None)
    )
    return found


@contextmanager
def probing(name: str, case: Case, places: Places, jobs: int, observe: Observer) -> Iterator[Prober]:
    """Lanes for a case; nothing of them is left afterwards. The checkout and the containers come when first needed."""
    with connect() as client:
        reap(client, places.cache)
    base_tree = base_checkout(case.series, places, observe)
    lane = Lane(
        name=case.facts.target.name,
        target=case.facts.target,
        image_id=case.facts.image_id,
        recipe=case.recipe,
        commits=(0,),
    )
    with scratch(places.cache, name) as directory:
        work = work_of(
            name,
            case.series,
            lane,
            base_tree=base_tree,
            directory=directory,
            warm=None if case.rebuild else places.warm,
        )
        with Workshop(name, directory, jobs) as workshop, Prober(work, workshop, observe) as prober:
            yield prober
