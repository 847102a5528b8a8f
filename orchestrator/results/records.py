"""The store's own nouns: the key of a result, a run of the history, what a clean-up freed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultKey:
    """What a result belongs to (DESIGN D7): `tree` id, `recipe` digest, and `lineage(...)` of the lane up to here.

    `lineage` only counts while something is masked: a complete state says what a clean build of `tree` would say.
    """

    tree: str
    recipe: str
    lineage: str


def lineage(trees: Sequence[str]) -> str:
    """A digest of the trees built before in the lane, from the last one with a complete state on (itself included).

    A masked state carries what these left behind (DESIGN D2), so it holds only after the same ones in this order.
    Empty for a lane's first commit; the digest is never "".
    """
    return hashlib.sha256("".join(f"{tree}\n" for tree in trees).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run that starts. `title` and `origin` are the series'.

    `out` is the absolute path of its products, `argv` the command line, `started` an ISO 8601 UTC time.
    """

    id: str
    title: str
    origin: str
    out: str
    argv: tuple[str, ...]
    started: str


class RunState(StrEnum):
    """INTERRUPTED: it never finished and its process is gone (kill -9, power cut)."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run of the history. `started` and `finished` are ISO 8601 UTC, `finished` "" while it is not.

    `out` is the absolute path of its products. `squares` counts the results linked to it so far.
    """

    id: str
    title: str
    origin: str
    out: str
    argv: tuple[str, ...]
    started: str
    state: RunState
    finished: str = ""
    verdict: str = ""
    exit_code: int | None = None
    squares: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """What a clean-up removed; `bytes` counts stored results and logs."""

    runs: int = 0
    results: int = 0
    logs: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A stored result as the clean-up sees it. `used` is a Unix time; `size` counts body and log; `live`: keep it."""

    id: int
    used: float
    size: int
    live: bool


def disposable(rows: Sequence[Stored], oldest: float, max_bytes: int | None) -> tuple[int, ...]:
    """Ids to remove: all that were not used since `oldest`, then the least recently used until `max_bytes` hold.

    What a live run uses (`live`) stays even when the limit is then exceeded.
    """
    total = sum(row.size for row in rows)
    doomed = []
    for row in sorted(rows, key=lambda row: (row.used, row.id)):
        too_much = max_bytes is not None and total > max_bytes
        if not row.live and (row.used < oldest or too_much):
            doomed.append(row.id)
            total -= row.size
    return tuple(doomed)
