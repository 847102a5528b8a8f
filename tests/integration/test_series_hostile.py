"""Patches that mean harm: refused or made harmless, and nothing outside of the private clone is written."""

from pathlib import Path

import pytest
from series_repos import a_kernel, commit, git, state_of

from orchestrator.errors import SeriesError
from orchestrator.series import letters
from orchestrator.series.options import Leniency, SeriesOptions
from orchestrator.series.repository import Repository, open_repository
from orchestrator.series.resolve import resolve
from orchestrator.series.trees import changes


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A kernel with one commit, opened."""
    return open_repository(a_kernel(tmp_path / "linux"), tmp_path / "cache")


def mail(diff: str, *, subject: str = "[PATCH] x", **headers: str) -> bytes:
    """One mail with a diff."""
    lines = ["From x Thu Jan  1 00:00:00 1970", "From: P <p@x.org>", f"Subject: {subject}"]
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
    return ("\n".join(lines) + f"\n\nWhy.\n---\n{diff}-- \n2.43.0\n\n").encode()


def new(path: str, text: str = "x", mode: str = "100644") -> str:
    """A diff that adds a file of one line."""
    head = f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+{text}\n"
    return head + ("\\ No newline at end of file\n" if mode == "120000" else "")


OUTSIDE = {
    "above": new("../outside"),
    "above, from inside": new("mm/../../outside"),
    "absolute": new("/tmp/outside"),
    "the repository": new(".git/config"),
    "a hook": new(".git/hooks/post-checkout"),
    "a nested repository": new("mm/.git/config"),
    "in capitals": new(".GIT/config"),
    "mixed case": new("mm/.Git/config"),
    "a short name of NTFS": new("git~1/config"),
    "ignorable characters of HFS": new(".g\u200cit/config"),
    "a dot of Windows": new(".git./config"),
    "an empty name": new("mm//.git/x"),
    "through a link of the same patch": new("link", "/tmp", "120000") + new("link/outside"),
    "a rename out of the tree": (
        "diff --git a/mm/a.c b/../a.c\nsimilarity index 100%\nrename from mm/a.c\nrename to ../a.c\n"
    ),
    "a copy into .git": ("diff --git a/mm/a.c b/.git/x\nsimilarity index 100%\ncopy from mm/a.c\ncopy to .git/x\n"),
}


@pytest.mark.parametrize("how", OUTSIDE)
@pytest.mark.parametrize("leniency", [Leniency(), Leniency(three_way=True, fuzz=3)], ids=["strict", "lenient"])
def test_a_patch_stays_inside_the_tree(repository: Repository, tmp_path: Path, how: str, leniency: Leniency) -> None:
    """Refused in words, also where a patch may be bent; nothing is written to the tree or beside it."""
    before = state_of(repository.tree)
    with pytest.raises(SeriesError, match=r"patch 1 of 1") as error:
        resolve(repository, "-", SeriesOptions(leniency=leniency), stdin=mail(OUTSIDE[how]))
    assert "stay inside the tree" in str(error.value) or "does not apply" in str(error.value)
    assert state_of(repository.tree) == before
    assert not Path("/tmp/outside").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name not in ("cache", "linux")) == []


@pytest.mark.parametrize("target", ["/etc", "../..", "../../etc/passwd", "mm/../../x", "../mm/a.c"])
def test_links_out_of_the_tree_are_refused(repository: Repository, target: str) -> None:
    """A symbolic link that leads outside is no part of a kernel; one inside of it is."""
    path = "mm/link" if target == "../mm/a.c" else "link"
    data = mail(new(path, target, "120000"))
    if target == "../mm/a.c":
        assert resolve(repository, "-", stdin=data).commits[0].touched[0].path == "mm/link"
        return
    with pytest.raises(SeriesError, match=f"a symbolic link to {target}, which is outside"):
        resolve(repository, "-", stdin=data)


def test_a_link_of_an_earlier_patch_is_not_followed(repository: Repository) -> None:
    """Patch 1 makes mm/dir a link within the tree, patch 2 writes through it."""
    one = mail(new("mm/dir", "../mm", "120000"), subject="[PATCH 1/2] x")
    two = mail(new("mm/dir/x.c"), subject="[PATCH 2/2] y")
    with pytest.raises(SeriesError, match=r"patch 2 of 2[\s\S]*beyond a symbolic link"):
        resolve(repository, "-", stdin=one + two)
    commit(repository.tree, "link", {"x": "x"})
    (repository.tree / "dir").symlink_to("mm")
    commit(repository.tree, "a link of the tree itself")
    with pytest.raises(SeriesError, match="beyond a symbolic link"):
        resolve(repository, "-", stdin=mail(new("dir/x.c")))


def test_a_file_where_a_directory_should_be(repository: Repository) -> None:
    """mm/a.c/x cannot be: said, not half done."""
    with pytest.raises(SeriesError, match="patch 1 of 1"):
        resolve(repository, "-", stdin=mail(new("mm/a.c/x")))
    git(repository.git_dir, "fsck", "--connectivity-only")


def test_a_submodule_is_left_out(repository: Repository) -> None:
    """A gitlink is kept as git has it and never looked into."""
    link = (
        "diff --git a/sub b/sub\nnew file mode 160000\nindex 0000000..1234567\n--- /dev/null\n+++ b/sub\n"
        "@@ -0,0 +1 @@\n"
        f"+Subproject commit {'1' * 40}\n"
    )
    series = resolve(repository, "-", stdin=mail(link + new("mm/n.c")))
    found = changes(repository.git_dir, series.base.tree, series.commits[0].tree)
    assert [file.path for file in found.changed] == [b"mm/n.c"]


def test_names_that_differ_in_case_only_are_two_files(repository: Repository) -> None:
    """The kernel has such: xt_TCPMSS.c and xt_tcpmss.c."""
    series = resolve(repository, "-", stdin=mail(new("mm/A.c") + new("MM/a.c")))
    assert {file.path for file in series.commits[0].touched} == {"mm/A.c", "MM/a.c"}
    assert "line 1\n" in git(repository.git_dir, "show", f"{series.commits[0].sha}:mm/a.c")


def test_a_patch_of_100_mb_is_refused(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its size and what to do instead; a large one below the limit is applied."""
    with pytest.raises(SeriesError, match="patch 1 of 1 has 100 MiB, more than the 64 MiB"):
        resolve(repository, "-", stdin=mail(new("big", "x" * (100 << 20))))
    assert len(resolve(repository, "-", stdin=mail(new("big", "x" * (8 << 20)))).commits) == 1
    monkeypatch.setattr(letters, "MOST_BYTES", 1 << 20)
    with pytest.raises(SeriesError, match="more than the 1 MiB"):
        resolve(repository, "-", stdin=mail(new("big", "x" * (2 << 20))))


@pytest.mark.parametrize(
    "header",
    ["@@ -1,999999999 +1,999999999 @@", "@@ -99999999999999999999 +1 @@", "@@ -1,3 +1,2147483648 @@", "@@ -0 +0 @@"],
)
def test_lying_hunk_headers(repository: Repository, header: str) -> None:
    """Counts that no file has are damage, and cost neither memory nor time."""
    diff = f"diff --git a/mm/a.c b/mm/a.c\n--- a/mm/a.c\n+++ b/mm/a.c\n{header}\n line 1\n-line 2\n+x\n line 3\n"
    with pytest.raises(SeriesError, match="patch 1 of 1"):
        resolve(repository, "-", stdin=mail(diff))


@pytest.mark.parametrize(
    "subject",
    [
        "[PATCH] =?utf-8?q?x=0D=0ABcc:_victim=40x.org?=",
        "[PATCH] =?utf-8?b?eAobWzMxbXJlZBtbMG0=?=",
        "[PATCH] x\x1b]0;title\x07\x1b[2J",
        "[PATCH] x\x00y",
        "[PATCH] =?utf-8?q?x=C2=85y=E2=80=A8z?=",
    ],
)
def test_headers_are_one_line_without_control_characters(repository: Repository, subject: str) -> None:
    """What a subject, a name or an id smuggles in begins no header of ours and moves no cursor."""
    data = mail(
        new("mm/n.c"),
        subject=subject,
        Message_ID="<a@b>",
        To="=?utf-8?q?A=0AX-Evil:_1?= <a@b.c>",
        Cc='"C\x1b[31m" <c@d.e>',
    )
    (one,) = resolve(repository, "-", stdin=data).commits
    assert one.mail is not None
    for text in (one.mail.subject, *one.mail.to, *one.mail.cc, one.mail.message_id):
        assert text.isprintable(), repr(text)
    raw = git(repository.git_dir, "cat-file", "commit", one.sha)
    assert raw.count("\nauthor ") == 1
    assert "\nX-Evil" not in raw


def test_an_author_cannot_forge_a_commit_header(repository: Repository) -> None:
    """Line breaks and brackets in the name do not reach git's object."""
    forged = b"From: =?utf-8?q?P=0Acommitter_Evil_<e=40e>_1_+0000?= <p@x.org>"
    data = mail(new("mm/n.c")).replace(b"From: P <p@x.org>", forged)
    (one,) = resolve(repository, "-", stdin=data).commits
    raw = git(repository.git_dir, "cat-file", "commit", one.sha)
    assert [line.partition(" ")[0] for line in raw.split("\n\n")[0].split("\n")] == [
        "tree",
        "parent",
        "author",
        "committer",
    ]
    assert "\ncommitter kmatrix <kmatrix@localhost>" in raw


def test_paths_are_no_options_and_no_patterns(repository: Repository) -> None:
    """Names that git could take for an option, a pathspec or a command of fast-import are just names."""
    names = ["-rf", "--cached", ":(top)mm", "a*b", 'with "quotes"', "back\\slash", "ü", "M 100644 inline x"]
    diffs = "".join(new(_quoted(name)) if _quoted(name) == name else _new_quoted(name) for name in names)
    series = resolve(repository, "-", stdin=mail(diffs))
    assert {file.path for file in series.commits[0].touched} == set(names)


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _new_quoted(name: str) -> str:
    a, b = f'"a/{_quoted(name)}"', f'"b/{_quoted(name)}"'
    return f"diff --git {a} {b}\nnew file mode 100644\n--- /dev/null\n+++ {b}\n@@ -0,0 +1 @@\n+x\n"
