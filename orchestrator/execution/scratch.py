"""A run's scratch directory, and what earlier runs left behind.

A run owns <cache>/lanes/<run>/ and holds a lock in it for as long as it lives. Containers and volumes carry the run and
this directory as labels. Whoever starts removes what belongs to a directory of the same cache that nobody locks:
a lock dies with its process, where a pid could have been given to someone else.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrator.containers.engine import Client, engine_errors, suppress_gone
from orchestrator.containers.sandbox import ERRAND_LABEL, LABEL, OWNER_LABEL, remove_as_root
from orchestrator.errors import InfrastructureError

_LOCK = "lock"
ERRAND_LASTS = timedelta(minutes=1)
IMAGE_FILE = "image"


@contextlib.contextmanager
def scratch(cache_dir: Path, run: str) -> Iterator[Path]:
    """The run's own directory, locked while inside; removed on leaving."""
    directory = cache_dir / "lanes" / run
    # Locked before it gets its name: a directory without a lock is taken for a dead run's.
    unnamed = directory.with_name(f".{run}")
    try:
        unnamed.mkdir(parents=True)
        descriptor = os.open(unnamed / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        unnamed.rename(directory)
    except OSError as error:
        raise InfrastructureError(f"{directory}: {error.strerror}: cannot make the run's scratch directory") from error
    try:
        yield directory
    finally:
        remove_tree(directory)
        os.close(descriptor)


def labels(run: str, directory: Path) -> dict[str, str]:
    """What every container and volume of a run carries."""
    return {LABEL: run, OWNER_LABEL: str(directory)}


def reap(client: Client, cache_dir: Path) -> tuple[str, ...]:
    """Remove the containers, volumes and scratch directories of dead runs of this cache; returns their run ids."""
    lanes = cache_dir / "lanes"
    dead: set[str] = set()
    with engine_errors("looking for what earlier runs left"):
        _reap_errands(client)
        for container in client.containers.list(all=True, filters={"label": OWNER_LABEL}, ignore_removed=True):
            if _is_dead(lanes, container.labels.get(OWNER_LABEL, "")):
                dead.add(container.labels.get(LABEL, ""))
                with suppress_gone():
                    container.remove(force=True)
        for volume in client.volumes.list(filters={"label": OWNER_LABEL}):
            owner = (volume.attrs.get("Labels") or {}).get(OWNER_LABEL, "")
            if _is_dead(lanes, owner):
                dead.add((volume.attrs.get("Labels") or {}).get(LABEL, ""))
                with suppress_gone():
                    volume.remove(force=True)
    for directory in lanes.iterdir() if lanes.is_dir() else ():
        if not directory.name.startswith(".") and _is_dead(lanes, str(directory)):
            dead.add(directory.name)
            for work in directory.glob("*/*/work"):
                clear_overlay(client, work.parent)
            remove_tree(directory)
    return tuple(sorted(dead))


def _reap_errands(client: Client) -> None:
    """Remove containers for an errand that nobody started, or fetched, in a minute: their process was killed."""
    idle: dict[str, str | list[str] | bool] = {"label": ERRAND_LABEL, "status": ["created", "exited", "dead"]}
    for container in client.containers.list(all=True, filters=idle, ignore_removed=True):
        created = datetime.fromisoformat(f"{container.attrs['Created'][:19]}+00:00")
        if datetime.now(UTC) - created > ERRAND_LASTS:
            with suppress_gone():
                container.remove(force=True)


def _is_dead(lanes: Path, directory: str) -> bool:
    """True if that is a scratch directory of this cache and no process holds its lock."""
    path = Path(directory)
    if path.parent != lanes:
        return False
    try:
        descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def clear_overlay(client: Client, lane: Path) -> None:
    """Remove the work directory of a lane's overlay; `lane`/image names an image to do it with.

    It is root's, mode 000. Empty, it goes with write permission on its parent; holding whiteouts, only root can.
    """
    work = lane / "work"
    try:
        (work / "work").rmdir()
    except FileNotFoundError:
        return
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            remove_as_root(client, (lane / IMAGE_FILE).read_text(), str(work), "work")


def remove_tree(directory: Path) -> None:
    """Remove a directory in which a build may have closed folders to itself."""
    shutil.rmtree(directory, onerror=_make_way)


def _make_way(_function: object, path: str, _info: object) -> None:
    """Second try after giving ourselves permission on the parent; what still refuses is left to the next reaping."""
    target = Path(path)
    with contextlib.suppress(OSError):
        target.parent.chmod(0o700)
        if target.is_dir() and not target.is_symlink():
            target.chmod(0o700)
            shutil.rmtree(target, ignore_errors=True)
        else:
            target.unlink()
