"""The table of results: what is reusable under which key, and which rows a clean-up takes."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator.model.result import CellResult, Status
from orchestrator.results import codec, logs
from orchestrator.results.records import ResultKey, Stored
from orchestrator.results.schema import Sql

TOUCH_S = 60.0
"""A result's time of use is written at most this often; the clean-up allows for it."""


def reusable(result: CellResult) -> bool:
    """False for what says nothing about the patch: it must be tried again."""
    return result.status not in (Status.UNKNOWN, Status.NOT_RUN)


def row_key(key: ResultKey, result: CellResult) -> tuple[str, str, str]:
    """(tree, recipe, lineage) as stored: a complete state holds whatever was built before it."""
    return key.tree, key.recipe, "" if result.state.complete else key.lineage


def body_of(result: CellResult) -> bytes:
    """The stored form; the log is a column of its own, so that a moved state directory keeps working."""
    return codec.encode(replace(result, log=""))


def result_of(body: bytes, log: str, log_dir: Path) -> CellResult:
    """A stored result; `log` "" if its file is gone. Raises codec.UndecodableError."""
    path = logs.path_of(log_dir, log)
    return replace(codec.decode(CellResult, body), log=str(path) if log and path.exists() else "")


def find(sql: Sql, key: ResultKey) -> tuple[int, bytes, str, float] | None:
    """(id, body, log digest, last use) of a key's result, a complete one first."""
    row: tuple[int, bytes, str, float] | None = sql.execute(
        """SELECT id, body, log, used FROM result WHERE tree = ? AND recipe = ? AND lineage IN ('', ?)
        ORDER BY lineage LIMIT 1""",
        (key.tree, key.recipe, key.lineage),
    ).fetchone()
    return row


def touch(sql: Sql, result_id: int) -> None:
    """Note that a result is of use now."""
    sql.execute("UPDATE result SET used = ? WHERE id = ?", (time.time(), result_id))


def write(sql: Sql, key: ResultKey, result: CellResult, log: str, log_bytes: int) -> None:
    """Write a reusable result, in place of one of the same key."""
    sql.execute(
        """INSERT INTO result (tree, recipe, lineage, body, log, log_bytes, used) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (tree, recipe, lineage) DO UPDATE SET body = excluded.body, log = excluded.log,
            log_bytes = excluded.log_bytes, used = excluded.used""",
        (*row_key(key, result), body_of(result), log, log_bytes, time.time()),
    )


def id_for_square(sql: Sql, key: ResultKey, result: CellResult, log_dir: Path) -> int:
    """The id of the row that holds `result`: its reusable one, else a new one that only the square refers to."""
    query = "SELECT id FROM result WHERE tree = ? AND recipe = ? AND lineage = ?"
    row = sql.execute(query, row_key(key, result)).fetchone() if reusable(result) else None
    if row:
        touch(sql, row[0])
        return int(row[0])
    log = logs.digest_of(log_dir, result.log)
    log_bytes = Path(result.log).stat().st_size if log and Path(result.log).exists() else 0
    new = sql.execute(
        "INSERT INTO result (body, log, log_bytes, used) VALUES (?, ?, ?, ?) RETURNING id",
        (body_of(result), log, log_bytes, time.time()),
    ).fetchone()
    return int(new[0])


def stored(sql: Sql, live_runs: Sequence[tuple[str, float]]) -> tuple[Stored, ...]:
    """Every result as the clean-up sees it; `live_runs` are (id, begun) of runs that go on.

    What was used since the first of them began counts as theirs: they may have looked it up and not linked it yet.
    """
    begun = min((begun for _, begun in live_runs), default=None)
    ids = [run for run, _ in live_runs]
    linked = {
        row[0]
        for run in ids
        for row in sql.execute("SELECT result FROM square WHERE run = ? AND result IS NOT NULL", (run,)).fetchall()
    }
    rows = sql.execute("SELECT id, used, length(body) + log_bytes FROM result").fetchall()
    return tuple(
        Stored(
            id=row[0],
            used=row[1],
            size=row[2],
            live=row[0] in linked or (begun is not None and row[1] >= begun - 2 * TOUCH_S),
        )
        for row in rows
    )


def delete(sql: Sql, ids: Sequence[int]) -> tuple[int, frozenset[str]]:
    """Remove results; (bytes of their bodies, digests of logs that no other result has)."""
    size, released = 0, set()
    for result_id in ids:
        row = sql.execute("DELETE FROM result WHERE id = ? RETURNING length(body), log", (result_id,)).fetchone()
        size += row[0]
        released.add(row[1])
    return size, frozenset(released - digests(sql))


def digests(sql: Sql) -> frozenset[str]:
    """The digests of all logs that some result or some probe of a bisection has."""
    query = "SELECT log FROM result WHERE log != '' UNION SELECT log FROM probe WHERE log != ''"
    return frozenset(row[0] for row in sql.execute(query).fetchall())
