"""The HTML page: golden, self-contained, and deaf to what logs say."""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from factories import a_finding, a_report, a_series, an_error
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting_attacks import ATTACKS, hostile
from reporting_reference import TEMPLATES, build_lines, demo, reference

from orchestrator.model.verdict import RunReport
from orchestrator.reporting import page as page_module
from orchestrator.reporting.page_findings import FINDINGS

VOID = {"meta", "br", "input"}


def page(report: RunReport) -> str:
    """The page with the make lines of every cell."""
    return page_module.page(report, TEMPLATES, build_lines(report))


class Outline(HTMLParser):
    """Tags, attributes and ids of a page; fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def values(self, name: str) -> list[str]:
        """All values of an attribute."""
        return [value for key, value in self.attributes if key == name]


def data_of(text: str) -> Any:
    """The JSON object that the script reads."""
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


@pytest.mark.parametrize(("name", "report"), [("page.html", reference), ("page-demo.html", demo)])
def test_the_reference_pages(name: str, report: Callable[[], RunReport], golden: Callable[[str, str], None]) -> None:
    """The whole page, as it was last looked at in a browser and found good."""
    golden(name, page(report()))


def test_the_page_needs_nothing_else() -> None:
    """No external style, script, font or picture: it opens from a disk without a network."""
    text = page(reference())
    outline = Outline(text)
    assert not {"img", "link", "iframe", "object", "embed", "base", "use", "image"} & set(outline.tags)
    assert outline.values("src") == []
    assert all(value.startswith("#") for value in outline.values("href"))
    assert all(path.startswith("logs/") or not path for path in data_of(text)["logs"])


def test_every_link_inside_the_page_has_its_target() -> None:
    """A finding leads to its square, a follower to its root cause."""
    text = page(reference())
    outline, data = Outline(text), data_of(text)
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    links = {value[1:] for value in outline.values("href")}
    squares = {f"{row}/{quote(name, safe='')}" for row in data["rows"] for name in data["names"]}
    assert links & squares
    assert links - squares <= set(ids)


def test_the_squares_are_all_there() -> None:
    """A sign in the table for each, and its words, time and log in the data."""
    report = reference()
    text = page(report)
    data = data_of(text)
    assert text.count("<td class=") == len(report.results) == 30
    assert [len(row) for row in data["squares"]] == [5] * 6
    said, seconds, log = data["squares"][4][4]
    assert (data["said"][said], seconds) == ("errors; introduced 1 error; fixed 1 error; built", 12)
    assert data["logs"][log].replace("*", data["names"][4]) == "logs/0004/powerpc-ppc64_defconfig-clang-19.log.gz"
    assert data["make"][4][0] == "make O=build ARCH=powerpc ppc64_defconfig"
    assert data["git"][4][1] == "b4 shazam -P 1-4 20240730064712.1-5-ada@example.org"
    ids = [finding.id for finding in (*report.findings, *report.preexisting)]
    introduced = {(row, column): [ids[number - 1] for number in new] for row, column, new, _ in data["changes"]}
    assert introduced[4, 4] == ["ptdesc"]
    assert introduced[3, 4] == ["visible", "page"]


def test_the_policy_allows_exactly_this_style_and_this_script() -> None:
    """A script that got in all the same would not run: its digest is not the one in the policy."""
    text = page(reference())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    for part in (script, style):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"&#39;sha256-{digest}&#39;" in policy
    assert "unsafe" not in policy


INNOCENT = Outline(page(hostile("x")))


def assert_harmless(attack: str) -> None:
    """The page of a report full of `attack` has the same elements as that of an innocent one, and no more of any."""
    text = page(hostile(attack))
    outline = Outline(text)
    assert not Counter(outline.tags) - Counter(INNOCENT.tags)
    assert {name for name, _ in outline.attributes} <= {name for name, _ in INNOCENT.attributes}
    assert all(value.startswith("#") for value in outline.values("href"))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    data = data_of(text)
    assert not any(re.match(r"\s*[a-z]+:|//|\\", path, re.IGNORECASE) for path in data["logs"])
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", json.dumps([data["names"], data["about"], data["said"], data["git"]]))


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_stay_text(attack: str) -> None:
    """Markup, attributes, addresses and template code from a log are shown, not obeyed."""
    assert_harmless(attack)


@settings(max_examples=25)
@given(st.text(st.characters(), min_size=1))
def test_any_text_stays_text(text: str) -> None:
    """Whatever a patch or a compiler says, the page's own tags are all there is."""
    assert_harmless(text)


def test_a_page_of_any_size_is_bounded() -> None:
    """Logs of megabytes and more findings than anybody reads do not make a page that no browser opens."""
    long = tuple(f"drivers/part.c:{number}: " + "x" * 5000 for number in range(500))
    findings = tuple(
        a_finding(f"{number}", 1 + number % 9, sample=an_error(f"e{number} " + "y" * 3000, excerpt=long))
        for number in range(4000)
    )
    text = page(a_report(series=a_series(9), names=("x86_64-defconfig-gcc-14",), findings=findings))
    assert text.count("<article") == FINDINGS
    assert "more in results.json" in text
    assert len(text) < 12_000_000
