"""The squares of the page: what stands in each, and what the script needs to tell more of one.

A matrix of 100 x 200 has 20,000 of them, so a square in the markup is a class and a sign. Everything else of it stands
once, in numbers, in one JSON object that the script reads.
"""

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from orchestrator.model.result import CellResult, Status
from orchestrator.model.verdict import Finding
from orchestrator.reporting.text import count, printable
from orchestrator.reporting.view import Marks, View, marks, symbol
from orchestrator.reporting.words import reason, row_name

KINDS = {Status.OK: "k", Status.WARNINGS: "w", Status.ERRORS: "e", Status.UNKNOWN: "u", Status.NOT_RUN: "r"}


def rows(seen: View) -> list[list[tuple[str, str]]]:
    """(style class, sign) of every square: a list of columns for each commit, the base first."""
    return [
        [(kind(mark), symbol(mark)) for mark in (marks(seen, index, name) for name in seen.names)]
        for index in range(seen.last + 1)
    ]


def kind(mark: Marks) -> str:
    """The style class: what the patch did, else what the build found; a second one if part of it is masked."""
    if mark.errors:
        name = "ne"
    elif mark.status in (Status.ERRORS, Status.UNKNOWN, Status.NOT_RUN):
        name = KINDS[mark.status]
    elif mark.warnings:
        name = "nw"
    else:
        name = "f" if mark.fixed_errors or mark.fixed_warnings else KINDS[mark.status]
    return f"{name} m" if mark.masked else name


def data(seen: View, anchors: Mapping[str, int], make: Mapping[str, Iterable[str]], git: list[list[str]]) -> str:
    """The JSON object, safe inside a script element. `anchors` number the findings as the page does.

    `make` and `git` are the lines that repeat a build: by target name, by commit.

    - `names`, `arches`, `compilers`: of the columns; `rows` and `about`: of the rows.
    - `said`, `logs`: lists of texts; `squares`: for each row, of each column, [place in said, seconds, place in logs].
      In a log's text `*` stands for the column's name.
    - `changes`: [row, column, findings introduced, findings fixed] of each square that has any.
    - `findings`: by number less 1, [1 for an error else 0, row, columns as first, last, first, last...].
    """
    columns = {name: place for place, name in enumerate(seen.names)}
    said, logs = _Texts(), _Texts()

    def numbers(ids: Iterable[str]) -> list[int]:
        return [anchors[each] for each in ids if each in anchors]

    document = {
        "names": [printable(name) for name in seen.names],
        "arches": [printable(facts.target.arch) for facts in seen.report.targets],
        "compilers": [printable(facts.target.compiler) for facts in seen.report.targets],
        "rows": [row_name(index) for index in range(seen.last + 1)],
        "about": [printable(f"{commit.sha[:12]} by {commit.author}") for commit in seen.report.series.all],
        "squares": [[_square(seen, index, name, said, logs) for name in seen.names] for index in range(seen.last + 1)],
        "said": list(said.places),
        "logs": list(logs.places),
        "changes": [
            [delta.commit, columns[delta.target], numbers(delta.introduced), numbers(delta.fixed)]
            for delta in seen.report.deltas
            if delta.target in columns and (delta.introduced or delta.fixed)
        ],
        "findings": [_finding(seen.findings[name], columns) for name in anchors],
        "make": [list(make.get(name, ())) for name in seen.names],
        "git": git,
        "run": printable(seen.report.run),
    }
    text = json.dumps(document, separators=(",", ":"))
    # Nothing in a script element ends it but `</script`, and `<!--` changes what does: no `<` at all.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class _Texts:
    """Gives each distinct text its place in a list."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def of(self, text: str) -> int:
        return self.places.setdefault(text, len(self.places))


def _square(seen: View, index: int, name: str, said: _Texts, logs: _Texts) -> list[int]:
    result, mark = seen.result(index, name), marks(seen, index, name)
    # `quote` leaves no `*`: one that is there stands for the name. A path that began with `//` would name a host.
    log = re.sub(r"^/+", "/", result.log)
    path = "*".join(quote(part.encode("utf-8", "replace"), safe="/") for part in log.split(name))
    return [said.of(_words(result, mark)), round(result.seconds), logs.of(path)]


def _words(result: CellResult, mark: Marks) -> str:
    """The square in words, but for its time."""
    if mark.status in (Status.UNKNOWN, Status.NOT_RUN):
        return f"{mark.status}, {reason(result)}"
    parts = [str(mark.status)]
    parts += [f"introduced {count(number, noun)}" for number, noun in _numbers(mark.errors, mark.warnings)]
    parts += [f"introduced {mark.exempt} exempt by policy"] if mark.exempt else []
    parts += [f"fixed {count(number, noun)}" for number, noun in _numbers(mark.fixed_errors, mark.fixed_warnings)]
    if mark.masked:
        hidden = len(result.state.masked)
        parts.append(f"{count(hidden, 'object')} could not be tried" if hidden else "partly masked")
    parts.append(str(result.origin))
    if result.log_cut:
        parts.append("log cut at the size limit")
    return "; ".join(parts)


def _numbers(errors: int, warnings: int) -> list[tuple[int, str]]:
    return [(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number]


def _finding(finding: Finding, columns: Mapping[str, int]) -> list[int]:
    places = sorted(columns[name] for name in finding.targets if name in columns)
    spans: list[int] = []
    for place in places:
        if spans and place == spans[-1] + 1:
            spans[-1] = place
        else:
            spans += [place, place]
    return [int(finding.sample.severity == "error"), finding.seen_at, *spans]
