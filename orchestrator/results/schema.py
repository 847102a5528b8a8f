"""The database's tables, as the steps that led to them; `PRAGMA user_version` counts the steps taken.

A step that was released is never edited: a change is one more step at the end.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol


class Rows(Protocol):
    """What a query gives."""

    def fetchone(self) -> Any:
        """The next row, None after the last."""

    def fetchall(self) -> list[Any]:
        """All rows left."""


class Sql(Protocol):
    """The part of a database connection that the tables' modules use; `store` alone knows whose it is."""

    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Rows:
        """Run one statement."""

    def executemany(self, query: str, values: Iterable[Sequence[Any]], /) -> Rows:
        """Run one statement for each row of values."""


APPLICATION_ID = 0x6B6D7478  # "kmtx": tells our file from any other SQLite database

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # `tree` is NULL for a result that only a run's history shows (unknown, not-run): NULLs are never equal, so
        # the unique index leaves these alone. `lineage` is '' for a complete state. `used` is a Unix time.
        """CREATE TABLE result (
            id INTEGER PRIMARY KEY,
            tree TEXT, recipe TEXT, lineage TEXT,
            body BLOB NOT NULL,
            log TEXT NOT NULL, log_bytes INTEGER NOT NULL,
            used REAL NOT NULL,
            UNIQUE (tree, recipe, lineage)
        ) STRICT""",
        "CREATE INDEX result_log ON result (log)",
        """CREATE TABLE run (
            id TEXT PRIMARY KEY,
            about BLOB NOT NULL,
            begun REAL NOT NULL, process TEXT NOT NULL,
            finished TEXT, verdict TEXT, exit_code INTEGER, report BLOB
        ) STRICT""",
        # A square outlives its result: the history still says that it was there after the clean-up took it.
        """CREATE TABLE square (
            run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            number INTEGER NOT NULL, target TEXT NOT NULL,
            sha TEXT NOT NULL,
            origin TEXT NOT NULL,
            result INTEGER REFERENCES result (id) ON DELETE SET NULL,
            PRIMARY KEY (run, number, target)
        ) STRICT""",
        "CREATE INDEX square_result ON square (result)",
    ),
    (
        # A mail outlives the run it came from: who got it is to be known for as long as the store is.
        """CREATE TABLE sent (
            mail TEXT NOT NULL, recipient TEXT NOT NULL,
            sure INTEGER NOT NULL, at REAL NOT NULL,
            run TEXT NOT NULL, subject TEXT NOT NULL,
            PRIMARY KEY (mail, recipient)
        ) STRICT""",
    ),
    (
        # `about` says what is sought and where, each probe's `body` what it answered; see results/bisections.py.
        """CREATE TABLE bisection (
            id TEXT PRIMARY KEY,
            about BLOB NOT NULL,
            begun REAL NOT NULL, process TEXT NOT NULL,
            finished INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE probe (
            bisection TEXT NOT NULL REFERENCES bisection (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            body BLOB NOT NULL, log TEXT NOT NULL,
            PRIMARY KEY (bisection, number)
        ) STRICT""",
        "CREATE INDEX probe_log ON probe (log)",
    ),
)
