"""Lines before anyone reads them."""

import pytest

from orchestrator.logparse import split_blocks
from orchestrator.logparse.stream import LINE_CAP, read


@pytest.mark.parametrize(
    "prefix",
    [
        "12:34:56 ",
        "12:34:56.789 ",
        "[12:34:56] ",
        "[   12.345678] ",
        "2024-01-01T00:00:00.0000000Z ",
        "[2024-01-01T00:00:00.000Z] ",
        "2024-01-01 00:00:00,123 ",
        "2024-05-22T12:43:46.962646Z 00O ",
        "2024-01-01T00:00:00+02:00 ",
        "2024/01/01 00:00:00 ",
        "2024-01-01 00:00:00.123456 | ",
        "2024-01-01T00:00:00.123456789Z stdout F ",
        "build\tMake the kernel\t2024-01-01T00:00:00.0000000Z ",
        "Jan  1 12:34:56 ",
        "Dec 31 23:59:59 host builder[4711]: ",
        "[  123s] ",
        "[    7s] ",
        "#12 345.6 ",
        "| ",
        "2024-01-01T00:00:00.0000000Z [12:34:56] ",
        "2024-01-01T00:00:00.0000000Z #12 345.6 ",
        "12:34:56  ",
        "[2024-01-01T00:00:00.000Z]  ",
        "\x1b[0m",
        "\x1b[1;31m\x1b[K",
    ],
)
def test_a_time_stamp_and_colours_go_and_nothing_else(prefix: str) -> None:
    """Exactly one space goes with a stamp: echo lines start with two of their own."""
    assert read(f"{prefix}  CC      mm/gup.o\r\n") == "  CC      mm/gup.o"
    assert read(f"{prefix}mm/a.c:1:2: \x1b[01;35mwarning:\x1b[0m x".encode()) == "mm/a.c:1:2: warning: x"


def test_a_source_line_behind_a_stamp_stays_indented() -> None:
    """A line number of four digits has one space before it."""
    assert read("12:34:56  1234 | int x;") == " 1234 | int x;"
    assert read("12:34:56   123 | int x;") == "  123 | int x;"


@pytest.mark.parametrize(
    "text",
    ["1 error generated.", "12:3: x", "[foo] bar", "[0, 4]", "2024 years", "# CONFIG_X is not set", "#12 x", "|x"],
)
def test_what_only_looks_like_a_stamp_stays(text: str) -> None:
    """Numbers and brackets are text."""
    assert read(text) == text


def test_bytes_that_are_not_text_are_replaced() -> None:
    """Never an exception; the rest of the line stays."""
    assert read(b"a\xffb\n") == "a\ufffdb"
    assert read("a\udcffb\n") == "a\ufffdb"
    assert read("a\ud800b\u2018\n") == "a?b\u2018"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_blocks_are_cut_into_lines(size: int) -> None:
    """Whatever the block size, with or without a last newline."""
    for text in (b"", b"a", b"a\n", b"a\n\nbc\r\nd"):
        blocks = (text[start : start + size] for start in range(0, len(text), size))
        expected = text.split(b"\n")
        assert list(split_blocks(blocks)) == (expected if expected[-1] else expected[:-1])


def test_a_line_without_end_is_cut() -> None:
    """Memory stays that of one block."""
    lines = list(split_blocks(b"x" * 100_000 for _ in range(100)))
    assert [len(line) for line in lines] == [LINE_CAP * 4]
