"""What a square shows, and whether the tree or the machine is to blame for it (DESIGN D8)."""

import re

from orchestrator.model.build import BuildOutcome, Ending
from orchestrator.model.diagnostic import Diagnostic, ParsedLog, Severity
from orchestrator.model.result import LaneState, Status

# A full disk or a killed compiler, in the words of tools that go on to exit by themselves.
# Not "Read-only file system": the container's is, and a recipe that writes there is the patch's own fault.
_TROUBLE = re.compile(
    r"No space left on device|Cannot allocate memory|virtual memory exhausted|out of memory allocating"
    r"|Killed signal terminated program|Resource temporarily unavailable"
    r"|Disk quota exceeded|Too many open files|Stale file handle|Input/output error"
)


def classify(outcome: BuildOutcome, parsed: ParsedLog, state: LaneState) -> Status:
    """The status of a build whose lane is in `state` after it.

    A warning or error that was carried counts: the square shows what a clean build would say. A build that exits
    non-zero is `errors` even if nothing it printed was understood (`explained` puts that into words).
    """
    if blameless(outcome, parsed):
        return Status.UNKNOWN
    if outcome.exit_code or outcome.config_failed:
        return Status.ERRORS
    severities = {diagnostic.severity for diagnostic in state.present}
    if Severity.ERROR in severities:
        return Status.ERRORS
    return Status.WARNINGS if severities else Status.OK


def blameless(outcome: BuildOutcome, parsed: ParsedLog) -> bool:
    """True if the build says nothing about the tree: it did not end by itself, its log is cut, or a tool ran out of
    something.

    A config step that failed without an exit status and without a message is the machine's fault as well.
    """
    if outcome.ending is not Ending.EXITED or outcome.log_cut or trouble(parsed) is not None:
        return True
    return outcome.config_failed and not outcome.exit_code and not _errors(parsed)


def trouble(parsed: ParsedLog) -> str | None:
    """The line in which a tool reports that the machine failed it, None if there is none.

    Messages that point at a source line are left out: a tree can say `#error No space left on device`.
    """
    for diagnostic in parsed.diagnostics:
        if diagnostic.severity is Severity.ERROR and diagnostic.line is None and _TROUBLE.search(diagnostic.message):
            return diagnostic.raw
    return None


def explained(outcome: BuildOutcome, parsed: ParsedLog) -> ParsedLog:
    """`parsed`, with an error of our own for each object if a build failed and no message of it was understood.

    Nothing may fail in silence: without it the square would be red and no finding would say why.
    """
    failed = outcome.ending is Ending.EXITED and bool(outcome.exit_code or outcome.config_failed)
    if not failed or blameless(outcome, parsed) or _errors(parsed):
        return parsed
    # Make names every directory above a failure as well; files have a suffix, directories and phony targets do not.
    files = tuple(name for name in parsed.failed if "." in name.rpartition("/")[2].lstrip("."))
    names = files or parsed.failed[:1] or ("",)
    return ParsedLog(
        diagnostics=(*parsed.diagnostics, *(_unexplained(name, outcome.config_failed) for name in names)),
        attempted=parsed.attempted,
        failed=parsed.failed,
        lines=parsed.lines,
    )


def _unexplained(name: str, config_failed: bool) -> Diagnostic:
    what = f"make failed in {name}" if name else "the config step failed" if config_failed else "make failed"
    message = f"{what} without a recognised message"
    owner = name if "." in name else ""
    return Diagnostic(severity=Severity.ERROR, kind="make", message=message, raw=message, object=owner)


def _errors(parsed: ParsedLog) -> bool:
    return any(diagnostic.severity is Severity.ERROR for diagnostic in parsed.diagnostics)
