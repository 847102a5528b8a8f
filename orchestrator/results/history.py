"""The tables of runs and of their squares: what was run when, what came of it, and which result each square shows."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.errors import UserError
from orchestrator.model.result import CellResult, LaneState, Origin, Status
from orchestrator.model.verdict import RunReport
from orchestrator.results import codec, liveness, shelf
from orchestrator.results.records import NewRun, RunRecord, RunState
from orchestrator.results.schema import Sql

_SHORTEST_SHA = 4  # as git has it; commit 6 that is not there is not the one whose sha begins with a 6
_GONE = "removed by `kmatrix gc`; run the series again to have it back"


def start(sql: Sql, run: NewRun) -> None:
    """Enter a run of this process. UserError if its id is taken."""
    if sql.execute("SELECT 1 FROM run WHERE id = ?", (run.id,)).fetchone():
        raise UserError(f"a run called {run.id} is in the history already; choose another name")
    sql.execute(
        "INSERT INTO run (id, about, begun, process) VALUES (?, ?, ?, ?)",
        (run.id, codec.encode(run), time.time(), liveness.my_mark()),
    )


def finish(sql: Sql, run_id: str, *, finished: str, verdict: str, exit_code: int, report: RunReport | None) -> None:
    """Close a run. The results of the report are left out: the run's squares have them."""
    body = codec.encode(replace(report, results=())) if report else None
    sql.execute(
        "UPDATE run SET finished = ?, verdict = ?, exit_code = ?, report = ? WHERE id = ?",
        (finished, verdict, exit_code, body, run_id),
    )


def records(sql: Sql) -> tuple[RunRecord, ...]:
    """All runs, newest first."""
    rows = sql.execute(
        """SELECT about, process, finished, verdict, exit_code, (SELECT count(*) FROM square WHERE run = run.id)
        FROM run ORDER BY begun DESC, rowid DESC"""
    ).fetchall()
    return tuple(_record(*row) for row in rows)


def _record(about: bytes, process: str, finished: str | None, *rest: Any) -> RunRecord:
    run = codec.decode(NewRun, about)
    verdict, exit_code, squares = rest
    ended = RunState.FINISHED if finished is not None else RunState.INTERRUPTED
    return RunRecord(
        id=run.id,
        title=run.title,
        origin=run.origin,
        out=run.out,
        argv=run.argv,
        started=run.started,
        state=RunState.RUNNING if finished is None and liveness.alive(process) else ended,
        finished=finished or "",
        verdict=verdict or "",
        exit_code=exit_code,
        squares=squares,
    )


def choose(runs: tuple[RunRecord, ...], name: str) -> RunRecord:
    """The run of this id or unique prefix of one; "last" is the newest. UserError says what there is instead."""
    if name == "last" and runs:
        return runs[0]
    found = [run for run in runs if run.id == name] or [run for run in runs if name and run.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    if not runs:
        raise UserError("there is no run in the history yet; `kmatrix run` makes one")
    if found:
        raise UserError(
            f"{name!r} matches {len(found)} runs ({', '.join(run.id for run in found)}); give more of the id"
        )
    raise UserError(f"there is no run {name!r}; `kmatrix runs` lists what there is")


def link(sql: Sql, run_id: str, sha: str, result: CellResult, result_id: int) -> None:
    """Say which result the square (`result.commit`, `result.target`) of a run shows."""
    sql.execute(
        """INSERT INTO square (run, number, target, sha, origin, result) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (run, number, target)
        DO UPDATE SET sha = excluded.sha, origin = excluded.origin, result = excluded.result""",
        (run_id, result.commit, result.target, sha, result.origin.value, result_id),
    )


def squares(sql: Sql, run_id: str, log_dir: Path) -> tuple[CellResult, ...]:
    """A run's results by commit and then target. One that a clean-up took is NOT_RUN and says so in `detail`."""
    rows = sql.execute(
        """SELECT number, target, origin, body, log FROM square LEFT JOIN result ON result.id = square.result
        WHERE run = ? ORDER BY number, target""",
        (run_id,),
    ).fetchall()
    return tuple(_square(row, log_dir) for row in rows)


def _square(row: tuple[int, str, str, bytes | None, str], log_dir: Path) -> CellResult:
    number, target, origin, body, log = row
    if body is None:
        return CellResult(
            commit=number,
            target=target,
            status=Status.NOT_RUN,
            origin=Origin(origin),
            state=LaneState(all_masked=True),
            detail=_GONE,
        )
    result = replace(shelf.result_of(body, log, log_dir), commit=number, target=target, origin=Origin(origin))
    if result.origin is Origin.UNAFFECTED:  # shares the row of the commit that was built before it
        return replace(result, seconds=0.0, log="", attempted=())
    return result


def report(sql: Sql, run_id: str, log_dir: Path) -> RunReport:
    """The report a run ended with. UserError if it has none."""
    row = sql.execute("SELECT report FROM run WHERE id = ?", (run_id,)).fetchone()
    if row is None or row[0] is None:
        raise UserError(f"run {run_id} has no report: it did not get to its end. Its `kmatrix run` again continues it")
    without_results = codec.decode(RunReport, row[0])
    there = {(square.commit, square.target): square for square in squares(sql, run_id, log_dir)}
    names = [facts.target.name for facts in without_results.targets]
    order = [(commit.index, name) for commit in without_results.series.all for name in names]
    return replace(without_results, results=tuple(there[place] for place in order if place in there))


def log_digest(sql: Sql, run_id: str, commit: str, target: str) -> str:
    """The digest of a square's log. `commit`: number in the series, or a unique prefix of a sha. UserError if none."""
    rows = sql.execute(
        """SELECT number, sha, log FROM square LEFT JOIN result ON result.id = square.result
        WHERE run = ? AND target = ?""",
        (run_id, target),
    ).fetchall()
    by_sha = [row for row in rows if len(commit) >= _SHORTEST_SHA and row[1].startswith(commit.lower())]
    found = [row for row in rows if str(row[0]) == commit] or by_sha
    if len(found) != 1:
        how_many = f"{len(found)} commits" if found else "no commit"
        raise UserError(
            f"run {run_id} has {how_many} {commit!r} in cell {target!r}; `kmatrix report` shows what it has"
        )
    if not found[0][2]:
        raise UserError(
            f"commit {commit} of run {run_id} has no log in {target}: it was not built there, or gc took it"
        )
    return str(found[0][2])


def live_and_old(sql: Sql, oldest: float) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
    """((id, begun) of runs that go on, ids of other runs that began before `oldest`)."""
    rows = sql.execute("SELECT id, begun, process, finished FROM run").fetchall()
    live = tuple((row[0], row[1]) for row in rows if row[3] is None and liveness.alive(row[2]))
    going_on = {run for run, _ in live}
    return live, tuple(row[0] for row in rows if row[1] < oldest and row[0] not in going_on)


def delete(sql: Sql, run_ids: tuple[str, ...]) -> None:
    """Forget runs and their squares."""
    sql.executemany("DELETE FROM run WHERE id = ?", [(run_id,) for run_id in run_ids])
