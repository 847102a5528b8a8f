"""The gzip'd build logs beside the database: `logs/<aa>/<digest>.log.gz`, named by the SHA-256 of the file.

A log is written under a temporary name, forced to disk and renamed, so a log that exists is whole.
"""

import contextlib
import gzip
import hashlib
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

from orchestrator.errors import InfrastructureError
from orchestrator.results import liveness

_DAY_S = 86400.0
_SUFFIX = ".log.gz"


def stage(logs: Path, log: Path | bytes) -> tuple[Path, str, int]:
    """Write gzip'd `log` (a file to copy, or its bytes) to a temporary name under `logs`.

    Returns (temporary path, digest, size). Raises OSError; nothing is left behind then.
    """
    prefix = f"tmp-{liveness.my_mark()}-"
    with tempfile.NamedTemporaryFile(dir=logs, prefix=prefix, delete=False) as staged:
        path = Path(staged.name)
        try:
            if isinstance(log, bytes):
                staged.write(log)
            else:
                with log.open("rb") as source:
                    shutil.copyfileobj(source, staged, 1 << 20)
            staged.flush()
            os.fsync(staged.fileno())
            with path.open("rb") as written:
                return path, hashlib.file_digest(written, "sha256").hexdigest(), path.stat().st_size
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def publish(logs: Path, staged: Path, digest: str) -> None:
    """Give a staged log its name, durably. Raises OSError."""
    final = path_of(logs, digest)
    final.parent.mkdir(exist_ok=True)
    staged.replace(final)
    directory = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def path_of(logs: Path, digest: str) -> Path:
    """Where the log of this digest is or would be."""
    return logs / digest[:2] / f"{digest}{_SUFFIX}"


def digest_of(logs: Path, path: str) -> str:
    """The digest of a log of this store, "" for any other path."""
    digest = Path(path).name.removesuffix(_SUFFIX)
    return digest if path and path_of(logs, digest) == Path(path) else ""


def sweep(logs: Path) -> None:
    """Remove temporary files whose writer is gone, or that are older than a day."""
    for path in logs.glob("tmp-*"):
        mark = path.name.removeprefix("tmp-").rpartition("-")[0]
        with contextlib.suppress(OSError):
            if not liveness.alive(mark) or path.stat().st_mtime < time.time() - _DAY_S:
                path.unlink(missing_ok=True)


def remove_orphans(logs: Path, referenced: AbstractSet[str], released: AbstractSet[str]) -> tuple[int, int]:
    """Remove every log but those of the digests `referenced`; (files, bytes) removed. Raises OSError.

    One younger than a day that is not `released` stays: it may be there for a result that is yet to be written.
    """
    files = size = 0
    for path in logs.glob(f"??/*{_SUFFIX}"):
        digest, status = path.name.removesuffix(_SUFFIX), path.stat()
        if digest not in referenced and (digest in released or status.st_mtime < time.time() - _DAY_S):
            path.unlink(missing_ok=True)
            files, size = files + 1, size + status.st_size
    return files, size


def lines(path: Path) -> Iterator[str]:
    """The lines of a gzip'd log, with their ends, undecodable bytes as lone surrogates.

    Raises InfrastructureError when the file is missing, unreadable, or stops short; all that can be read comes first.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8", errors="surrogateescape", newline="\n") as log:
            yield from log
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InfrastructureError(
            f"{path}: the log is damaged or cut short ({error}); what came before this point is all there is.\n"
            "Delete the file and run the same command again to build that commit anew."
        ) from error
    except OSError as error:
        raise InfrastructureError(f"{path}: cannot read the log: {error.strerror or error}") from error
