"""The raw log of one build: gzip'd as it comes, cut at a limit, watched for what a build cannot tell by its status."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

# Kbuild's short echo line: two spaces, the command padded to seven characters, the target.
_ECHO = re.compile(rb"^  (?=\S{1,8} )[A-Z][A-Z0-9_]*(?: \[M\])? +(\S+)$", re.MULTILINE)
# What tools say when the machine fails them, at the end of a line as strerror() puts it; no source line of an excerpt.
_NO_SPACE = re.compile(rb"^(?! *\d* \|)[^\n\"]*No space left on device$", re.MULTILINE)
_NO_MEMORY = re.compile(rb"^(?! *\d* \|)(?:[^\n\"]*Cannot allocate memory|MemoryError)$", re.MULTILINE)
_SEAM = 64 * 1024


class LaneLog:
    """Write what a build prints. `limit` is in bytes of plain text; `full` is set once when more than that came.

    `watch` is told how many objects were echoed so far, and the last, whenever there are more.
    """

    def __init__(self, path: Path, limit: int, watch: Callable[[int, str], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.limit = limit
        self.size = 0
        self.full = False
        self.no_space = False
        self.no_memory = False
        self._objects = 0
        self._watch = watch
        self._file = gzip.open(path, "wb", compresslevel=4)  # noqa: SIM115 - closed by close()
        self._tail = b""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; those beyond the limit are dropped."""
        if self.full:
            return
        if self.size + len(chunk) > self.limit:
            chunk = chunk[: self.limit - self.size]
            self.full = True
        self.size += len(chunk)
        self._file.write(chunk)
        self._look(chunk)
        if self.full:
            self._file.write(b"\nkmatrix: the log is cut here: it reached the limit of %d bytes\n" % self.limit)

    def note(self, text: str) -> None:
        """Write a line of our own, such as the command that follows."""
        self._file.write(text.encode(errors="surrogateescape") + b"\n")

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def _look(self, chunk: bytes) -> None:
        """Scan whole lines; an unfinished one waits for its rest, unless it has grown beyond all sense."""
        text = self._tail + chunk
        whole, _, self._tail = text.rpartition(b"\n")
        if len(self._tail) > _SEAM:
            self._tail = b""
        # Each search behind a plain one: a log of millions of lines must not cost more than compiling them.
        if b"No space left on device" in whole:
            self.no_space = self.no_space or _NO_SPACE.search(whole) is not None
        if b"Cannot allocate memory" in whole or b"MemoryError" in whole:
            self.no_memory = self.no_memory or _NO_MEMORY.search(whole) is not None
        if b"  " not in whole:
            return
        name = b""
        for match in _ECHO.finditer(whole):
            self._objects += 1
            name = match[1]
        if name:
            self._watch(self._objects, name.decode(errors="replace"))
