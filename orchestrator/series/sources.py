"""Files that hold patches: an mbox (gzip too, as lore gives it), a maildir, a directory of patches, a quilt series."""

import gzip
import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from orchestrator.errors import SeriesError, UserError

_MOST_BYTES = 256 * 1024 * 1024
_SUFFIXES = (".patch", ".eml", ".mbox", ".mbx", ".diff")
_DIGITS = re.compile(r"(\d+)")


def read_files(path: Path) -> list[tuple[str, bytes]]:
    """The files at `path` that may hold patches, as (name, content), in order; the name of an mbox file is its own.

    Directories: cur/ and new/ of a maildir; the files that a quilt `series` lists; else all of the first suffix of
    .patch, .eml, .mbox, .mbx, .diff that occurs, numbers in names sorted as numbers. Raises UserError.
    """
    try:
        files = list(_files(path)) if path.is_dir() else [path]
        return [(_shown(file.name), _read(file)) for file in files]
    except OSError as error:
        raise UserError(f"{error.filename or path}: cannot be read ({error.strerror or error})") from error


def _files(directory: Path) -> Iterator[Path]:
    if (directory / "cur").is_dir() and (directory / "new").is_dir():
        mails = [file for sub in ("new", "cur") for file in (directory / sub).iterdir() if file.is_file()]
        yield from sorted((file for file in mails if not file.name.startswith(".")), key=lambda file: file.name)
        return
    if (directory / "series").is_file():
        yield from _quilt(directory)
        return
    files = sorted((file for file in directory.iterdir() if file.is_file()), key=_natural)
    for suffix in _SUFFIXES:
        if found := [file for file in files if file.suffix == suffix]:
            yield from found
            return
    hint = " (a work tree is given with --tree)" if (directory / ".git").exists() else ""
    raise SeriesError(
        f"{directory}: no patches in this directory{hint}; expected files {', '.join('*' + s for s in _SUFFIXES)}, "
        "a maildir (cur/ and new/) or a quilt `series` file"
    )


def _quilt(directory: Path) -> Iterator[Path]:
    """quilt(1): one patch a line, `#` starts a comment, options such as -p1 may follow the name."""
    for number, line in enumerate((directory / "series").read_text("utf-8", "replace").splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if any(word.startswith("-p") and word not in {"-p1", "-pab"} for word in words[1:]) or "-R" in words[1:]:
            raise SeriesError(f"{directory / 'series'}:{number}: only -p1 patches can be applied: {line.strip()}")
        yield directory / words[0]


def _natural(file: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(file.name)]


def _shown(name: str) -> str:
    """A file name as text on one line; it stands in for a subject where there is none."""
    return " ".join(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())


def unpacked(name: str, content: bytes) -> bytes:
    """`content`, gunzip'd if it is gzip. Raises SeriesError if it is damaged, or larger than any series."""
    if content.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(BytesIO(content)) as packed:
                content = packed.read(_MOST_BYTES + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise SeriesError(f"{name}: damaged gzip file ({error}); fetch it again") from error
    if len(content) > _MOST_BYTES:
        raise SeriesError(f"{name}: larger than {_MOST_BYTES >> 20} MiB, no patch series is; expected an mbox")
    return content


def _read(file: Path) -> bytes:
    if file.exists() and not file.is_file():
        raise UserError(f"{file}: not a regular file; give an mbox on standard input as `-`")
    with file.open("rb") as stream:
        return unpacked(str(file), stream.read(_MOST_BYTES + 1))
