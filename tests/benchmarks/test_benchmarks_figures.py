"""How the comparison with peers counts: sums of serial pieces, means of repeated ones, and who disagrees."""

import struct
from dataclasses import replace
from pathlib import Path

import accounting
import pytest
from figures import Figures, Piece, load, save
from report import disagreements, performance, row, summary


def a_piece(peer: str, cell: str, wall: float, **fields: object) -> Piece:
    """Two cores half busy, half of that compiling."""
    costs = {"busy": wall, "own": wall / 100, "compilers": wall / 2}
    rest = {"series": "reference", "failed": [], "builds": [(cell, 0, wall)], **costs, **fields}
    return Piece(peer=peer, cell=cell, wall=wall, **rest)


PIECES = [
    a_piece("kmatrix", "all", 10.0, builds=[("a", 0, 5.0), ("b", 0, 5.0)], first_break=3.0),
    a_piece("make", "a", 12.0),
    a_piece("make", "b", 18.0),
    a_piece("kmatrix", "all", 20.0, builds=[("a", 0, 5.0), ("b", 0, 5.0)]),
]
FIGURES = Figures(machine={"cores": "2 (make jobs: 2)"}, idle=0.99, whole=False, start_up=0.05, pieces=PIECES)


def test_cells_of_a_serial_peer_are_added_and_runs_of_the_whole_averaged() -> None:
    """12 + 18 seconds of make against 10 and 20 of two runs."""
    make, kmatrix = (row(PIECES, peer, "reference", 2) for peer in ("make", "kmatrix"))
    assert make
    assert kmatrix
    assert (make.wall, make.fastest, make.slowest) == (30, 30, 30)
    assert (kmatrix.wall, kmatrix.fastest, kmatrix.slowest) == (15, 10, 20)
    assert (kmatrix.utilisation, kmatrix.compiling) == (0.5, 0.5)
    assert row(PIECES, "tuxmake", "reference", 2) is None


def test_a_peer_that_sees_another_build_fail_is_named() -> None:
    """What a peer skipped it does not speak of."""
    assert disagreements(PIECES) == ["all agree which of 2 builds fail: 0"]
    other = a_piece("tuxmake", "a", 1.0, failed=[("a", 0)])
    assert disagreements([*PIECES, other]) == ["DISAGREES: tuxmake on whether these build: a 0"]
    skipped = a_piece("buildman", "all", 1.0, builds=[("a", 0, 1.0)])
    failing = a_piece("make", "b", 18.0, failed=[("b", 0)])
    assert not [line for line in disagreements([failing, skipped]) if "buildman" in line]


def test_figures_are_saved_and_shown(tmp_path: Path) -> None:
    """The same from the file; a piece of the benchmark is never shown as the whole."""
    save(FIGURES, tmp_path / "figures.json")
    assert load(tmp_path / "figures.json") == FIGURES
    assert "2.00" in summary(FIGURES)
    assert "on the screen after 3.0 s" in summary(FIGURES)
    page = performance(FIGURES)
    assert "A piece of the benchmark only" in page
    assert "{" not in page
    assert "of no use" not in page
    assert "of no use" in performance(replace(FIGURES, idle=0.5))


@pytest.mark.parametrize(("comp", "value"), [(5, 5), (0x1FFF, 8191), (1 << 13 | 3, 24), (7 << 13 | 1, 8**7)])
def test_a_comp_t_is_read(comp: int, value: int) -> None:
    """13 bits and an exponent of 8 (include/uapi/linux/acct.h)."""
    assert accounting._number(comp) == value


def test_only_compilers_are_counted(tmp_path: Path) -> None:
    """cc1 with 1.5 s and clang-19 with 0.5 s; make is not one; a record cut short is left."""
    rows = ((b"cc1", 100, 50), (b"make", 900, 0), (b"clang-19", 40, 10))
    records = [
        accounting._RECORD.pack(0, 3, 0, 0, 0, 0, 1, 1, 0, 0.0, u, s, 0, 0, 0, 0, 0, 0, name) for name, u, s in rows
    ]
    assert {len(record) for record in records} == {struct.calcsize("=64s")}
    (tmp_path / "acct").write_bytes(b"x" * 64 + b"".join(records) + b"cut")
    assert accounting._compilers(tmp_path / "acct", 64) == 2.0
