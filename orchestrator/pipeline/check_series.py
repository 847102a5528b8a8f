"""Build a series and judge it: the main job, stage by stage."""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from orchestrator import __version__
from orchestrator.analysis.verdict import judge
from orchestrator.errors import InfrastructureError, Interrupted, KmatrixError
from orchestrator.model.event import Observer, StageStarted
from orchestrator.model.series import Series
from orchestrator.model.verdict import RunReport
from orchestrator.pipeline import products
from orchestrator.pipeline.bisect_all import Dating
from orchestrator.pipeline.building import Building
from orchestrator.pipeline.history import TargetHistory
from orchestrator.pipeline.preparation import Prepared, make_plan, prepare
from orchestrator.pipeline.request import Request, load_matrix, load_series
from orchestrator.pipeline.resources import Places
from orchestrator.results.records import NewRun
from orchestrator.results.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run, beside what to run. `jobs`: make jobs over all lanes (None: one a core).

    `bisect`: as if the matrix said `series.build: bisect`.
    """

    out: Path | None = None
    jobs: int | None = None
    rebuild: bool = False
    argv: tuple[str, ...] = ()
    bisect: bool = False


def check_series(request: Request, options: Options, places: Places, observe: Observer) -> tuple[RunReport, Path]:
    """Build every commit of the series for every target; the report, and the directory with its products.

    Raises UserError, InfrastructureError; Interrupted on Ctrl-C or SIGTERM, when every container is gone and every
    finished build is kept.
    """
    started = datetime.now(UTC)
    clock = time.monotonic()
    run = f"{started:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    out = (options.out or Path(".kmatrix") / run).resolve()
    products.check_place(out, "--out")
    matrix = load_matrix(request)
    if options.bisect:
        matrix = replace(matrix, build="bisect")
    series = load_series(request, matrix, places)
    for warning in (*matrix.warnings, *series.warnings):
        observe(StageStarted(text=f"warning: {warning}"))
    prepared = prepare(matrix, series, observe, cache=places.cache)
    with Store.open(places.state) as store:
        store.start_run(_entry(run, series, options, out, started))
        try:
            histories = _build(run, prepared, options, store, places=places, observe=observe)
        except (KeyboardInterrupt, asyncio.CancelledError) as interruption:
            store.finish_run(run, finished=_now(), verdict="interrupted", exit_code=Interrupted.exit_code)
            raise Interrupted from interruption
        except KmatrixError as error:
            store.finish_run(run, finished=_now(), verdict="failed", exit_code=error.exit_code)
            raise
        report = _report(prepared, histories, run, started, time.monotonic() - clock)
        store.finish_run(run, finished=_now(), verdict=report.verdict, exit_code=exit_code(report), report=report)
    return _written(report, out), out


def _written(report: RunReport, out: Path) -> RunReport:
    try:
        return products.write(report, out)
    except InfrastructureError as error:
        kept = f"every result is kept: `kmatrix report {report.run}` shows them"
        raise InfrastructureError(f"{error}\n{kept}") from error


def _entry(run: str, series: Series, options: Options, out: Path, started: datetime) -> NewRun:
    return NewRun(
        id=run,
        title=series.title,
        origin=series.origin,
        out=str(out),
        argv=options.argv,
        started=started.isoformat(timespec="seconds"),
    )


def exit_code(report: RunReport) -> int:
    """0 clean, 1 findings, 3 if nothing bad was found but not everything could be built (DESIGN section 3)."""
    return {"clean": 0, "findings": 1}.get(report.verdict, 3)


def _build(
    run: str, prepared: Prepared, options: Options, store: Store, *, places: Places, observe: Observer
) -> dict[str, TargetHistory]:
    """Every column of the table, by target name."""
    building = Building(
        run=run,
        prepared=prepared,
        plan=make_plan(prepared, store, rebuild=options.rebuild),
        histories={
            fact.target.name: TargetHistory(prepared.series, fact.target, prepared.recipes[fact.target.name])
            for fact in prepared.facts
        },
        store=store,
        places=places,
        jobs=options.jobs,
        observe=observe,
        warm=not options.rebuild,
    )
    if prepared.matrix.build == "bisect":
        Dating(building=building, rebuild=options.rebuild).go()
    else:
        asyncio.run(building.go())
    return building.histories


def _report(
    prepared: Prepared, histories: Mapping[str, TargetHistory], run: str, started: datetime, seconds: float
) -> RunReport:
    results = tuple(result for history in histories.values() for result in history.results)
    verdict = judge(prepared.series, prepared.facts, results, prepared.matrix.fail_on)
    return RunReport(
        run=run,
        tool_version=__version__,
        verdict=verdict.verdict,
        series=prepared.series,
        targets=prepared.facts,
        results=tuple(sorted(results, key=lambda result: result.commit)),
        deltas=verdict.deltas,
        findings=verdict.findings,
        preexisting=verdict.preexisting,
        warnings=(*prepared.matrix.warnings, *prepared.series.warnings),
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 1),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
