"""Markdown and the HTML fragment: golden, and foreign text is never markup."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporting_attacks import ATTACKS, hostile
from reporting_reference import demo, reference

from orchestrator.model.verdict import RunReport
from orchestrator.reporting.markdown import code, html_table, markdown

SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")  # CommonMark 6.1, on one line
OURS = re.compile(r"[A-Za-z0-9 .,;:()*#'|+~?/-]*")
CONTROL = r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"


@pytest.mark.parametrize(("name", "report"), [("reference", reference), ("demo", demo)])
def test_the_reference_reports(name: str, report: Callable[[], RunReport], golden: Callable[[str, str], None]) -> None:
    """As they were last read and found good."""
    golden(f"markdown-{name}.md", markdown(report()))
    golden(f"table-{name}.html", html_table(report()))


def outside_code(line: str) -> str:
    """A line without its code spans."""
    return SPAN.sub("", line)


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_stay_in_code(attack: str) -> None:
    """What is left of a line without its code spans is our own words; the table has as many columns as ever."""
    text = markdown(hostile(attack))
    assert not re.search(CONTROL, text)
    for line in text.splitlines():
        assert OURS.fullmatch(outside_code(line)), line
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {5}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_one_code_span(text: str) -> None:
    """Backquotes of its own do not end it."""
    assert SPAN.fullmatch(code(text))


class Cells(HTMLParser):
    """Tags and texts of a fragment."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"style"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_escaped_in_html(attack: str) -> None:
    """The fragment has a table's own elements and no other."""
    assert Cells(html_table(hostile(attack))).tags == {"table", "thead", "tbody", "tr", "th", "td"}
