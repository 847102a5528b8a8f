"""Results that outlive a run (DESIGN D7): `kmatrix.db` (SQLite, WAL) and `logs/` under one state directory.

The only sqlite3 import. Whatever a call wrote is on disk before it returns, so killing the program at any moment loses
at most what was in flight.
"""

import errno
import shlex
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator.errors import InfrastructureError
from orchestrator.model.result import CellResult, Origin
from orchestrator.model.verdict import RunReport
from orchestrator.results import bisections, codec, history, liveness, logs, sent, shelf
from orchestrator.results.bisections import Resumable
from orchestrator.results.records import Freed, NewRun, ResultKey, RunRecord, disposable
from orchestrator.results.schema import APPLICATION_ID, MIGRATIONS, Sql
from orchestrator.results.sent import SentMail

_DAY_S = 86400.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_FORBIDDEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}


class Store:
    """For any number of threads and processes at once.

    Every method raises InfrastructureError, with what to do, when the file is damaged, the disk full, the directory
    read-only, or another process keeps the database locked. Nothing that is damaged is ever deleted.
    """

    def __init__(self, state_dir: Path, connection: sqlite3.Connection) -> None:
        self._database = state_dir / "kmatrix.db"
        self._logs = state_dir / "logs"
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, state_dir: Path, *, patience_s: float = 60.0) -> Self:
        """Open the store, making or migrating it. `patience_s`: how long to wait for another process's write.

        A store that is damaged, not ours or of a newer version is left as it is.
        """
        state_dir = state_dir.absolute()
        with _faults(state_dir / "kmatrix.db"):
            (state_dir / "logs").mkdir(mode=0o700, parents=True, exist_ok=True)
            with liveness.alone(state_dir / "lock", patience_s):
                connection = _connect(state_dir / "kmatrix.db", patience_s)
                logs.sweep(state_dir / "logs")
        return cls(state_dir, connection)

    def close(self) -> None:
        """Close the database; the store is of no use afterwards."""
        with self._reading():
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def known(self, key: ResultKey) -> CellResult | None:
        """The stored result of this key, a complete one of the same tree and recipe first; None if there is none.

        Its `origin` is REUSED, its `commit` and `target` are those it was stored with (the caller's may differ), its
        `log` is a path in the store, "" if that file is gone.
        """
        with self._reading() as sql:
            row = shelf.find(sql, key)
            if row is None:
                return None
            result_id, body, log, used = row
            result = shelf.result_of(body, log, self._logs)
            if used < time.time() - shelf.TOUCH_S:
                with self._writing() as writer:
                    shelf.touch(writer, result_id)
        return replace(result, origin=Origin.REUSED)

    def put(self, key: ResultKey, result: CellResult, log: Path | bytes | None) -> CellResult:
        """Keep a result and its gzip'd log (a file, which stays, or bytes); the result, its `log` a path in the store.

        Of an UNKNOWN or NOT_RUN result only the log is kept: it must be tried again. An older result of the same key
        is replaced.
        """
        if log is None:
            kept = replace(result, log="")
            if shelf.reusable(result):
                with self._writing() as sql:
                    shelf.write(sql, key, kept, "", 0)
            return kept
        with _faults(self._database):
            staged, digest, size = logs.stage(self._logs, log)
            kept = replace(result, log=str(logs.path_of(self._logs, digest)))
            try:
                # The log gets its name inside the transaction: a clean-up in another process holds the same lock.
                with self._writing() as sql:
                    logs.publish(self._logs, staged, digest)
                    if shelf.reusable(result):
                        shelf.write(sql, key, kept, digest, size)
            finally:
                staged.unlink(missing_ok=True)
        return kept

    def start_run(self, run: NewRun) -> None:
        """Enter a run of this process into the history. UserError if its id is taken."""
        with self._writing() as sql:
            history.start(sql, run)

    def link(self, run_id: str, sha: str, key: ResultKey, result: CellResult) -> None:
        """Say that the square (`result.commit`, `result.target`) of a run shows this result (from `put` or `known`).

        `sha` is the commit's. A result that is not stored under `key` is kept with the square.
        """
        with self._writing() as sql:
            history.link(sql, run_id, sha, result, shelf.id_for_square(sql, key, result, self._logs))

    def finish_run(
        self, run_id: str, *, finished: str, verdict: str, exit_code: int, report: RunReport | None = None
    ) -> None:
        """Close a run at `finished` (ISO 8601 UTC). `report` can be had again: link all its results first."""
        with self._writing() as sql:
            history.finish(sql, run_id, finished=finished, verdict=verdict, exit_code=exit_code, report=report)

    def runs(self) -> tuple[RunRecord, ...]:
        """The history, newest first. A run that never finished and whose process is gone is INTERRUPTED."""
        with self._reading() as sql:
            return history.records(sql)

    def find_run(self, name: str = "last") -> RunRecord:
        """The run of this id or unique prefix of one; "last" is the newest. UserError if there is none."""
        return history.choose(self.runs(), name)

    def squares(self, run_id: str) -> tuple[CellResult, ...]:
        """The results linked to a run so far, by commit and then target, with that run's commit, target and origin.

        One that a clean-up took in the meantime is NOT_RUN and says so in `detail`.
        """
        with self._reading() as sql:
            return history.squares(sql, run_id, self._logs)

    def report(self, run_id: str) -> RunReport:
        """The report a run ended with. UserError if it ended without one (it was interrupted, or failed)."""
        with self._reading() as sql:
            return history.report(sql, run_id, self._logs)

    def log_path(self, run_id: str, commit: str, target: str) -> Path:
        """The log of a square. `commit`: its number in the series (0: the base), or a unique prefix of its sha.

        UserError if there is no such square, or it has no log; InfrastructureError if the file is gone.
        """
        with self._reading() as sql:
            path = logs.path_of(self._logs, history.log_digest(sql, run_id, commit, target))
        if not path.exists():
            raise InfrastructureError(f"{path}: the log file is gone; something other than kmatrix removed it")
        return path

    def sending(
        self, key: str, recipients: tuple[str, ...], *, run: str, subject: str, again: bool = False
    ) -> tuple[str, ...]:
        """Note that a mail is about to be handed over; whom it is to go to. See `sent.begin`."""
        with self._writing() as sql:
            return sent.begin(sql, key, recipients, run=run, subject=subject, again=again)

    def sent(self, key: str, *, accepted: tuple[str, ...], refused: tuple[str, ...]) -> None:
        """Note what became of it; whoever is in neither stays unsure."""
        with self._writing() as sql:
            sent.settle(sql, key, accepted=accepted, refused=refused)

    def recipients(self, key: str) -> tuple[SentMail, ...]:
        """To whom a mail went, or may have gone."""
        with self._reading() as sql:
            return sent.of_mail(sql, key)

    def mails_since(self, begun: float) -> int:
        """How many mails were handed over since then (a Unix time)."""
        with self._reading() as sql:
            return sent.since(sql, begun)

    def start_bisection(self, bisection: str, about: bytes) -> None:
        """Enter a bisection of this process; `about` is all it takes to go on with it."""
        with self._writing() as sql:
            bisections.start(sql, bisection, about)

    def keep_probe(self, bisection: str, number: int, body: bytes, log: Path | None) -> str:
        """Keep what a probe answered, and its gzip'd log (a file, which stays); the log's path in the store or ""."""
        if log is None:
            with self._writing() as sql:
                bisections.keep(sql, bisection, number, body, "")
            return ""
        with _faults(self._database):
            staged, digest, _ = logs.stage(self._logs, log)
            try:
                with self._writing() as sql:
                    logs.publish(self._logs, staged, digest)
                    bisections.keep(sql, bisection, number, body, digest)
            finally:
                staged.unlink(missing_ok=True)
        return str(logs.path_of(self._logs, digest))

    def finish_bisection(self, bisection: str) -> None:
        """There is nothing left to go on with."""
        with self._writing() as sql:
            bisections.finish(sql, bisection)

    def unfinished_bisection(self, name: str) -> Resumable:
        """The one of this id or unique prefix of one, or the latest ("last"), now this process's; UserError if none."""
        with self._writing() as sql:
            return bisections.resume(sql, name, self._logs)

    def gc(self, *, max_age_days: float, max_bytes: int | None = None) -> Freed:
        """Remove runs and results not used for `max_age_days`, then the least recently used until `max_bytes` hold.

        What a live run uses stays, even when the limit is then exceeded; so does the log of every result that stays.
        """
        oldest = time.time() - max_age_days * _DAY_S
        with self._lock:
            with self._writing() as sql:
                live, old = history.live_and_old(sql, oldest)
                history.delete(sql, old)
                bisections.delete(sql, oldest)
                doomed = disposable(shelf.stored(sql, live), oldest, max_bytes)
                bodies, released = shelf.delete(sql, doomed)
            # Rows first, files second: killed in between, a file is left over, never a row without its log.
            with self._writing() as sql:
                files, size = logs.remove_orphans(self._logs, shelf.digests(sql), released)
            with self._reading():  # a script, because `execute` stops after the first page
                self._connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
        return Freed(runs=len(old), results=len(doomed), logs=files, bytes=bodies + size)

    def problems(self) -> tuple[str, ...]:
        """What SQLite's own check finds wrong with the file; empty if it is sound. Reads all of it."""
        with self._reading() as sql:
            found = sql.execute("PRAGMA integrity_check").fetchall()
            found += sql.execute("PRAGMA foreign_key_check").fetchall()
        return tuple(str(row[0]) for row in found if row[0] != "ok")

    @contextmanager
    def _reading(self) -> Iterator[Sql]:
        with self._lock, _faults(self._database):
            yield self._connection

    @contextmanager
    def _writing(self) -> Iterator[Sql]:
        with self._lock, _faults(self._database), _transaction(self._connection):
            yield self._connection


def _connect(database: Path, patience_s: float) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < (3, 37):
        raise InfrastructureError(
            f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or later is needed (STRICT tables)"
        )
    _refuse_stump(database)
    connection = sqlite3.connect(database, timeout=patience_s, isolation_level=None, check_same_thread=False)
    try:
        _refuse_foreign(connection, database)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # heeded in an empty database only
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        missing = MIGRATIONS[_version(connection) :]
        if missing:
            with _transaction(connection):
                for statement in (statement for step in missing for statement in step):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_stump(database: Path) -> None:
    """SQLite takes a file shorter than a page for an empty database, and then drops the journal beside it."""
    size = database.stat().st_size if database.is_file() else 0
    journal = database.with_name(f"{database.name}-wal")
    if 0 < size < 512 or (size == 0 and journal.is_file() and journal.stat().st_size):
        raise InfrastructureError(f"{database}: {size} bytes are no database. {_DAMAGE} {_aside(database)}")


def _refuse_foreign(connection: sqlite3.Connection, database: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != APPLICATION_ID:
        raise InfrastructureError(f"{database}: this is a database of another program; {_aside(database)}")
    if _version(connection) > len(MIGRATIONS):
        raise InfrastructureError(
            f"{database}: written by a newer kmatrix (store version {_version(connection)}, this one knows "
            f"{len(MIGRATIONS)}). Use that kmatrix. {_aside(database)}"
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE takes the write lock at once: a later upgrade from reading to writing could not wait for it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself may have rolled back: a full disk
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _faults(database: Path) -> Iterator[None]:
    """What goes wrong with files and SQLite inside, as an InfrastructureError: what, which file, what to do."""
    try:
        yield
    except codec.UndecodableError as error:
        raise InfrastructureError(f"{database}: a stored result cannot be read: {error}. {_aside(database)}") from error
    except sqlite3.Error as error:
        raise InfrastructureError(f"{database}: {error}. {_advice(error, database)}") from error
    except OSError as error:
        what = error.strerror or str(error)
        advice = _FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else _PERMISSION.format(directory=database.parent)
        raise InfrastructureError(f"{error.filename or database}: {what}. {advice}") from error


_DAMAGE = "The file is damaged; nothing was deleted."
_FULL = "What was stored before is safe; free some space (`kmatrix gc` removes old results) and run the same again"
_PERMISSION = "kmatrix must be able to write in {directory}; XDG_STATE_HOME names another place"


def _advice(error: sqlite3.Error, database: Path) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _DAMAGED:
        return f"{_DAMAGE} {_aside(database)}"
    if code == sqlite3.SQLITE_FULL:
        return _FULL
    if code in _BUSY:
        return (
            f"Another kmatrix keeps the database locked; wait for it, or see `fuser {database}`, and run the same again"
        )
    if code in _FORBIDDEN:
        return _PERMISSION.format(directory=database.parent)
    return "If this happens again, report it with the output of `kmatrix doctor`"


def _aside(database: Path) -> str:
    old = shlex.quote(str(database.parent))
    new = shlex.quote(f"{database.parent}.old")
    return f"To keep it and begin anew: mv {old} {new}"
