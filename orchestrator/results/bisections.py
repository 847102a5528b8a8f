"""The tables of bisections: what is kept of one so that it can go on after a kill -9, no probe repeated."""

import time
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import UserError
from orchestrator.results import liveness, logs
from orchestrator.results.schema import Sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumable:
    """A bisection to go on with. `probes` are (body, path of the log or ""), in the order they were kept."""

    id: str
    about: bytes
    probes: tuple[tuple[bytes, str], ...]


def start(sql: Sql, bisection: str, about: bytes) -> None:
    """Enter a bisection of this process."""
    sql.execute(
        "INSERT INTO bisection (id, about, begun, process, finished) VALUES (?, ?, ?, ?, 0)",
        (bisection, about, time.time(), liveness.my_mark()),
    )


def keep(sql: Sql, bisection: str, number: int, body: bytes, log: str) -> None:
    """Write down an answer; `log` is the digest of its log or ""."""
    sql.execute("INSERT INTO probe (bisection, number, body, log) VALUES (?, ?, ?, ?)", (bisection, number, body, log))


def finish(sql: Sql, bisection: str) -> None:
    """Mark as done."""
    sql.execute("UPDATE bisection SET finished = 1 WHERE id = ?", (bisection,))


def resume(sql: Sql, name: str, log_dir: Path) -> Resumable:
    """Take over an unfinished bisection whose process is gone. UserError if there is none of that name."""
    rows = sql.execute(
        "SELECT id, about, process FROM bisection WHERE finished = 0 ORDER BY begun DESC, rowid DESC"
    ).fetchall()
    left = [row for row in rows if not liveness.alive(row[2]) or row[2] == liveness.my_mark()]
    found = left[:1] if name == "last" else [row for row in left if name and row[0].startswith(name)]
    if len(found) != 1:
        there = ", ".join(row[0] for row in left) or "none"
        raise UserError(f"--continue {name}: not one bisection to go on with; unfinished ones: {there}")
    sql.execute("UPDATE bisection SET process = ? WHERE id = ?", (liveness.my_mark(), found[0][0]))
    probes = sql.execute("SELECT body, log FROM probe WHERE bisection = ? ORDER BY number", (found[0][0],)).fetchall()
    return Resumable(
        id=found[0][0],
        about=found[0][1],
        probes=tuple((body, str(logs.path_of(log_dir, log)) if log else "") for body, log in probes),
    )


def delete(sql: Sql, oldest: float) -> None:
    """Forget those that began before `oldest` and do not go on."""
    rows = sql.execute("SELECT id, process FROM bisection WHERE begun < ?", (oldest,)).fetchall()
    sql.executemany("DELETE FROM bisection WHERE id = ?", [(row[0],) for row in rows if not liveness.alive(row[1])])
