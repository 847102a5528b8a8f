"""A diagnostic while its lines still come in, and the caps on what is kept of them."""

from orchestrator.logparse.found import Found
from orchestrator.logparse.make import strip_prefix
from orchestrator.model.diagnostic import Diagnostic

MAX_LINES = 60
MAX_CHARACTERS = 16_000
MAX_LEAD = 30


class OpenDiagnostic:
    """One diagnostic and the lines that belong to it so far.

    `lead` are the lines that came before it (include chain, `In function`). `attached` ends with the first empty line:
    what nobody knows belongs to the diagnostic right above only.
    """

    __slots__ = ("_room", "attached", "body", "found", "function", "lead", "log_line", "object", "raw")

    def __init__(self, found: Found, raw: str, lead: list[str], log_line: int) -> None:
        self.found = found
        self.raw = raw
        self.lead = lead
        self.body: list[str] = []
        self.log_line = log_line
        self.object = ""
        self.function: str | None = None
        self.attached = True
        self._room = MAX_CHARACTERS

    def add(self, text: str) -> None:
        """Keep one more line if there is room."""
        self._room -= len(text)
        if self._room >= 0 and len(self.body) < MAX_LINES:
            self.body.append(text)

    def locate(self, file: str, line: int, column: int) -> None:
        """rustc names the place on the line after its message."""
        self.found = self.found._replace(kind="rustc", file=file, line=line, column=column)

    def close(self, starts: tuple[str, ...], prefixes: tuple[str, ...]) -> Diagnostic:
        """The finished value; `prefixes` are cut from its file. `starts` are the same with a slash: a quick test."""
        severity, kind, message, file, line, column, flag, _ = self.found
        lead, raw, body = self.lead, self.raw, self.body
        return Diagnostic(
            severity=severity,
            kind=kind,
            message=message,
            raw=raw,
            file=strip_prefix(file, prefixes) if file and file.startswith(starts) else file,
            line=line,
            column=column,
            flag=flag,
            function=self.function,
            object=self.object,
            log_line=self.log_line,
            excerpt=(*lead, raw, *body[: MAX_LINES - 1 - len(lead)]) if lead or body else (raw,),
        )
