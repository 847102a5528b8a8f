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


def test_a_template_of_the_users_own_goes_before_ours(tmp_path: Path) -> None:
    """One document at a time; a mistake in it is told with its place."""
    ours, own = tmp_path / "ours", tmp_path / "own"
    for folder in (ours, own):
        folder.mkdir()
        (folder / "a.txt.j2").write_text(f"{folder.name} {{{{ x }}}}")
    (ours / "b.txt.j2").write_text("ours")
    (own / "c.txt.j2").write_text("\n{% if %}")
    templates = Templates(ours, own)
    assert templates.render("a.txt.j2", x=1) == "own 1"
    assert templates.render("b.txt.j2") == "ours"
    with pytest.raises(InfrastructureError, match=r"own/c\.txt\.j2:2: "):
        templates.render("c.txt.j2")
