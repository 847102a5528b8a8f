"""A hunk beside a file."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.series.sidebyside import place_of, side_by_side

FILE = [f"row {n};" for n in range(100)]


def test_the_place_is_where_most_lines_stand() -> None:
    """Near the stated line if there are several, over lines that were put in between, nowhere if none is there."""
    assert place_of(["row 40;", "gone;", "row 42;"], FILE, 10) == (40, 43)
    assert place_of(["twice;"], ["twice;", *FILE, "twice;"], 90) == (101, 102)
    longer = [*FILE[:41], *["put in"] * 20, *FILE[41:]]
    assert place_of([*FILE[38:44]], longer, 0) == (38, 64)
    assert place_of(["}", "", "nowhere;"], ["}", "", "x;"], 0) is None


def test_rows_are_those_of_sdiff() -> None:
    """Equal, different, only expected, only there; what only the file has at the end is left out."""
    rows = side_by_side(["\ta;", "\tb;", "\tc;", "\td;"], ["\ta;", "\tB;", "\tx;", "\tc;", "\td;", "\tmore;"])
    assert [row.split() for row in rows] == [["a;", "a;"], ["b;", "|", "B;"], [">", "x;"], ["c;", "c;"], ["d;", "d;"]]
    assert side_by_side(["a", "b"], ["a"])[-1].split() == ["b", "<"]


def test_a_difference_far_to_the_right_is_seen() -> None:
    """The common beginning of long lines is cut, not their difference."""
    (row,) = side_by_side(["#if defined(CONFIG_" + "X" * 50 + ") && A"], ["#if defined(CONFIG_" + "X" * 50 + ") && B"])
    left, _, right = row.partition(" | ")
    assert left.rstrip().endswith("&& A")
    assert right.endswith("&& B")


def test_long_insertions_are_counted() -> None:
    """The first lines, then how many more."""
    rows = side_by_side(["one;", "two;"], ["one;", *[f"in {n}" for n in range(30)], "two;"])
    assert any("(and 25 lines more)" in row for row in rows)
    assert len(rows) < 12


_LINES = st.lists(st.sampled_from(["a;", "\tb;", "}", "", "long " * 30, "ü"]), max_size=40)


@given(_LINES, _LINES, st.integers(0, 1000))
def test_anything_is_shown(expected: list[str], lines: list[str], start: int) -> None:
    """Nothing raises; a place lies in the file."""
    place = place_of(expected, lines, start)
    assert place is None or 0 <= place[0] <= len(lines)
    assert all(len(row) <= 52 * 2 + 3 for row in side_by_side(expected, lines))
