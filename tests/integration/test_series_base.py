"""Which base mailed patches get, and what is said where they get none."""

from pathlib import Path

import pytest
from series_repos import LINES, a_kernel, a_topic, commit, edited, git

from orchestrator.errors import SeriesError, UserError
from orchestrator.series.options import Leniency, SeriesOptions
from orchestrator.series.repository import Repository, open_repository
from orchestrator.series.resolve import resolve


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A kernel with `topic`, three patches on master, mailed; then master went on and topic was deleted."""
    where = a_kernel(tmp_path / "linux")
    a_topic(where)
    return where


@pytest.fixture
def repository(tree: Path, tmp_path: Path) -> Repository:
    """The tree, opened."""
    return open_repository(tree, tmp_path / "cache")


def mailed(tree: Path, *options: str, ends: str = "master..topic") -> bytes:
    """The patches, as mailed; the branch is gone."""
    data = git(tree, "format-patch", "--stdout", *options, ends).encode() + b"\n"
    git(tree, "checkout", "-q", "master")
    git(tree, "branch", "-q", "-D", "topic")
    return data


def far_away(tree: Path, lines: str = LINES) -> str:
    """A commit that leaves nothing of mm/a.c as the patches know it."""
    return commit(tree, "mm: all anew", {"mm/a.c": lines.replace("line", "row")})


def found(repository: Repository, data: bytes, **options: object) -> tuple[str, str]:
    """Base and reason."""
    series = resolve(repository, "-", SeriesOptions(**options), stdin=data)  # type: ignore[arg-type]
    return series.base.sha, series.base_reason


def refused(repository: Repository, data: bytes, **options: object) -> str:
    """The words of the refusal."""
    with pytest.raises(SeriesError) as error:
        resolve(repository, "-", SeriesOptions(**options), stdin=data)  # type: ignore[arg-type]
    return str(error.value)


def test_order_of_what_is_said(repository: Repository, tree: Path) -> None:
    """--base, then base-commit, then prose, then blobs, then candidates."""
    base = git(tree, "rev-parse", "master")
    with_base = mailed(tree, "--base=master")
    plain = with_base.replace(f"base-commit: {base}".encode(), b"")
    prose = plain.replace(b"---\n mm/a.c", f"---\nThis is based on commit {base[:12]}.\n\n mm/a.c".encode(), 1)
    bare = plain.replace(b"\nindex ", b"\nindex_")
    far_away(tree)
    other = commit(tree, "mm: back", {"mm/a.c": LINES, "mm/b.c": "x\n"})
    assert found(repository, with_base, base="HEAD") == (other, "--base HEAD")
    assert found(repository, with_base) == (base, "base-commit of the series")
    assert found(repository, prose) == (base, f"the series says that it is based on {base[:12]}")
    assert found(repository, plain) == (other, "blobs: HEAD has each file (1) as the patches were made from it")
    assert found(repository, bare) == (other, "HEAD, the first candidate on which every patch applies")


def test_blobs_find_a_commit_of_the_past_without_any_option(repository: Repository, tree: Path) -> None:
    """HEAD has gone on; the newest commit that had each file as it was is taken, and HEAD said not to take it."""
    data = mailed(tree)
    commit(tree, "before", {"mm/b.c": "before\n"})
    unrelated = commit(tree, "unrelated", {"mm/b.c": "after\n"})
    far_away(tree)
    commit(tree, "later", {"mm/b.c": "later\n"})
    series = resolve(repository, "-", stdin=data)
    assert series.base.sha == unrelated
    assert series.base_reason == "blobs: the newest commit of HEAD has each file (1) as the patches were made from it"
    (head,) = series.candidates
    assert (head.ref, head.applied, head.total) == ("HEAD", 0, 3)
    assert head.failure == "patch 1: mm/a.c:2"


def test_blobs_of_new_deleted_and_renamed_files(repository: Repository, tree: Path) -> None:
    """A file that the series adds must not be there yet, one that it moves must be as it was."""
    git(tree, "mv", "mm/b.c", "mm/moved.c")
    commit(tree, "mm: move", {"mm/new.c": "new\n", "Kbuild": None})
    start = git(tree, "rev-parse", "HEAD~")
    data = git(tree, "format-patch", "--stdout", "-M", "HEAD~..HEAD").encode() + b"\n"
    commit(tree, "later", {"mm/a.c": "x\n"})
    assert found(repository, data)[0] == start
    git(tree, "checkout", "-q", "--detach", "master")
    (tree / "mm/new.c").write_text("mine\n")
    commit(tree, "one of my own")
    git(tree, "branch", "-q", "-D", "topic")
    assert "already exists" in refused(repository, data, base="HEAD")


def test_the_newest_match_among_candidates_and_through_merges(repository: Repository, tree: Path) -> None:
    """Candidates are searched together: the newest commit wins, also one that only a merged branch had."""
    data = mailed(tree)
    git(tree, "checkout", "-q", "-b", "side")
    side = commit(tree, "side", {"mm/b.c": "side\n"})
    git(tree, "checkout", "-q", "master")
    far_away(tree)
    git(tree, "merge", "-q", "--no-ff", "-m", "merge", "side")
    git(tree, "branch", "-q", "-D", "side")
    sha, _ = found(repository, data)
    assert git(tree, "rev-parse", f"{sha}:mm/a.c") == git(tree, "rev-parse", f"{side}:mm/a.c")
    git(tree, "branch", "old", f"{side}~")
    late = git(
        tree, "commit-tree", f"{side}^{{tree}}", "-p", side, "-m", "late", GIT_COMMITTER_DATE="@1800000000 +0000"
    )
    git(tree, "branch", "late", late)
    assert found(repository, data, candidates=("old", "late")) == (
        late, "blobs: late has each file (1) as the patches were made from it"
    )  # fmt: skip


def test_candidates_are_tried_in_order_and_reported(repository: Repository, tree: Path) -> None:
    """Without index lines the first on which every patch applies; the others as the robot has them. Globs work."""
    data = mailed(tree).replace(b"\nindex ", b"\nindex_")
    good = git(tree, "rev-parse", "master")
    git(tree, "branch", "next/good", good)
    git(tree, "branch", "next/also", commit(tree, "unrelated", {"mm/b.c": "x\n"}))
    bad = far_away(tree)
    git(tree, "tag", "bad", bad)
    series = resolve(repository, "-", SeriesOptions(candidates=("bad", "next/good", "next/*")), stdin=data)
    assert series.base.sha == good
    assert series.base_reason == "next/good, the first candidate on which every patch applies"
    assert [(c.ref, c.applies, c.failure) for c in series.candidates] == [
        ("bad", False, "patch 1: mm/a.c:2"),
        ("next/also", True, ""),
    ]
    with pytest.raises(UserError, match="candidate nosuch is no revision"):
        resolve(repository, "-", SeriesOptions(candidates=("nosuch",)), stdin=data)
    series = resolve(repository, "-", SeriesOptions(candidates=("nosuch", "next/good")), stdin=data)
    assert any("candidate nosuch" in line for line in series.warnings)


def test_what_is_said_where_nothing_fits(repository: Repository, tree: Path) -> None:
    """The best candidate, its failing patch beside what the tree has, all that were tried, and a prerequisite."""
    git(tree, "checkout", "-q", "-b", "first", "master")
    before = commit(tree, "mm: a prerequisite", {"mm/a.c": edited(11, "new line 11")})
    git(tree, "checkout", "-q", "-b", "work", "first")
    commit(tree, "one", {"mm/b.c": edited(3, "three")})
    commit(tree, "two", {"mm/a.c": edited(11, "new line 11", edited(10, "ten"))})
    data = git(tree, "format-patch", "--stdout", "first..work").encode() + b"\n"
    git(tree, "checkout", "-q", "master")
    git(tree, "branch", "-q", "-D", "work", "topic")
    commit(tree, "b", {"Makefile": "x\n"})
    git(tree, "checkout", "-q", "first")
    commit(tree, "first goes on", {"mm/a.c": edited(11, "new line 11", edited(30, "x")), "mm/b.c": "nothing\n"})
    git(tree, "checkout", "-q", "master")
    stripped = data.replace(b"\nindex ", b"\nindex_")
    text = refused(repository, stripped)
    for words in (
        "patch 2 of 2 does not apply",
        "mm/a.c:7: in hunk @@ -7,7 +7,7 @@",
        f"{'new line 11':<52} | line 11",
        "it would apply with --fuzz 3",
        "on top of patch 1 on",
        "The series does not state its base, and has no index lines",
        f'first has these lines of mm/a.c, since {before[:7]} ("mm: a prerequisite"): a prerequisite?',
        "best candidate: HEAD, patches that apply: 1 of 2",
        "cannot apply to: HEAD (patch 2: mm/a.c:7), first (patch 1: mm/b.c:1)",
        "--base REV",
    ):
        assert words in text, text
    assert "applies to: first~1" not in text
    git(tree, "branch", "-q", "right", "first~1")
    text = refused(repository, stripped, base="master")
    assert "applies to: right" in text
    assert "--base right" in text


def test_fuzz_is_recorded_and_taken_only_where_needed(repository: Repository, tree: Path) -> None:
    """Which hunk, and how many lines of context matched; a patch that fits strictly is not bent."""
    data = mailed(tree)
    commit(tree, "near", {"mm/a.c": edited(2, "changed")})
    series = resolve(repository, "-", SeriesOptions(base="master", leniency=Leniency(fuzz=3)), stdin=data)
    assert series.bent == ("patch 1 applied with fuzz at mm/a.c:3 (2 lines of context match): mm/a: change 1",)
    assert series.warnings[-1] == f"{series.bent[0]}; check it"
    assert "it would apply with --fuzz 1" in refused(repository, data, base="master")
    strict = resolve(repository, "-", SeriesOptions(base="master~", leniency=Leniency(fuzz=3)), stdin=data)
    assert strict.bent == ()


@pytest.mark.parametrize("kind", ["on top", "elsewhere", "without base-commit", "given", "given, known", "a range"])
def test_prerequisites(repository: Repository, tree: Path, tmp_path: Path, kind: str) -> None:
    """Found among the branches by patch-id, cherry-picked from elsewhere, or given as mails or commits."""
    base = git(tree, "rev-parse", "master")
    data = git(tree, "format-patch", "--stdout", "--base=master", "topic~..topic").encode() + b"\n"
    first = tmp_path / "first.mbox"
    first.write_text(git(tree, "format-patch", "--stdout", "master..topic~") + "\n")
    tip = git(tree, "rev-parse", "topic~")
    options: dict[str, object] = {}
    git(tree, "checkout", "-q", "master")
    if kind in ("elsewhere", "given", "given, known"):
        git(tree, "branch", "-q", "-D", "topic")
    if kind == "elsewhere":
        commit(tree, "other", {"mm/b.c": "other\n"})
        git(tree, "am", "-q", str(first))
    if kind in ("without base-commit", "given, known"):
        data = data.replace(base.encode(), b"f" * 40)
    if kind.startswith("given"):
        options["prerequisites"] = (str(first),)
    if kind == "given, known":
        git(tree, "am", "-q", str(first))
    if kind == "a range":
        options["prerequisites"] = ("topic~3..topic~1",)
        data = data.replace(b"prerequisite-patch-id", b"nothing")
    series = resolve(repository, "-", SeriesOptions(**options), stdin=data)  # type: ignore[arg-type]
    assert [one.subject for one in series.commits] == ["mm/a: change 3"]
    shown = git(repository.git_dir, "show", f"{series.base.sha}:mm/a.c")
    assert "changed by 1" in shown
    assert "changed by 2" in shown
    if kind in ("on top", "without base-commit"):
        assert series.base.sha == tip
        assert "2 prerequisite patch(es) found by patch-id" in series.base_reason
    if kind == "given":
        assert series.base_reason == "base-commit of the series, with 2 patch(es) of --prerequisite on it"
    if kind == "given, known":
        assert sum("has this prerequisite already" in line for line in series.warnings) == 2


def test_a_missing_prerequisite_is_said(repository: Repository, tree: Path) -> None:
    """By patch-id, by message-id and by change-id."""
    data = mailed(tree, "--base=master", ends="topic~..topic")
    series = resolve(repository, "-", stdin=data.replace(b"-id: ", b"-id: ", 1))
    assert "2 of 2 prerequisite patch(es) are on no branch here" in series.warnings[0]
    named = data.replace(
        b"base-commit", b"prerequisite-message-id: <a@b.c>\nprerequisite-change-id: 2024-x:v2\nbase-commit"
    )
    series = resolve(repository, "-", stdin=named)
    assert "builds on other mails, which are not applied: a@b.c, 2024-x:v2" in series.warnings[0]


def test_a_base_that_is_not_there_is_named(repository: Repository, tree: Path) -> None:
    """base-commit and prose that name commits of other trees."""
    base = git(tree, "rev-parse", "master")
    data = mailed(tree, "--base=master").replace(base.encode(), b"e" * 40)
    series = resolve(repository, "-", stdin=data)
    assert f"base-commit {'e' * 40} of the series is not in {tree}" in series.warnings[0]
    far_away(tree)
    text = refused(repository, data.replace(b"\nindex ", b"\nindex_"))
    assert f"The series states its base, {'e' * 40}, which is not in {tree}" in text


def test_the_users_repository_is_only_read(repository: Repository, tree: Path) -> None:
    """Whatever is tried, no object, ref or file of it changes; a failed trial leaves nothing in ours either."""
    from series_repos import state_of  # noqa: PLC0415

    data = mailed(tree)
    far_away(tree)
    before = state_of(tree)
    resolve(repository, "-", stdin=data)
    refused(repository, data, base="HEAD")
    assert state_of(tree) == before
    git(tree, "update-ref", "-d", "refs/nothing")
    assert git(repository.git_dir, "for-each-ref", "refs/kmatrix/new") == ""


def test_a_base_that_fits_comes_before_one_that_has_to_be_bent(repository: Repository, tree: Path) -> None:
    """With --fuzz too, the candidates are tried as they are first; a prerequisite may need the fuzz as well."""
    first = git(tree, "format-patch", "--stdout", "master..topic~2").encode() + b"\n"
    data = git(tree, "format-patch", "--stdout", "topic~2..topic").replace("\nindex ", "\nindex_").encode() + b"\n"
    git(tree, "checkout", "-q", "master")
    git(tree, "branch", "-q", "-D", "topic")
    git(tree, "branch", "fits")
    git(tree, "branch", "near", commit(tree, "near", {"mm/a.c": edited(7, "changed")}))
    fuzz = Leniency(fuzz=3)
    series = resolve(repository, "-", SeriesOptions(candidates=("near", "fits"), leniency=fuzz), stdin=data)
    assert (series.base.sha, series.bent) == (git(tree, "rev-parse", "fits"), ())
    (tree.parent / "first.mbox").write_bytes(first)
    options = SeriesOptions(base="near", leniency=fuzz, prerequisites=(str(tree.parent / "first.mbox"),))
    series = resolve(repository, "-", options, stdin=data)
    assert [one.subject for one in series.commits] == ["mm/a: change 2", "mm/a: change 3"]
    assert len(series.bent) == 2
