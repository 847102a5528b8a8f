"""Why a patch does not apply."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.series.diffs import parse_hunks
from orchestrator.series.rejects import explain

PATCH = """\
 mm/a.c | 2 +-
diff --git a/mm/a.c b/mm/a.c
--- a/mm/a.c
+++ b/mm/a.c
@@ -3,3 +3,3 @@ int f(void)
 one
--- two
+++ zwei
 three
@@ -10 +10,2 @@
-ten
+10
+11
--
2.43.0
"""


def test_hunks_are_as_long_as_they_say() -> None:
    """A deleted line `-- two` is no file header, and a signature is no hunk line."""
    hunks = list(parse_hunks(PATCH))
    assert [(h.path, h.start, h.old) for h in hunks] == [
        ("mm/a.c", 3, ("one", "-- two", "three")),
        ("mm/a.c", 10, ("ten",)),
    ]


def test_the_failing_hunk_is_shown_with_its_old_lines() -> None:
    """File, line, hunk header and the lines that were looked for."""
    errors = "error: patch failed: mm/a.c:3\nerror: mm/a.c: patch does not apply"
    text = explain(errors, PATCH, {})
    assert "mm/a.c:3: in hunk @@ -3,3 +3,3 @@ int f(void)" in text
    assert "    |one\n    |-- two\n    |three" in text
    assert "ten" not in text


def test_every_failing_file_is_shown() -> None:
    """Messages of other kinds keep git's words and say what they mean."""
    errors = (
        "error: mm/b.c: does not exist in index\nerror: patch failed: mm/a.c:10\nerror: mm/a.c: patch does not apply"
    )
    text = explain(errors, PATCH, {})
    assert "    |ten" in text
    assert "mm/b.c: does not exist in index (the base has no such file" in text


def test_hints_follow_the_reasons() -> None:
    """What else was tried comes last, a line each."""
    text = explain("error: mm/a.c: already exists in index", "", {}, ["It applies in reverse."])
    assert text.splitlines() == [
        "  mm/a.c: already exists in index (the base has that file already)",
        "  It applies in reverse.",
    ]


@given(st.text(max_size=80), st.text(alphabet=st.sampled_from("@-+,0123 abc\n/"), max_size=200))
def test_nothing_raises(errors: str, patch: str) -> None:
    """Any words of git and any patch give some line."""
    assert explain(errors, patch, {})
    assert explain("error: patch failed: a:1\n" + errors, patch, {})
