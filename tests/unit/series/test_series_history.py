"""The output of git diff-tree."""

from orchestrator.series.history import parse_diff

_OID = b"1" * 40


def entry(status: bytes, path: bytes) -> bytes:
    """A raw entry."""
    return b":100644 100644 " + _OID + b" " + _OID + b" " + status + b"\0" + path + b"\0"


def test_ranges_are_those_of_new_lines() -> None:
    """`+c,d` is lines c to c+d-1; a hunk that only deletes has none; text in hunks is not read as a header."""
    patch = b"\0diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -2 +2 @@\n-b\n+@@ -1 +1 @@\n"
    patch += b"@@ -3,0 +4,3 @@\n+diff --git a/b b/b\n@@ -9 +11,0 @@\n-x\n"
    (file,) = parse_diff(entry(b"M", b"a") + patch)
    assert (file.path, file.status, file.lines) == ("a", "M", ((2, 2), (4, 6)))


def test_a_changed_type_has_two_sections() -> None:
    """A symlink that becomes a file is deleted and made anew in the patch; the next file keeps its own ranges."""
    patch = b"\0diff --git a/l b/l\n@@ -1 +0,0 @@\n-f\ndiff --git a/l b/l\n@@ -0,0 +1,2 @@\n+x\n+y\n"
    patch += b"diff --git a/m b/m\n@@ -0,0 +7 @@\n+n\n"
    link, other = parse_diff(entry(b"T", b"l") + entry(b"A", b"m") + patch)
    assert (link.status, link.lines) == ("T", ((1, 2),))
    assert (other.status, other.lines) == ("A", ((7, 7),))


def test_binary_and_mode_changes_have_no_lines() -> None:
    """Sections without hunks give no ranges; no difference gives no files."""
    patch = b"\0diff --git a/x b/x\nold mode 100644\nnew mode 100755\ndiff --git a/y b/y\nBinary files differ\n"
    assert [file.lines for file in parse_diff(entry(b"M", b"x") + entry(b"M", b"y") + patch)] == [(), ()]
    assert parse_diff(b"") == ()
