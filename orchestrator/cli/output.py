"""Standard output: how wide and colourful it may be, and documents written to it as they say of themselves."""

import errno
import json
import os
import shutil
import sys
from pathlib import Path

from orchestrator.errors import InfrastructureError, UserError


def colour() -> bool:
    """True if colours are welcome: a terminal, and not refused (https://no-color.org: any non-empty value)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def line_width() -> int:
    """For lists: a terminal's width; what a program reads is neither cut nor folded."""
    return width() if sys.stdout.isatty() else 10_000


def write_utf8(text: str) -> None:
    """A document that says of itself that it is UTF-8 is that, whatever the locale."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))


def write_json(value: object, where: str) -> None:
    """Indented JSON into a file, or to standard output for `-`. Raises UserError, InfrastructureError."""
    text = json.dumps(value, indent=1) + "\n"
    if where == "-":
        sys.stdout.write(text)
    else:
        try:
            Path(where).parent.mkdir(parents=True, exist_ok=True)
            Path(where).write_text(text, encoding="utf-8")
        except OSError as error:
            kind = InfrastructureError if error.errno in (errno.ENOSPC, errno.EDQUOT) else UserError
            raise kind(f"--json {where}: {error.strerror}; name another file") from error
