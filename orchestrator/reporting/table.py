"""The report for a terminal: commit x cell, then the findings, then one sentence. The only tabulate import."""

import re
from dataclasses import dataclass

from tabulate import tabulate

from orchestrator.model.verdict import Finding, RunReport
from orchestrator.reporting.text import display_width, printable, shorten, wrap
from orchestrator.reporting.view import (
    View,
    by_commit,
    depth,
    holes,
    is_error,
    legend,
    marks,
    symbol,
    view,
)
from orchestrator.reporting.words import (
    additions,
    base_text,
    bases,
    finding_cells,
    group_title,
    headline,
    hole_text,
    row_name,
    trouble,
    unset_text,
    verdict_text,
)

NARROWEST = 40
FINDINGS_PER_COMMIT = 10
TROUBLE_LINES = 20
_SUBJECT = (16, 60)  # columns a subject gets: at least, at most
_GAP = 2  # between two columns

_RED, _YELLOW, _GREEN, _MAGENTA, _DIM, _BOLD = 31, 33, 32, 35, 2, 1
_SQUARE_COLOURS = (
    (re.compile(r"\d+E|^E"), _RED),
    (re.compile(r"\d+W"), _YELLOW),
    (re.compile(r"^-"), _GREEN),
    (re.compile(r"^\?"), _MAGENTA),
    (re.compile(r"^ok"), _GREEN),
    (re.compile(r""), _DIM),
)


def table(report: RunReport, *, width: int = 80, colour: bool = False) -> str:
    """The whole report as text that ends in a line break; no line of it is wider than `width` (at least 40)."""
    sheet = _Sheet(max(width, NARROWEST), colour)
    seen = view(report)
    sections = (
        _heading(seen, sheet),
        *_matrix(seen, sheet),
        *(_finding_section(seen, key, group, sheet) for key, group in by_commit(report)),
        _notes(seen, sheet),
        sheet.bold(f"Verdict: {verdict_text(seen)}"),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is written on: so many columns, with ANSI colours or without."""

    columns: int
    colour: bool

    def paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def square(self, text: str) -> str:
        return self.paint(text, next(code for pattern, code in _SQUARE_COLOURS if pattern.search(text)))

    def wrap(self, text: str, indent: str = "", hanging: str = "  ") -> list[str]:
        return list(wrap(text, self.columns, indent, indent + hanging))

    def bold(self, text: str) -> list[str]:
        return [self.paint(line, _BOLD) for line in self.wrap(text)]


def _heading(seen: View, sheet: _Sheet) -> list[str]:
    series = seen.report.series
    why = f" ({printable(series.base_reason)})" if series.base_reason else ""
    base = f"on {series.base.sha[:12]} {printable(series.base.subject)}{why}"
    warnings = dict.fromkeys((*seen.report.warnings, *series.warnings))
    return [
        *sheet.bold(printable(series.title) or "(untitled series)"),
        *sheet.wrap(base),
        *(line for text in (*bases(series), *additions(series)) for line in sheet.wrap(text)),
        *(line for text in warnings for line in sheet.wrap(f"warning: {printable(text)}")),
    ]


def _matrix(seen: View, sheet: _Sheet) -> list[list[str]]:
    """The squares, in as many blocks of columns as `columns` needs, then what their signs mean."""
    symbols = {(index, name): symbol(marks(seen, index, name)) for index in range(seen.last + 1) for name in seen.names}
    column_symbols = {name: [symbols[index, name] for index in range(seen.last + 1)] for name in seen.names}
    folded = {name: _folded_header(seen, place) for place, name in enumerate(seen.names)}
    keys = {name: _letters(place) for place, name in enumerate(seen.names)}
    room = sheet.columns - 4 - _GAP - _SUBJECT[0]
    wide = {name: max(_widest(folded[name].split("\n")), _widest(column_symbols[name])) + _GAP for name in seen.names}
    if sum(wide.values()) <= room:
        blocks, headers = [list(seen.names)], folded
    else:
        narrow = {name: max(len(keys[name]), _widest(column_symbols[name])) + _GAP for name in seen.names}
        blocks, headers = _blocks(list(seen.names), narrow, room), keys
    sections = [_block(seen, {name: headers[name] for name in block}, symbols, sheet) for block in blocks if block]
    if headers is keys:
        sections.append(
            [line for name in seen.names for line in sheet.wrap(f"{keys[name]}  {printable(name)}", hanging="   ")]
        )
    return [*sections, _legend(frozenset(symbols.values()), sheet)]


def _folded_header(seen: View, place: int) -> str:
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


def _widest(texts: list[str]) -> int:
    return max((display_width(text) for text in texts), default=0)


def _blocks(names: list[str], widths: dict[str, int], room: int) -> list[list[str]]:
    """Names in order, cut into runs whose columns fit; one that fits nowhere stands alone."""
    blocks: list[list[str]] = [[]]
    used = 0
    for name in names:
        if blocks[-1] and used + widths[name] > room:
            blocks.append([])
            used = 0
        blocks[-1].append(name)
        used += widths[name]
    return blocks


def _block(
    seen: View,
    headers: dict[str, str],
    symbols: dict[tuple[int, str], str],
    sheet: _Sheet,
) -> list[str]:
    """The subject stands last, where its width can disturb no column."""
    widths = [4]
    for name, header in headers.items():
        texts = [*header.split("\n"), *(symbols[index, name] for index in range(seen.last + 1))]
        widths.append(_widest(texts))
    room = max(_SUBJECT[0], min(sheet.columns - sum(widths) - _GAP * len(widths), _SUBJECT[1]))
    rows = [
        [
            row_name(commit.index),
            *(sheet.square(symbols[commit.index, name]) for name in headers),
            shorten(printable(commit.subject), room),
        ]
        for commit in seen.report.series.all
    ]
    # Headers go in as a row: as headers, tabulate would make every column two wider than what stands in it.
    heads = [
        ["", *headers.values(), "patch"],
        ["-" * columns for columns in (*widths, min(room, max(5, _widest([row[-1] for row in rows]))))],
    ]
    text = tabulate(
        [*heads, *rows],
        tablefmt="plain",
        colalign=["right", *("left" for _ in headers), "left"],
        disable_numparse=True,
    )
    return [line.rstrip() for line in text.split("\n")]


def _legend(symbols: frozenset[str], sheet: _Sheet) -> list[str]:
    entries = [f"{sign}: {meaning}" for sign, meaning in legend(symbols)]
    return sheet.wrap("; ".join(entries), hanging="")


def _finding_section(seen: View, key: tuple[int, ...], group: tuple[Finding, ...], sheet: _Sheet) -> list[str]:
    shown = group[:FINDINGS_PER_COMMIT]
    lines = sheet.bold(group_title(seen, key))
    for finding in shown:
        lines += _finding(seen, finding, depth(finding, group), sheet)
    if len(group) > len(shown):
        lines.append(f"  (+{len(group) - len(shown)} more in report.html)")
    return lines


def _finding(seen: View, finding: Finding, level: int, sheet: _Sheet) -> list[str]:
    indent = "  " + "  " * level
    lines = sheet.wrap(headline(finding), indent, "    ")
    severity = str(finding.sample.severity)
    code = _RED if is_error(finding) else _YELLOW
    coloured = [line.replace(f" {severity}: ", f" {sheet.paint(severity, code)}: ", 1) for line in lines]
    facts = [finding_cells(seen, finding)]
    if finding.occurrences > 1:
        facts.append(f"{finding.occurrences} places")
    if level:
        facts.append("follows from the above")
    elif finding.root_cause and finding.root_cause != finding.id and finding.root_cause in seen.findings:
        facts.append(f"follows from {headline(seen.findings[finding.root_cause], flag=False)}")
    if finding.touches == "line":
        facts.append("on a line this patch touches")
    if finding.fixed_by is not None:
        facts.append(f"fixed by {finding.fixed_by}")
    if not finding.counts:
        facts.append("exempt by policy, does not count")
    return [*coloured, *sheet.wrap("; ".join(facts), indent + "    ", "")]


def _notes(seen: View, sheet: _Sheet) -> list[str]:
    """What is not a finding but must be known: holes, the base's own, squares without a result."""
    texts = [hole_text(seen, hole) for hole in holes(seen)]
    texts.append(base_text(seen))
    lost = [f"? {where}: {why}" for where, why in trouble(seen)]
    texts += lost[:TROUBLE_LINES]
    if len(lost) > TROUBLE_LINES:
        texts.append(f"(+{len(lost) - TROUBLE_LINES} more in report.html)")
    texts += unset_text(seen)
    return [line for text in texts if text for line in sheet.wrap(text)]
