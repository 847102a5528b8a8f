"""The figures as a table for the terminal, and as docs/performance.md."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import simulate_schedule
from figures import Figures, Piece
from simulate_schedule import DURATIONS
from tabulate import tabulate

TEXT = Path(__file__).with_name("performance.md")
ROWS = (
    ("tuxmake", "tuxmake, a build per commit"),
    ("make", "plain make, one warm directory a cell"),
    ("make again", "the same again in that directory"),
    ("buildman", "buildman's algorithm"),
    ("kmatrix", "kmatrix, cold"),
    ("kmatrix warm", "kmatrix, store emptied, warm base kept"),
    ("kmatrix again", "kmatrix, nothing changed"),
    ("kmatrix amended", "kmatrix, the last commit but one amended"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A peer's check of a series. Means over the times it was run; `fastest` and `slowest` of those, in seconds."""

    wall: float
    fastest: float
    slowest: float
    utilisation: float
    compiling: float | None
    own: float


def row(pieces: Iterable[Piece], peer: str, series: str, cores: int) -> Row | None:
    """None if that peer did not run. The cells of a serial peer follow one another: their times are added."""
    chosen = [piece for piece in pieces if (piece.peer, piece.series) == (peer, series)]
    if not chosen:
        return None
    by_cell: dict[str, list[Piece]] = {}
    for piece in chosen:
        by_cell.setdefault(piece.cell, []).append(piece)
    times = len(next(iter(by_cell.values())))
    wall = sum(piece.wall for piece in chosen)
    busy = sum(piece.busy for piece in chosen)
    known = [piece.compilers for piece in chosen if piece.compilers is not None]
    runs = [sum(each[number].wall for each in by_cell.values()) for number in range(times)]
    return Row(
        wall=wall / times,
        fastest=min(runs),
        slowest=max(runs),
        utilisation=busy / (wall * cores),
        compiling=sum(known) / busy if len(known) == len(chosen) and busy else None,
        own=sum(piece.own for piece in chosen) / busy if busy else 0.0,
    )


def summary(figures: Figures) -> str:
    """For the terminal."""
    warning = "" if figures.idle > ALONE else ": THE MACHINE IS NOT ALONE, these figures are of no use"
    parts = [f"idle before the start: {figures.idle:.0%}{warning}"]
    for series in _series(figures):
        table = tabulate(_table(figures, series), (series, *HEAD), disable_numparse=True, stralign="right")
        parts += ["", table, *remarks(figures, series)]
    return "\n".join(parts)


ALONE = 0.97
HEAD = ("seconds", "from - to", "of kmatrix", "cores busy", "compiling", "own")


def _table(figures: Figures, series: str) -> list[tuple[str, ...]]:
    cores = int(figures.machine["cores"].split()[0])
    cold = row(figures.pieces, "kmatrix", series, cores)
    lines: list[tuple[str, ...]] = []
    for peer, words in ROWS:
        found = row(figures.pieces, peer, series, cores)
        if found is None:
            continue
        lines.append(
            (
                words,
                f"{found.wall:.1f}",
                f"{found.fastest:.1f} - {found.slowest:.1f}",
                f"{found.wall / cold.wall:.2f}" if cold else "",
                f"{found.utilisation:.0%}",
                "?" if found.compiling is None else f"{found.compiling:.0%}",
                f"{found.own:.1%}",
            )
        )
    return lines


def remarks(figures: Figures, series: str) -> list[str]:
    """What the table does not hold: the two last commits, the first break, whether all agree."""
    pieces = [piece for piece in figures.pieces if piece.series == series]
    said = []
    amended = [piece.wall for piece in pieces if piece.peer == "kmatrix amended"]
    cold = [piece for piece in pieces if piece.peer == "make"]
    if amended and cold:
        last = max(commit for piece in cold for _, commit, _ in piece.builds)
        two = sum(seconds for piece in cold for _, commit, seconds in piece.builds if commit >= last - 1)
        said.append(
            f"after amending the last commit but one: {_mean(amended):.1f} s; plain make takes {two:.1f} s for just "
            "those two in the warm directory"
        )
    breaks = [piece.first_break for piece in pieces if piece.peer == "kmatrix" and piece.first_break is not None]
    if breaks:
        said.append(f"the cell that breaks is on the screen after {_mean(breaks):.1f} s of a cold start")
    return [*said, *disagreements(pieces)]


def disagreements(pieces: Sequence[Piece]) -> list[str]:
    """A line for each peer that saw other builds fail than plain make did; one that says so if there is none.

    A peer that skips a commit says nothing of it.
    """
    truth = {square for piece in pieces if piece.peer == "make" for square in piece.failed}
    asked = {(name, commit) for piece in pieces if piece.peer == "make" for name, commit, _ in piece.builds}
    if not asked:
        return []
    found = []
    for piece in pieces:
        if piece.peer == "kmatrix amended":
            continue
        built = {(name, commit) for name, commit, _ in piece.builds} & asked
        other = (set(piece.failed) & asked) ^ (truth & built)
        if other:
            squares = ", ".join(f"{name} {commit}" for name, commit in sorted(other))
            found.append(f"DISAGREES: {piece.peer} on whether these build: {squares}")
    return found or [f"all agree which of {len(asked)} builds fail: {len(truth)}"]


def performance(figures: Figures) -> str:
    """docs/performance.md: the text beside this file with the tables put in."""
    parts = []
    for series in _series(figures):
        table = [("", *HEAD), ("---", *["---:"] * len(HEAD)), *_table(figures, series)]
        rows = "\n".join(f"| {' | '.join(line)} |" for line in table)
        said = "\n".join(f"- {line}" for line in remarks(figures, series))
        parts.append(f"### {TITLES[series]}\n\n{rows}\n\n{said}")
    machine = "\n".join(f"| {name} | {value} |" for name, value in figures.machine.items())
    idle = f"| idle before the start | {figures.idle:.0%} |"
    scope = "" if figures.whole else "**A piece of the benchmark only: not all cells, commits or peers.**\n\n"
    if figures.idle <= ALONE:
        scope += f"**Other work ran on the machine ({figures.idle:.0%} idle): these figures are of no use.**\n\n"
    text = TEXT.read_text("utf-8")
    text = text.replace("{start_up}", f"{figures.start_up * 1000:.0f} ms").replace("{schedule}", _schedule())
    return text.replace("{machine}", f"| | |\n|---|---|\n{machine}\n{idle}").replace(
        "{tables}", scope + "\n\n".join(parts)
    )


def _schedule() -> str:
    """The recorded builds replayed now: no clock but the simulated one is in it."""
    if not DURATIONS.exists():
        return "    (no recorded builds)"
    recording = simulate_schedule.load(DURATIONS)
    rows = {cores: simulate_schedule.ratios(recording, cores) for cores in simulate_schedule.CORES}
    return indent(simulate_schedule.shown(recording, rows), "    ")


TITLES = {
    "reference": "The reference series: 18 patches, 8 of which touch headers that rebuild all of mm/",
    "sources": "Ten commits that touch one .c file each",
}


def _series(figures: Figures) -> list[str]:
    return list(dict.fromkeys(piece.series for piece in figures.pieces))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
