"""The old lines of a hunk beside what a file has in their place, as sdiff(1) shows two files. Pure."""

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

_Row = tuple[str, str, str]
_COLUMN, _MOST_ROWS, _MOST_MORE, _AROUND, _KEPT = 52, 30, 5, 2, 15
_MOST_PLACES = 200  # of one line in a file: `}` says nothing of where a hunk belongs
_SLACK = 60  # lines that may have been put into the hunk's place


def place_of(expected: Sequence[str], lines: Sequence[str], start: int) -> tuple[int, int] | None:
    """The lines (from 0, the end exclusive) of `lines` that stand where `expected` should, most likely.

    `start` is where it was said to be: the nearest of equally good places is taken. None if no telling line of
    `expected` is in `lines`.
    """
    wanted = {text for text in expected if _telling(text)}
    places: dict[str, list[int]] = {}
    for number, text in enumerate(lines):
        if text in wanted:
            places.setdefault(text, []).append(number)
    votes: Counter[int] = Counter()
    for offset, text in enumerate(expected):
        for number in places.get(text, ())[:_MOST_PLACES]:
            votes[number - offset] += 1
    if not votes:
        return None
    best = max(votes, key=lambda at: (votes[at], -abs(at - start)))
    # Lines that were put into the hunk move what follows: its other parts stand near, and have votes of their own.
    parts = [at for at in votes if abs(at - best) <= _SLACK and votes[at] > 1] or [best]
    return max(0, min(parts)), max(parts) + len(expected)


def side_by_side(expected: Sequence[str], actual: Sequence[str]) -> list[str]:
    """Rows `expected | actual`; the gutter is sdiff's: blank equal, | differs, < only expected, > only there."""
    rows: list[_Row] = []
    for kind, left, left_end, right, right_end in SequenceMatcher(None, expected, actual, autojunk=False).get_opcodes():
        if kind == "equal":
            rows += [(text, " ", text) for text in expected[left:left_end]]
            continue
        ours, theirs = expected[left:left_end], actual[right:right_end]
        both = min(len(ours), len(theirs))
        rows += [(one, "|", other) for one, other in zip(ours, theirs, strict=False)]
        rows += [(text, "<", "") for text in ours[both:]]
        rows += [("", ">", text) for text in theirs[both:][:_MOST_MORE]]
        if len(theirs) - both > _MOST_MORE:
            rows.append(("", ">", f"(and {len(theirs) - both - _MOST_MORE} lines more)"))
    return _shown(_trimmed(rows))


def _telling(text: str) -> bool:
    return len(text.strip()) > 3


def _trimmed(rows: list[_Row]) -> list[_Row]:
    """Without what only the file has at the end, and without equal rows far from any difference."""
    while rows and rows[-1][1] == ">":
        rows = rows[:-1]
    different = [number for number, row in enumerate(rows) if row[1] != " "]
    if not different:
        return rows
    return rows[max(0, different[0] - _AROUND) : different[-1] + _AROUND + 1]


def _shown(rows: list[_Row]) -> list[str]:
    texts = [text for row in rows for text in (row[0], row[2]) if text.strip()]
    margin = min((len(text) - len(text.lstrip("\t")) for text in texts), default=0)
    shown = []
    for left, sign, right in rows:
        one, other = left[margin:].expandtabs(4), right[margin:].expandtabs(4)
        if sign == "|":
            one, other = _from_difference(one, other)
        shown.append(f"{_cut(one):<{_COLUMN}} {sign} {_cut(other)}".rstrip())
    if len(shown) > _MOST_ROWS:
        shown = [*shown[:_MOST_ROWS], f"(and {len(shown) - _MOST_ROWS} more lines)"]
    return shown


def _from_difference(one: str, other: str) -> tuple[str, str]:
    """Two long lines without most of their common beginning, which would push the difference out of sight."""
    pairs = enumerate(zip(one, other, strict=False))
    common = next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))
    if max(len(one), len(other)) <= _COLUMN or common <= _COLUMN // 2:
        return one, other
    return f"..{one[common - _KEPT :]}", f"..{other[common - _KEPT :]}"


def _cut(text: str) -> str:
    return text if len(text) <= _COLUMN else text[: _COLUMN - 2] + ".."
