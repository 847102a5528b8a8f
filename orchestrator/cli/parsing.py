"""`kmatrix parse`: a build log in, diagnostics out. Needs nothing but the parser."""

import gzip
import sys
import zlib
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO

from orchestrator.errors import UserError
from orchestrator.logparse.parser import iter_diagnostics, to_json_line
from orchestrator.logparse.stream import split_blocks
from orchestrator.model.diagnostic import Diagnostic
from orchestrator.reporting.text import printable

_BLOCK = 1 << 18


def parse(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix parse`."""
    with _log_file(args.file) as lines:
        for diagnostic in iter_diagnostics(lines):
            if args.format == "json":
                print(to_json_line(diagnostic))
            else:
                print(diagnostic_row(diagnostic))
    return 0


def diagnostic_row(diagnostic: Diagnostic) -> str:
    """`file:line:column: severity: message [flag]  (object)`."""
    place = ":".join(str(part) for part in (diagnostic.file, diagnostic.line, diagnostic.column) if part is not None)
    flag = f" [{diagnostic.flag}]" if diagnostic.flag else ""
    of = f"  ({diagnostic.object})" if diagnostic.object else ""
    return printable(f"{place or diagnostic.kind}: {diagnostic.severity.value}: {diagnostic.message}{flag}{of}")


@contextmanager
def _log_file(name: str) -> Iterator[Iterator[bytes]]:
    """The lines of a file, or of standard input for `-`, that may be gzip'd."""
    try:
        file = BufferedReader(FileIO(sys.stdin.fileno(), closefd=False) if name == "-" else FileIO(name))
        packed = file.peek(2)[:2] == b"\x1f\x8b"
    except OSError as error:
        raise UserError(f"{name}: {error.strerror or error}; expected a build log, plain or gzip'd") from error
    with file:
        try:
            stream = gzip.GzipFile(fileobj=file) if packed else file
            # In blocks: a line of gigabytes must not be held whole.
            yield split_blocks(iter(lambda: stream.read1(_BLOCK), b""))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            sys.stdout.flush()
            raise UserError(f"{name}: the log is cut off or damaged ({error}); what could be read is above") from error
