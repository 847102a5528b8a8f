"""Foreign text is safe to print, and fits."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.reporting.text import cut_bytes, display_width, log_line, printable, shorten, spans, wrap


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("a\tb\nc", "a b c"),
        ("bell\x07 del\x7f c1\x9b2J", "bell del c12J"),
        ("if (admin\u202e)", "if (admin)"),
        ("lone \udc80", "lone \ufffd"),
        ("‘quoted’ ä", "‘quoted’ ä"),  # noqa: RUF001
    ],
)
def test_nothing_that_moves_a_cursor_survives(text: str, safe: str) -> None:
    """Escape sequences, control characters and direction overrides go; words stay."""
    assert printable(text) == safe


@settings(max_examples=100)
@given(st.text(st.characters()))
def test_printable_text_is_one_line_without_control_characters(text: str) -> None:
    """Whatever a log holds, the result is one line that can be encoded and printed, and is not changed again."""
    safe = printable(text)
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Cf", "Zl", "Zp") for character in safe)
    assert printable(safe) == safe
    safe.encode("utf-8")


def test_a_log_line_keeps_its_tabs() -> None:
    """A caret stands under its column only if both lines keep their tabs."""
    assert log_line("\tint\tx;\x1b[0m\r\n") == "\tint\tx;"


@settings(max_examples=50)
@given(st.text(max_size=200), st.integers(2, 80))
def test_shortened_text_fits(text: str, columns: int) -> None:
    """A shortened text takes no more columns than it was given, wide characters counted as two."""
    assert display_width(shorten(printable(text), columns)) <= columns


@settings(max_examples=50)
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=400))
def test_wrapped_text_fits(text: str) -> None:
    """No line is longer than asked for, and no word is lost."""
    lines = wrap(text, 60, "  ", "    ")
    assert all(len(line) <= 60 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(20, 200))
def test_a_cut_falls_between_characters(text: str, limit: int) -> None:
    """A line cut at a number of bytes is still UTF-8, and says that it was cut."""
    cut = cut_bytes(text, limit)
    assert len(cut.encode()) <= limit
    assert cut == text or cut.endswith("[cut]")


def test_spans_fold_runs() -> None:
    """Numbers in a row are written as a range."""
    assert spans((2, 4, 5, 6, 9)) == "2, 4..6, 9"
    assert spans(()) == ""
