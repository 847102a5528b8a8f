"""Why a patch does not apply: git apply's messages joined with the hunks and files they speak of. Pure."""

import re
from collections.abc import Mapping, Sequence

from orchestrator.series.diffs import Hunk, parse_hunks
from orchestrator.series.sidebyside import place_of, side_by_side

# Accepted: `error: patch failed: mm/gup.c:12` (path, old line of the hunk); apply.c prints it before
# `error: mm/gup.c: patch does not apply`, which adds nothing, nor does `while searching for:`.
_FAILED = re.compile(r"^error: patch failed: (?P<path>.+):(?P<line>\d+)$")
_ECHO = re.compile(r"^error: (?:while searching for:|(?P<path>.+): patch does not apply)$")
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
_HOPELESS = re.compile(
    r"corrupt patch|patch fragment without header|invalid path|beyond a symbolic link|without full index line"
    r"|lacks filename information|No valid patches|unrecognized input"
)

Files = Mapping[str, Sequence[str] | None]
"""Path -> the lines of the file as it stands, None if there is none."""


def explain(errors: str, patch: str, files: Files, hints: Sequence[str] = ()) -> str:
    """Whole indented lines: each failing hunk beside what the file has there, and what that may mean.

    `errors` is the error output of `git apply` in the C locale. `hints` are lines to add.
    """
    hunks = list(parse_hunks(patch))
    lines: list[str] = []
    failed = 0
    others = []
    for message in errors.splitlines():
        if match := _FAILED.match(message):
            failed += 1
            if failed <= _MOST_FILES:
                lines += _failed_hunk(match["path"], int(match["line"]), hunks, files)
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


def summary(errors: str) -> str:
    """The first failing file (and line) in a few words."""
    for message in errors.splitlines():
        if match := _FAILED.match(message):
            return f"{match['path']}:{match['line']}"
    return next((line.removeprefix("error: ") for line in errors.splitlines()), "git apply gave no reason")


def is_damaged(errors: str) -> bool:
    """Whether no tree could take the patch: it is cut, wrapped, no diff, or leads out of the tree."""
    return _HOPELESS.search(errors) is not None


def failed_hunks(errors: str, patch: str) -> list[Hunk]:
    """The hunks that git apply names as the ones that failed, the first of each file."""
    hunks = list(parse_hunks(patch))
    named = [(match["path"], int(match["line"])) for line in errors.splitlines() if (match := _FAILED.match(line))]
    return [hunk for path, line in named if (hunk := _named(path, line, hunks))]


def _named(path: str, line: int, hunks: list[Hunk]) -> Hunk | None:
    at_line = [hunk for hunk in hunks if hunk.start == line]
    return next((hunk for hunk in at_line if hunk.path == path), at_line[0] if at_line else None)


def _failed_hunk(path: str, line: int, hunks: list[Hunk], files: Files) -> list[str]:
    hunk = _named(path, line, hunks)
    if hunk is None:
        return [f"  {path}:{line}: the lines of this hunk are not there"]
    head = f"  {path}:{line}: in hunk {hunk.header.rstrip()}"
    lines = files.get(hunk.path)
    place = None if lines is None else place_of(hunk.old, lines, hunk.start - 1)
    if lines is None or place is None:
        shown = [f"    |{text}" for text in hunk.old[:_MOST_LINES]]
        if len(hunk.old) > _MOST_LINES:
            shown.append(f"    (and {len(hunk.old) - _MOST_LINES} more)")
        return [head, "  none of these lines is in the file as it stands:", *shown]
    title = f"    {'the patch expects':<52} | {path} has, from line {place[0] + 1}"
    return [
        head,
        "  these lines are not in the file as they stand here:",
        title,
        *(f"    {row}" for row in side_by_side(hunk.old, lines[slice(*place)])),
    ]
