"""Foreign text (logs, subjects, names) made safe to print: no escape sequences, no control or direction characters."""

import re
import textwrap
import unicodedata

# ECMA-48: CSI and OSC/DCS/... sequences, then any two-character escape.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -~]?")
# Format characters include the direction overrides that make a line read as something else (CVE-2021-42574).
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
LOST = "\ufffd"


def printable(text: str) -> str:
    """`text` as one line: escapes gone, tabs and line breaks to a space, nothing that moves a cursor or reorders."""
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPES.sub("", text)
    return "".join(map(_safe, re.sub(r"[\t\r\n\v\f\x85\u2028\u2029]", " ", text)))


def log_line(text: str) -> str:
    """As `printable`, but keeps tabs: a caret line under a source line stands right only with the same ones."""
    return "\t".join(printable(part) for part in text.rstrip("\r\n").split("\t"))


def _safe(character: str) -> str:
    kind = unicodedata.category(character)
    if kind not in _UNPRINTABLE:
        return character
    return LOST if kind in ("Cs", "Cn", "Co") else ""


def display_width(text: str) -> int:
    """Columns on a terminal: East Asian wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in ("W", "F"))
        for character in text
    )


def shorten(text: str, columns: int) -> str:
    """`text` in at most `columns` terminal columns, the cut shown as `..`."""
    if display_width(text) <= columns:
        return text
    kept, used = "", 0
    for character in text:
        used += display_width(character)
        if used > columns - 2:
            break
        kept += character
    return (kept.rstrip() + "..")[: max(columns, 0)]


def wrap(text: str, columns: int, indent: str, hanging: str) -> tuple[str, ...]:
    """`text` in lines of at most `columns`, the first after `indent`, the others after `hanging`."""
    lines = textwrap.wrap(
        text, max(columns, len(hanging) + 20), initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False
    )
    return tuple(lines)


def cut_bytes(text: str, limit: int) -> str:
    """`text` in at most `limit` bytes of UTF-8, the cut marked."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    mark = " [cut]"
    return data[: limit - len(mark)].decode("utf-8", "ignore") + mark


def count(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def spans(numbers: tuple[int, ...]) -> str:
    """`2, 4..7`: ascending numbers with their runs folded."""
    parts: list[str] = []
    start = previous = None
    for number in (*sorted(set(numbers)), None):
        if start is None or previous is None:
            start = previous = number
        elif number == previous + 1:
            previous = number
        else:
            parts.append(str(start) if start == previous else f"{start}..{previous}")
            start = previous = number
    return ", ".join(parts)
