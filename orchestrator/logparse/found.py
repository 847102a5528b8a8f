"""What a recogniser returns: the part of a diagnostic that its own line tells."""

from typing import NamedTuple

from orchestrator.model.diagnostic import Severity

ERROR = Severity.ERROR
WARNING = Severity.WARNING


class Found(NamedTuple):
    """One diagnostic line, read. A NamedTuple because a log can hold a million of them and a frozen dataclass is slow.

    The fields mean what they mean in `Diagnostic`; `file` is as printed.
    """

    severity: Severity
    kind: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    flag: str | None = None
    function: str | None = None


SEVERITY = {
    "error": ERROR,
    "warning": WARNING,
    "fatal error": ERROR,
    "fatal": ERROR,
    "internal compiler error": ERROR,
    "internal error": ERROR,
    "sorry, unimplemented": ERROR,
    "lexical error": ERROR,
    "critical": ERROR,
    "severe": ERROR,
    "failed": ERROR,
    "warn": WARNING,
}
"""Severity words of all the tools, in lower case."""
