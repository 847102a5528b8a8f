"""Patches taken apart."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.series.diffs import parse_files, parse_hunks, pre_images, unprefixed_paths, widest_context

EDIT = (
    "diff --git a/mm/a.c b/mm/a.c\nindex 1111111..2222222 100644\n--- a/mm/a.c\n+++ b/mm/a.c\n"
    "@@ -3,4 +3,3 @@ int f(void)\n one\n--- two\n-- three\n+++ four\n five\n"
)
NEW = (
    "diff --git a/new b/new\nnew file mode 100644\nindex 0000000..3333333\n"
    "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\n"
)
GONE = (
    "diff --git a/old b/old\ndeleted file mode 100644\nindex 4444444..0000000\n"
    "--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
)
MOVED = "diff --git a/x y b/z\nsimilarity index 90%\nrename from x y\nrename to z\nindex 5555555..6666666 100644\n"
MODE = "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n"
BINARY = "diff --git a/p.bin b/p.bin\nindex 7777777..8888888 100644\nGIT binary patch\nliteral 1\nIcmZ\n\n"
QUOTED = 'diff --git "a/\\303\\274 \\"x\\"" "b/\\303\\274 \\"x\\""\nold mode 100644\nnew mode 100755\n'


def test_files_of_every_kind() -> None:
    """Paths, blobs and moves; lines of hunks that look like headers are lines."""
    files = parse_files(
        "text\n---\n a | 2 +-\n\n" + EDIT + NEW + GONE + MOVED + MODE + BINARY + QUOTED + "-- \n2.43.0\n"
    )
    assert [(file.old, file.new, file.old_blob, file.moved) for file in files] == [
        ("mm/a.c", "mm/a.c", "1111111", False),
        (None, "new", "0000000", False),
        ("old", None, "4444444", False),
        ("x y", "z", "5555555", True),
        ("run", "run", "", False),
        ("p.bin", "p.bin", "7777777", False),
        ('ü "x"', 'ü "x"', "", False),
    ]


def test_hunks_are_counted() -> None:
    """Old lines, context at the ends, and whether all promised lines are there."""
    (hunk,) = parse_hunks(EDIT)
    assert (hunk.path, hunk.start, hunk.old) == ("mm/a.c", 3, ("one", "-- two", "- three", "five"))
    assert (hunk.before, hunk.after, hunk.whole) == (1, 1, True)
    assert widest_context(EDIT) == 1
    assert not next(parse_hunks(EDIT.replace(" five\n", ""))).whole
    assert not next(parse_hunks(EDIT.replace(" one", "one"))).whole


def test_what_a_series_wants_of_its_base() -> None:
    """The first patch that touches a path speaks of the base; new files must not be there; no index line, no wish."""
    again = EDIT.replace("1111111..2222222", "2222222..9999999")
    change_of_new = EDIT.replace("mm/a.c", "new").replace("1111111..2222222", "3333333..4444444")
    assert pre_images(iter([EDIT + NEW, again + change_of_new, MOVED + MODE])) == {
        "mm/a.c": "1111111", "new": "", "x y": "5555555", "z": "",
    }  # fmt: skip


def test_names_without_prefix() -> None:
    """diff.noprefix leaves them; /dev/null and prefixed ones are none."""
    assert unprefixed_paths("--- mm/a.c\n+++ mm/a.c\n") == ("mm/a.c",)
    assert unprefixed_paths(EDIT + NEW) == ()


@given(st.text(max_size=200) | st.lists(st.sampled_from((EDIT + MOVED + QUOTED).splitlines(True))).map("".join))
def test_any_text_is_taken_apart(patch: str) -> None:
    """Nothing raises, and no hunk has more old lines than the text."""
    assert sum(len(hunk.old) for hunk in parse_hunks(patch)) <= patch.count("\n") + 1
    pre_images(iter([patch, patch]))
