"""`vim +LINE FILE` and the lines around it, as the kernel test robot's mails end: the patched source, marked.

Which files that takes is told by `places`; who has the repository reads them (`pipeline/sourcetexts.py`) and hands the
texts in. A text that is not there is left out.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.diagnostic import Diagnostic
from orchestrator.model.verdict import Finding
from orchestrator.reporting.occurrences import occurrences, standing
from orchestrator.reporting.text import log_line, printable
from orchestrator.reporting.view import View

SourceTexts = Mapping[tuple[int, str], str]
"""(commit, path) -> the file's text at that commit."""

_BEFORE = 20  # lines shown above a mark that stands in no function
_FUNCTION = 40  # how far above a mark its function may begin
_AFTER = 4
_LONGEST = 60
# git's own default for the line that a hunk is called after (gitattributes, "Defining a custom hunk-header").
_OPENING = re.compile(r"^[A-Za-z_$](?!.*:\s*$)")
_AT = re.compile(r"(?P<path>[^\s:]+):(?P<line>\d{1,9}):")
_SYMBOL = re.compile(r"['\u2018`\"]([A-Za-z_]\w*)['\u2019`\"]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Lines of one file at one commit, the first of them what it is about; `symbol` is a name to search for there."""

    commit: int
    path: str
    lines: tuple[int, ...]
    symbol: str = ""
    note: str = ""


def places(seen: View, findings: tuple[Finding, ...], target: str) -> tuple[Place, ...]:
    """What to show for `findings`, in their order, in the cell `target`: the first's place, its root cause before it.

    All new lines of the same file are in the same place. Nothing for what names no source file (a linker, modpost).
    """
    first = next((finding for finding in findings if finding.sample.file and finding.sample.line), None)
    if first is None:
        return ()
    root = seen.findings.get(first.root_cause or "")
    shown = []
    if root and root.id not in {finding.id for finding in findings}:
        cause = standing(seen, root, first.seen_at, target)
        if cause.file and cause.line:
            note = "the root cause"
            shown.append(_place(first.seen_at, cause.file, (cause.line,), cause.message, note))
    new = [
        occurrence.diagnostic
        for finding in findings
        for occurrence in occurrences(seen, finding, target)
        if occurrence.new and occurrence.diagnostic.file and occurrence.diagnostic.line
    ]
    if new:
        spots = [_spot(seen, first.seen_at, diagnostic) for diagnostic in new]
        path = spots[0][0]
        lines = tuple(dict.fromkeys(line for file, line in spots if file == path))
        shown.append(_place(first.seen_at, path, lines, new[0].message, ""))
    return tuple(shown)


def _spot(seen: View, commit: int, diagnostic: Diagnostic) -> tuple[str, int]:
    """The line to look at: the diagnostic's, or the patch's own line that its notes lead to (a macro's use)."""
    touched = {file.path: file.lines for file in seen.commit(commit).touched}
    if diagnostic.file not in touched:
        for found in filter(None, map(_AT.match, diagnostic.excerpt)):
            path, line = found["path"], int(found["line"])
            if any(start <= line <= end for start, end in touched.get(path, ())):
                return path, line
    return diagnostic.file or "", diagnostic.line or 0


def _place(commit: int, path: str, lines: tuple[int, ...], message: str, note: str) -> Place:
    found = _SYMBOL.search(message)
    return Place(commit=commit, path=path, lines=lines, symbol=found[1] if found else "", note=note)


def excerpt(place: Place, texts: SourceTexts) -> tuple[str, ...]:
    """The lines of a mail that show `place`; none if its text is not there, or has no such line."""
    source = texts.get((place.commit, place.path), "").split("\n")
    first = place.lines[0]
    if first > len(source) or not any(source):
        return ()
    start = _start(source, first)
    marked = {line for line in place.lines if start <= line < start + _LONGEST - _AFTER}
    end = min(max(marked) + _AFTER, start + _LONGEST, len(source))
    symbol = f"+/{place.symbol} " if place.symbol else ""
    note = f"  # {place.note}" if place.note else ""
    heading = f"vim {symbol}+{first} {shlex.quote(printable(place.path))}{note}"
    return (heading, "", *(_numbered(number, source[number - 1], number in marked) for number in range(start, end + 1)))


def _numbered(number: int, text: str, marked: bool) -> str:
    """The robot's plain form: five columns for the number, `> ` before a marked one, a tab, the code."""
    shown = f"> {number}" if marked else str(number)
    return f"{shown:>6}\t{log_line(text)}".rstrip()


def _start(source: list[str], line: int) -> int:
    """Where the function around `line` begins, else a few lines above it."""
    for number in range(line, max(line - _FUNCTION, 0), -1):
        if _OPENING.match(source[number - 1]):
            # The type of a function's result may stand on a line of its own; a file-scope line is its own opening.
            return max(number - (_BEFORE // 2 if number == line else 1), 1)
    return max(line - _BEFORE, 1)
