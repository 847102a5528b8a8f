"""Commit x cell as text: squares in words where they fit, else in signs, else in blocks of columns with a key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.reporting.sheet import Sheet
from orchestrator.reporting.tabular import plain
from orchestrator.reporting.text import display_width, printable, shorten
from orchestrator.reporting.view import Marks, View, legend, marks, spelled, symbol, words_legend
from orchestrator.reporting.words import row_name

_SUBJECT = (16, 60)  # columns a subject gets: at least, at most
_ROOMY = 30  # columns a subject gets at least where squares are spelled out
_GAP = 2  # between two columns
_FIRST = 4  # `base`


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """`texts` of the squares by column, `heads` of the columns, `blocks` of columns that stand side by side."""

    texts: Mapping[str, Sequence[str]]
    heads: Mapping[str, str]
    blocks: Sequence[Sequence[str]]
    meanings: Sequence[tuple[str, str]]
    keyed: bool = False


def matrix(seen: View, sheet: Sheet) -> list[list[str]]:
    """Sections of lines: the blocks, the key of their columns if it takes one, what the signs mean."""
    plan = _plan(seen, sheet)
    sections = [_block(seen, plan, block, sheet) for block in plan.blocks if block]
    if plan.keyed:
        key = [sheet.wrap(f"{plan.heads[name]}  {printable(name)}", hanging="   ") for name in seen.names]
        sections.append([line for lines in key for line in lines])
    entries = "; ".join(f"{sheet.sign(sign)}: {meaning}" for sign, meaning in plan.meanings)
    return [*sections, sheet.wrap(entries, hanging="")]


def _plan(seen: View, sheet: Sheet) -> _Plan:
    folded = {name: _folded_head(seen, place) for place, name in enumerate(seen.names)}
    signs = _texts(seen, sheet, symbol)
    meanings = legend(frozenset(_plain(seen, symbol)))
    for texts, said, subject in (
        (_texts(seen, sheet, spelled), words_legend(frozenset(_plain(seen, spelled))), _ROOMY),
        (signs, meanings, _SUBJECT[0]),
    ):
        if sum(_widths(folded, texts).values()) <= sheet.columns - _FIRST - _GAP - subject:
            return _Plan(texts=texts, heads=folded, blocks=[seen.names], meanings=said)
    keys = {name: _letters(place) for place, name in enumerate(seen.names)}
    room = sheet.columns - _FIRST - _GAP - _SUBJECT[0]
    return _Plan(texts=signs, heads=keys, blocks=_blocks(_widths(keys, signs), room), meanings=meanings, keyed=True)


def _plain(seen: View, write: Callable[[Marks], str]) -> list[str]:
    return [write(marks(seen, index, name)) for name in seen.names for index in range(seen.last + 1)]


def _texts(seen: View, sheet: Sheet, write: Callable[[Marks], str]) -> dict[str, list[str]]:
    rows = range(seen.last + 1)
    return {name: [sheet.sign(write(marks(seen, index, name))) for index in rows] for name in seen.names}


def _widths(heads: Mapping[str, str], texts: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Columns that each column takes, the gap before it included."""
    return {name: _widest([*head.split("\n"), *texts[name]]) + _GAP for name, head in heads.items()}


def _folded_head(seen: View, place: int) -> str:
    target = seen.report.targets[place].target
    return "\n".join(printable(part) for part in (target.arch, target.config.name, target.compiler))


def _letters(place: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    text = ""
    place += 1
    while place:
        place, digit = divmod(place - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def _widest(texts: Sequence[str]) -> int:
    return max((display_width(text) for text in texts), default=0)


def _blocks(widths: Mapping[str, int], room: int) -> list[list[str]]:
    """Names in order, cut into runs whose columns fit; one that fits nowhere stands alone."""
    blocks: list[list[str]] = [[]]
    used = 0
    for name, width in widths.items():
        if blocks[-1] and used + width > room:
            blocks.append([])
            used = 0
        blocks[-1].append(name)
        used += width
    return blocks


def _block(seen: View, plan: _Plan, names: Sequence[str], sheet: Sheet) -> list[str]:
    """The subject stands last, where its width can disturb no column."""
    widths = [_FIRST, *(_widest([*plan.heads[name].split("\n"), *plan.texts[name]]) for name in names)]
    room = max(_SUBJECT[0], min(sheet.columns - sum(widths) - _GAP * len(widths), _SUBJECT[1]))
    rows = [
        [
            row_name(commit.index),
            *(sheet.square(plan.texts[name][commit.index]) for name in names),
            shorten(printable(commit.subject), room),
        ]
        for commit in seen.report.series.all
    ]
    # Heads go in as a row: as headers, tabulate would make every column two wider than what stands in it.
    rule = ["-" * columns for columns in (*widths, min(room, max(5, _widest([row[-1] for row in rows]))))]
    return plain([["", *(plan.heads[name] for name in names), "patch"], rule, *rows])
