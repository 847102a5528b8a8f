"""What a user may ask of a series beyond its name."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Leniency:
    """How far a patch may be bent to apply: a three-way merge of its blobs, or `fuzz` lines of context unread."""

    three_way: bool = False
    fuzz: int = 0


STRICT = Leniency()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesOptions:
    """The options of `kmatrix run` and `plan` that are about SERIES.

    `base` is a revision. `candidates` are refs to try (globs too); none means HEAD, its upstream and the newest
    branches. `prerequisites` are mailboxes, ranges or message-ids to apply first. `version` is the version to take
    (None: the newest), `pick` names one of several series. `archives` are public-inbox repositories or maildirs to
    look message-ids up in.
    """

    base: str | None = None
    candidates: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    version: int | None = None
    pick: str | None = None
    allow_missing: bool = False
    trailers: bool = False
    leniency: Leniency = STRICT
    first_parent: bool = False
    archives: tuple[Path, ...] = ()


ONE_COMPLETE_SERIES = SeriesOptions()
"""Nothing asked for: the newest version of the one series there is."""
