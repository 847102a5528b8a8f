"""Build directories kept from run to run, as layers of an overlay that later lanes start from (DESIGN D5).

A layer holds what builds wrote since the layer below it. It belongs to all that decides a build directory: the recipe,
and the trees that were built in it, in order. So it is found again by a lane with the same past, and by no other. The
sources' own times belong to it as well: make compares them with its objects.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from orchestrator.execution.scratch import remove_tree
from orchestrator.model.build import BuildOutcome
from orchestrator.results import codec

LIMIT_BYTES = 10 * 1024**3
_OUT, _BODY, _LOG, _USED, _LOCK = "out", "layer", "log.gz", "used", "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What a walk knows of its build directory. `outcome` is that of the last build, its log beside the layer.

    `brought`: since when the sources showed each tree, in seconds since the epoch, rounded up. `below` is the key of
    the next layer down; `size` is bytes of this layer alone.
    """

    configured: bool
    rules_changed: bool
    always_listed: tuple[str, ...] | None
    outcome: BuildOutcome
    brought: tuple[int, ...] = ()
    below: str | None = None
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """`lowers`: directories, uppermost first, that under one overlay show the build directory."""

    key: str
    lowers: tuple[Path, ...]
    remembered: Remembered


def key_of(recipe: str, trees: Sequence[str]) -> str:
    """The name of the layer after building `trees` in this order by this recipe."""
    return hashlib.sha256("\n".join((recipe, *trees)).encode()).hexdigest()[:24]


class WarmBuilds:
    """The layers under `root`, for any number of processes: while anybody holds them, none is removed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextlib.contextmanager
    def held(self) -> Iterator[Self]:
        """Hold the layers: those that were found stay until this is left."""
        self._root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield self
        finally:
            os.close(descriptor)

    def find(self, key: str) -> Layer | None:
        """The layer of this key and all below it; None if any is missing or cannot be read."""
        lowers: list[Path] = []
        top: Remembered | None = None
        below: str | None = key
        while below is not None:
            place = self._root / below
            try:
                remembered = codec.decode(Remembered, (place / _BODY).read_bytes())
                (place / _USED).touch()
            except (OSError, codec.UndecodableError):
                return None
            lowers.append(place / _OUT)
            top = top or replace(remembered, outcome=replace(remembered.outcome, log=str(place / _LOG)))
            below = remembered.below
        assert top is not None
        return Layer(key=key, lowers=tuple(lowers), remembered=top)

    def has(self, key: str) -> bool:
        """Whether there is a layer of this key."""
        return (self._root / key).is_dir()

    def keep(self, key: str, directory: Path, remembered: Remembered) -> Layer | None:
        """Make a layer of `directory`, which must be on the same file system and is moved; None if it cannot be had.

        Never another one's of the same key: its files and the sources that it was built from have other times.
        """
        unnamed = self._root / f".{key}.{os.getpid()}"
        try:
            unnamed.mkdir()
            shutil.copyfile(remembered.outcome.log, unnamed / _LOG)
            kept = replace(remembered, size=_bytes_in(directory))
            (unnamed / _BODY).write_bytes(codec.encode(kept))
            directory.rename(unnamed / _OUT)
            unnamed.rename(self._root / key)
        except OSError:
            remove_tree(unnamed)
            return None
        return self.find(key)

    def trim(self, max_bytes: int = LIMIT_BYTES, oldest: float = 0.0) -> int:
        """Remove what was not used since `oldest` (a Unix time), then the least recently used until `max_bytes` hold.

        How many went: none while anybody holds them.
        """
        if not self._root.is_dir():
            return 0
        descriptor = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return self._remove_beyond(max_bytes, oldest)
        except BlockingIOError:
            return 0
        finally:
            os.close(descriptor)

    def _remove_beyond(self, max_bytes: int, oldest: float) -> int:
        removed = total = 0
        # A layer is used whenever one above it is, so those above are never the younger ones.
        for place in sorted((p for p in self._root.iterdir() if p.is_dir()), key=_last_used, reverse=True):
            size = _size_of(place)
            total += size
            if place.name.startswith(".") or total > max_bytes or _last_used(place)[0] < oldest:
                remove_tree(place)
                total -= size
                removed += 1
        return removed


def _last_used(place: Path) -> tuple[float, str]:
    try:
        return ((place / _USED).stat().st_mtime, place.name)
    except OSError:
        return (0.0, place.name)


def _size_of(place: Path) -> int:
    try:
        return codec.decode(Remembered, (place / _BODY).read_bytes()).size
    except (OSError, codec.UndecodableError):
        return 0


def _bytes_in(directory: Path) -> int:
    return sum(Path(folder, name).lstat().st_blocks * 512 for folder, _, names in os.walk(directory) for name in names)
