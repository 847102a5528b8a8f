"""The HTML page: golden, self-contained, and deaf to what logs say."""

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser

from factories import a_commit, a_finding, a_report, a_result, a_series, a_state, an_error
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting_reference import TEMPLATES, reference

from orchestrator.model.verdict import RunReport
from orchestrator.reporting.page import page

X86 = "x86_64-defconfig-gcc-14"
VOID = {"meta", "br", "input"}
ATTACKS = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\"><svg onload='alert(1)'>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</pre></details><iframe src=//evil>",
    "<!--",
    "{{ 7 * 7 }}{% raw %}",
    "]]>&lt;b&gt;",
)


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


def hostile(text: str) -> RunReport:
    """A report all of whose foreign strings are `text`."""
    sample = an_error(text, file=text, flag=text, function=text, object=text, raw=text, excerpt=(text, text))
    return a_report(
        series=a_series(
            title=text,
            base=a_commit(0, subject=text),
            base_reason=text,
            warnings=(text,),
            commits=tuple(a_commit(index, subject=text, author=text, sha=text) for index in (1, 2, 3)),
        ),
        findings=(a_finding(text, sample=sample, targets=(X86,), occurrences=2),),
        results=(a_result(1, X86, log=text, detail=text, unset_symbols=(text,), state=a_state(sample)),),
        warnings=(text,),
        run=text,
        started=text,
        tool_version=text,
    )


def test_the_reference_page(golden: Callable[[str, str], None]) -> None:
    """The whole page, as it was last looked at in a browser and found good."""
    golden("page.html", page(reference(), TEMPLATES))


def test_the_page_needs_nothing_else() -> None:
    """No external style, script, font or picture: it opens from a disk without a network."""
    outline = Outline(page(reference(), TEMPLATES))
    assert not {"img", "link", "iframe", "object", "embed", "base"} & set(outline.tags)
    assert outline.values("src") == []
    assert all(value.startswith(("#", "logs/")) for value in outline.values("href"))


def test_every_link_inside_the_page_has_its_target() -> None:
    """A square leads to its finding, a follower to its root cause."""
    outline = Outline(page(reference(), TEMPLATES))
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    links = {value[1:] for value in outline.values("href") if value.startswith("#")}
    assert links
    assert links <= set(ids)


def test_the_policy_allows_exactly_this_style_and_this_script() -> None:
    """A script that got in all the same would not run: its digest is not the one in the policy."""
    text = page(reference(), TEMPLATES)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    for part in (script, style):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"&#39;sha256-{digest}&#39;" in policy
    assert "unsafe" not in policy


def assert_harmless(text: str) -> None:
    """The page of a report full of `text` has the same tags as that of an innocent one."""
    outline, innocent = Outline(page(hostile(text), TEMPLATES)), Outline(page(hostile("x"), TEMPLATES))
    assert set(outline.tags) <= set(innocent.tags)
    assert {name for name, _ in outline.attributes} <= {name for name, _ in innocent.attributes}
    assert not any(value.lower().startswith("javascript:") for value in outline.values("href"))


def test_attacks_stay_text() -> None:
    """Markup, attributes, addresses and template code from a log are shown, not obeyed."""
    for attack in ATTACKS:
        assert_harmless(attack)


@settings(max_examples=25)
@given(st.text(st.characters(), min_size=1))
def test_any_text_stays_text(text: str) -> None:
    """Whatever a patch or a compiler says, the page's own tags are all there is."""
    assert_harmless(text)
