"""Mails made into commits, and every way that fails."""

import base64
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from series_repos import LINES, a_kernel, commit, edited, git

from orchestrator.errors import SeriesError
from orchestrator.model.series import Series
from orchestrator.series.options import Leniency, SeriesOptions
from orchestrator.series.repository import Repository, open_repository
from orchestrator.series.resolve import resolve


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A kernel with one commit, opened."""
    return open_repository(a_kernel(tmp_path / "linux"), tmp_path / "cache")


def mail(diff: str, *headers: str, subject: str = "[PATCH] mm: x", text: str = "Why.\n") -> bytes:
    """One mail with a diff."""
    given = "".join(f"{line}\n" for line in ("From: P <p@x.org>", "Date: Tue, 30 Jul 2024 14:46:55 +0800", *headers))
    return f"{given}Subject: {subject}\n\n{text}---\n{diff}-- \n2.43.0\n".encode()


def an_edit(line: int = 10, new: str = "ten", path: str = "mm/a.c") -> str:
    """A diff that changes one line, with context."""
    return (
        f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -{line - 1},3 +{line - 1},3 @@\n"
        f" line {line - 1}\n-line {line}\n+{new}\n line {line + 1}\n"
    )


def a_new_file(path: str, mode: str = "100644") -> str:
    """A diff that adds a file of one line."""
    head = f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1 @@\n+x\n"


def applied(repository: Repository, *mails: bytes, base: str | None = None) -> Series:
    """The series of an mbox of these mails."""
    data = b"".join(b"From x Thu Jan  1 00:00:00 1970\n" + one + b"\n" for one in mails)
    return resolve(repository, "-", SeriesOptions(base=base), stdin=data)


def refusal(repository: Repository, *mails: bytes) -> str:
    """The words with which they are refused."""
    with pytest.raises(SeriesError) as error:
        applied(repository, *mails)
    assert error.value.exit_code == 2
    return str(error.value)


def test_commit_is_that_of_git_am(repository: Repository, tmp_path: Path) -> None:
    """Tree, author, date, subject and message are what `git am` makes of the mail."""
    one = mail(
        an_edit(),
        subject="[PATCH] mm: =?utf-8?q?=C3=A9t=C3=A9?=",
        text="From: Q <q@x.org>\n\nWhy.\n\nAcked-by: R <r@x>\n",
    )
    series = applied(repository, one)
    other = tmp_path / "am"
    git(tmp_path, "clone", "-q", str(repository.tree), str(other))
    git(other, "am", "-q", stdin=one)
    show = ("show", "-s", "--format=%T%n%an <%ae>%n%ad%n%B")
    assert git(repository.git_dir, *show, series.commits[0].sha) == git(other, *show, "HEAD")
    assert series.commits[0].author == "Q <q@x.org>"
    assert series.commits[0].subject == "mm: été"


def test_same_mails_make_the_same_commits(repository: Repository, tmp_path: Path) -> None:
    """Another run elsewhere gets the same oids."""
    mails = (mail(an_edit(), subject="[PATCH 1/2] a"), mail(an_edit(20, "x"), subject="[PATCH 2/2] b"))
    again = open_repository(repository.tree, tmp_path / "other-cache")
    assert [c.sha for c in applied(repository, *mails).commits] == [c.sha for c in applied(again, *mails).commits]


def test_commits_are_kept_by_a_ref(repository: Repository) -> None:
    """git gc of the private clone drops nothing that a run made."""
    tip = applied(repository, mail(an_edit())).commits[-1].sha
    git(repository.git_dir, "gc", "-q", "--prune=now")
    assert git(repository.git_dir, "cat-file", "-t", tip) == "commit"


@pytest.mark.parametrize(
    "headers",
    [
        ("From: =?x-unknown?q?=FF?= <a@b>",),
        ("From: <>",),
        ("From: ...",),
        ('From: "<>" <a@b>',),
        ("Date: never",),
        ("Date: Thu, 01 Jan 1900 00:00:00 +0000",),
        ("Date: Tue, 30 Jul 9999 14:46:55 +0800",),
        ("Date: Tue, 30 Jul 2024 14:46:55 +9999",),
    ],
)
def test_odd_authors_and_dates(repository: Repository, headers: tuple[str, ...]) -> None:
    """A name or a date that git does not take is no reason to refuse a patch."""
    kept = [line for line in ("From: P <p@x.org>", "Date: 1 Jan 2024 00:00:00 +0000") if line[:4] != headers[0][:4]]
    data = "\n".join([*kept, *headers, "Subject: x", "", an_edit()]).encode()
    assert len(applied(repository, data).commits) == 1


def test_quoted_printable_and_base64(repository: Repository) -> None:
    """Encoded mails apply; CRLF that base64 text carries is the transport's."""
    body = base64.encodebytes(f"Why.\n---\n{an_edit()}".replace("\n", "\r\n").encode()).decode()
    kind = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64"
    assert len(applied(repository, f"From: P <p@x>\nSubject: [PATCH] x\n{kind}\n\n{body}".encode()).commits) == 1
    quoted = an_edit(new="x = 1").replace("=", "=3D")
    kind = kind.replace("base64", "quoted-printable")
    series = applied(repository, f"From: P <p@x>\nSubject: [PATCH] x\n{kind}\n\nWhy.\n---\n{quoted}".encode())
    assert "x = 1" in git(repository.git_dir, "show", f"{series.commits[0].sha}:mm/a.c")


def test_crlf_files_keep_their_line_ends(repository: Repository) -> None:
    """A patch to a file with CRLF, sent as it is, applies."""
    commit(repository.tree, "dos", {"dos.txt": ""})
    (repository.tree / "dos.txt").write_bytes(b"one\r\ntwo\r\n")
    commit(repository.tree, "dos")
    diff = "diff --git a/dos.txt b/dos.txt\n--- a/dos.txt\n+++ b/dos.txt\n@@ -1,2 +1,2 @@\n-one\r\n+1\r\n two\r\n"
    series = applied(repository, mail(diff))
    assert series.commits[0].touched[0].lines == ((1, 1),)


def test_what_git_diff_can_say(repository: Repository) -> None:
    """New, deleted, renamed, executable, symlink and binary files, and a path with blanks and umlauts."""
    tree = repository.tree
    git(tree, "checkout", "-q", "-b", "all")
    (tree / "new ü.sh").write_text("#!/bin/sh\n")
    (tree / "new ü.sh").chmod(0o755)
    (tree / "link").symlink_to("Makefile")
    (tree / "blob.bin").write_bytes(bytes(range(256)))
    git(tree, "mv", "mm/b.c", "mm/c.c")
    commit(tree, "all", {"Kbuild": None})
    data = git(tree, "format-patch", "--stdout", "--binary", "-M", "HEAD~").encode()
    git(tree, "checkout", "-q", "master")
    series = resolve(repository, "-", stdin=data)
    assert series.commits[0].tree == git(tree, "rev-parse", "all^{tree}")
    assert {f.path: f.status for f in series.commits[0].touched} == {
        "Kbuild": "D", "blob.bin": "A", "link": "A", "mm/b.c": "D", "mm/c.c": "A", "new ü.sh": "A",
    }  # fmt: skip


def test_patch_that_does_not_apply(repository: Repository) -> None:
    """Number, subject, file, hunk, old lines, the base and why it was taken, and what to do."""
    good, bad = mail(an_edit(), subject="[PATCH 1/2] a"), an_edit(20).replace("line 21", "line XXI")
    both = bad + an_edit(5, path="mm/b.c").replace("-line 5", "-line V")
    text = refusal(repository, good, mail(both, subject="[PATCH 2/2] mm: second"))
    head = repository.user.commit_of("HEAD")
    assert head is not None
    for words in (
        "patch 2 of 2 does not apply: [PATCH 2/2] mm: second",
        "mm/a.c:19: in hunk @@ -19,3 +19,3 @@",
        "mm/b.c:4: in hunk",
        f"{'line XXI':<52} | line 21",
        f"{'line V':<52} | line 5",
        f"on top of patch 1 on {head[:12]} (HEAD)",
        "The series does not state its base",
        "cannot apply to: HEAD (patch 2: mm/a.c:19)",
        "--base REV",
    ):
        assert words in text


def test_already_applied_patch_is_known(repository: Repository) -> None:
    """A base that holds the patch already is the commonest mistake."""
    text = refusal(repository, mail(an_edit(), subject="[PATCH 1/2] a"), mail(an_edit(), subject="[PATCH 2/2] b"))
    assert "has these changes already" in text


def test_damaged_white_space_and_missing_prefixes_are_known(repository: Repository) -> None:
    """Tabs that became blanks, and diff.noprefix, are named as the reason."""
    commit(repository.tree, "tabs", {"mm/t.c": "\tone\n\ttwo\n"})
    head = "diff --git a/mm/t.c b/mm/t.c\n--- a/mm/t.c\n+++ b/mm/t.c\n"
    assert "white space" in refusal(
        repository, mail(f"{head}@@ -1,2 +1,2 @@\n-        one\n+        1\n         two\n")
    )
    assert "diff.noprefix" in refusal(repository, mail(an_edit().replace("a/mm", "mm").replace("b/mm", "mm")))


def test_three_way_merge_is_said(repository: Repository) -> None:
    """Where the blobs are known --3way merges a patch as `git am -3` does, which is recorded; else it is offered."""
    tree = repository.tree
    git(tree, "checkout", "-q", "-b", "side")
    commit(tree, "side", {"mm/a.c": edited(10, "ten")})
    data = git(tree, "format-patch", "--stdout", "--full-index", "HEAD~").encode()
    git(tree, "checkout", "-q", "master")
    commit(tree, "moved", {"mm/a.c": edited(9, "line 9\nmore", edited(14, "fourteen"))})
    commit(tree, "context", {"mm/a.c": edited(7, "seven", edited(14, "fourteen"))})
    with pytest.raises(SeriesError, match="a three-way merge would apply it: --3way"):
        resolve(repository, "-", SeriesOptions(base="master"), stdin=data)
    options = SeriesOptions(base="master", leniency=Leniency(three_way=True))
    series = resolve(repository, "-", options, stdin=data)
    assert series.bent == ("patch 1 applied by a three-way merge: side",)
    assert "three-way merge" in series.warnings[0]
    assert "ten" in git(repository.git_dir, "show", f"{series.commits[0].sha}:mm/a.c")


@pytest.mark.parametrize(
    ("diff", "words"),
    [
        (a_new_file("../outside"), "stay inside the tree"),
        (a_new_file("/etc/passwd"), "stay inside the tree"),
        (a_new_file(".git/config"), "stay inside the tree"),
        (a_new_file("link", mode="120000") + a_new_file("link/x"), "stay inside the tree"),
        (an_edit(path="../outside"), "no such file"),
        (an_edit(path="mm/none.c"), "no such file"),
        (an_edit().replace("-1,3 +9,3", "").replace(" line 11\n", ""), "damaged"),
        (an_edit().replace("@@ -9,3 +9,3 @@", "@@ -9,9 +9,9 @@"), "damaged"),
        (an_edit(new="line 10"), "changes nothing"),
        (
            "diff --git a/mm/a.c b/mm/a.c\nindex 1234567..89abcde 100644\nBinary files differ\n",
            "git apply|format-patch",
        ),
        ("diff --git a/mm/a.c b/mm/a.c\n", "git finds no usable diff|holds no diff"),
    ],
)
def test_patches_that_no_tree_can_take(repository: Repository, diff: str, words: str) -> None:
    """Outside of the tree, damaged, empty or without effect: refused, with what is wrong, and nothing is written."""
    text = refusal(repository, mail(diff))
    assert "patch 1 of 1" in text
    assert re.search(words, text), text


def test_vanishing_type_changes_and_modes(repository: Repository) -> None:
    """A patch that only changes a mode is a change."""
    diff = "diff --git a/mm/a.c b/mm/a.c\nold mode 100644\nnew mode 100755\n"
    (file,) = applied(repository, mail(diff)).commits[0].touched
    assert (file.path, file.status, file.lines) == ("mm/a.c", "M", ())


_PARTS = st.sampled_from([*an_edit().splitlines(keepends=True), "\n", "-- \n", "---\n", "GIT binary patch\n", "\x00"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_PARTS | st.text(max_size=20), max_size=12).map("".join))
def test_any_diff_is_applied_or_refused(repository: Repository, text: str) -> None:
    """Whatever follows the diff header: commits or a SeriesError, and the tree's own files are not written."""
    try:
        series = applied(repository, mail("diff --git a/mm/a.c b/mm/a.c\n" + text))
    except SeriesError:
        pass
    else:
        assert len(series.commits) == 1
    assert (repository.tree / "mm/a.c").read_text() == LINES
