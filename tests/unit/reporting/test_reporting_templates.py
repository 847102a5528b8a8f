"""Templates are files that users may edit: mistakes in them are said."""

from pathlib import Path

import pytest

from orchestrator.errors import InfrastructureError
from orchestrator.reporting.templates import Templates


def test_html_is_escaped_and_text_is_not(tmp_path: Path) -> None:
    """The name decides."""
    for name in ("a.html.j2", "a.txt.j2"):
        (tmp_path / name).write_text("{{ x }}")
    assert Templates(tmp_path).render("a.html.j2", x="<b>") == "&lt;b&gt;"
    assert Templates(tmp_path).render("a.txt.j2", x="<b>") == "<b>"


@pytest.mark.parametrize(
    ("text", "words"), [("a\n{% if %}", r"a\.txt\.j2:2: "), ("{{ missing }}", "'missing' is undef")]
)
def test_a_broken_template_is_named(tmp_path: Path, text: str, words: str) -> None:
    """File, line where there is one, and the engine's own words."""
    (tmp_path / "a.txt.j2").write_text(text)
    with pytest.raises(InfrastructureError, match=words):
        Templates(tmp_path).render("a.txt.j2")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """An installation without its templates says which one."""
    with pytest.raises(InfrastructureError, match=r"a\.txt\.j2"):
        Templates(tmp_path).render("a.txt.j2")
    with pytest.raises(InfrastructureError, match=r"page\.css: cannot be read"):
        Templates(tmp_path).raw("page.css")
