"""Why a patch does not apply: git apply's messages joined with the hunks of the patch they speak of. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Accepted: `error: patch failed: mm/gup.c:12` (path, old line of the hunk); apply.c prints it before
# `error: mm/gup.c: patch does not apply`, which adds nothing.
_FAILED = re.compile(r"^error: patch failed: (?P<path>.+):(?P<line>\d+)$")
_ECHO = re.compile(r"^error: (?P<path>.+): patch does not apply$")
_HUNK = re.compile(r"^@@ -(?P<old>\d+)(?:,(?P<old_count>\d+))? \+\d+(?:,(?P<new_count>\d+))? @@")
_MOST_LINES, _MOST_FILES = 30, 5
_ADVICE = (
    (
        re.compile(r"does not exist in index|No such file"),
        "the base has no such file: it is not the tree it was made for",
    ),
    (re.compile(r"already exists in"), "the base has that file already"),
    (
        re.compile(r"corrupt patch|patch fragment without header"),
        "the mail was damaged on its way (wrapped lines, lost blanks)",
    ),
    (re.compile(r"without full index line"), "a binary patch needs `git format-patch --binary`"),
    (re.compile(r"invalid path|beyond a symbolic link"), "a patch must stay inside the tree"),
    (re.compile(r"lacks filename information|No valid patches|unrecognized input"), "git finds no usable diff in it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One hunk. `start` is its first old line; `old` are its context and deleted lines, without the first column."""

    path: str
    start: int
    header: str
    old: tuple[str, ...]


def explain(errors: str, patch: bytes, hints: Sequence[str] = ()) -> str:
    """Whole indented lines: each failing file with the old lines that were not found, and what that may mean.

    `errors` is the error output of `git apply` without -v in the C locale. `hints` are lines to add.
    """
    hunks = list(parse_hunks(patch.decode("utf-8", "replace")))
    lines: list[str] = []
    failed = 0
    others = []
    for message in errors.splitlines():
        if match := _FAILED.match(message):
            failed += 1
            if failed <= _MOST_FILES:
                lines += _failed_hunk(match["path"], int(match["line"]), hunks)
        elif message.startswith("error: ") and not _ECHO.match(message):
            others.append(message.removeprefix("error: "))
    if failed > _MOST_FILES:
        lines.append(f"  and {failed - _MOST_FILES} more files")
    for other in others[:_MOST_FILES]:
        advice = next((text for pattern, text in _ADVICE if pattern.search(other)), "")
        lines.append(f"  {other}" + (f" ({advice})" if advice else ""))
    if not lines:
        lines = [f"  git apply: {errors or 'no reason given'}"]
    return "\n".join((*lines, *(f"  {hint}" for hint in hints)))


def parse_hunks(patch: str) -> Iterator[Hunk]:
    """The hunks of a unified diff, as many lines each as its header says."""
    path = ""
    lines = iter(patch.split("\n"))
    for line in lines:
        if line.startswith("--- "):
            path = _stripped(line[4:]) or path
        elif line.startswith("+++ ") and path in {"", "/dev/null"}:
            path = _stripped(line[4:])
        elif match := _HUNK.match(line):
            old = tuple(_old_lines(lines, int(match["old_count"] or 1), int(match["new_count"] or 1)))
            yield Hunk(path=path, start=int(match["old"]), header=line.rstrip("\r"), old=old)


def _old_lines(lines: Iterator[str], old: int, new: int) -> Iterator[str]:
    while old > 0 or new > 0:
        line = next(lines, None)
        if line is None:
            return
        if line[:1] in {" ", "-", ""}:
            old -= 1
            yield line[1:]
        if line[:1] in {" ", "+", ""}:
            new -= 1


def _stripped(name: str) -> str:
    """`a/mm/gup.c` and a trailing time stamp (`\\t2024-...`) as `mm/gup.c`, the way `git apply -p1` takes it."""
    name = name.partition("\t")[0].rstrip("\r ")
    return name if name == "/dev/null" else name.partition("/")[2]


def _failed_hunk(path: str, line: int, hunks: list[Hunk]) -> list[str]:
    found = [h for h in hunks if h.start == line and h.path == path] or [h for h in hunks if h.start == line]
    if not found:
        return [f"  {path}:{line}: the lines of this hunk are not there"]
    hunk = found[0]
    shown = [f"    |{text}" for text in hunk.old[:_MOST_LINES]]
    if len(hunk.old) > _MOST_LINES:
        shown.append(f"    (and {len(hunk.old) - _MOST_LINES} more)")
    return [f"  {path}:{line}: in hunk {hunk.header}", "  these lines are not in the file as they stand here:", *shown]
