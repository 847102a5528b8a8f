"""The user's repository is read, never written; what is no repository is refused in words."""

import os
import threading
from pathlib import Path

import pytest
from series_repos import a_kernel, a_topic, commit, edited, git, state_of

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.series.options import SeriesOptions
from orchestrator.series.repository import open_repository
from orchestrator.series.resolve import resolve


def test_the_user_repository_is_never_touched(tmp_path: Path) -> None:
    """HEAD, index, refs, configuration, objects and files are the same bytes after a range and after an mbox."""
    tree = a_kernel(tmp_path / "linux")
    a_topic(tree)
    mbox = tmp_path / "x.mbox"
    mbox.write_text(git(tree, "format-patch", "--stdout", "master..topic") + "\n")
    git(tree, "checkout", "-q", "master")
    (tree / "mm/b.c").write_text("dirty\n")
    (tree / "mm/a.c").touch()
    before = state_of(tree)
    repository = open_repository(tree, tmp_path / "cache")
    assert len(resolve(repository, "master..topic").commits) == 3
    assert len(resolve(repository, str(mbox)).commits) == 3
    assert state_of(tree) == before


def test_hostile_configuration_runs_nothing(tmp_path: Path) -> None:
    """Hooks, filters, fsmonitor, external diffs, signatures and aliases that the repository names do not run."""
    tree = a_kernel(tmp_path / "linux")
    a_topic(tree)
    mbox = tmp_path / "x.mbox"
    mbox.write_text(git(tree, "format-patch", "--stdout", "master..topic") + "\n")
    ran = tmp_path / "ran"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    evil.chmod(0o755)
    commit(tree, "attributes", {".gitattributes": "* filter=evil diff=evil merge=evil\n"})
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit"):
        (tree / ".git/hooks").mkdir(exist_ok=True)
        (tree / ".git/hooks" / hook).symlink_to(evil)
    filters = ("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "merge.evil.driver", "gpg.program")
    diffs = ("diff.external", "diff.evil.command", "diff.evil.textconv", "core.pager", "core.sshCommand")
    for key in ("core.fsmonitor", *filters, *diffs):
        git(tree, "config", key, str(evil))
    git(tree, "config", "filter.evil.required", "true")
    git(tree, "config", "log.showSignature", "true")
    (tree / "mm/a.c").write_text("dirty\n")
    ran.unlink(missing_ok=True)
    repository = open_repository(tree, tmp_path / "cache")
    resolve(repository, "master..topic")
    resolve(repository, str(mbox), SeriesOptions(base="master"))
    assert not ran.exists()


def test_git_variables_of_the_caller_do_not_lead_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started from a git hook, GIT_DIR and GIT_INDEX_FILE name another repository; it is not the one opened."""
    tree, other = a_kernel(tmp_path / "linux"), a_kernel(tmp_path / "other", branch="elsewhere")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    assert open_repository(tree, tmp_path / "cache").tree == tree


@pytest.mark.parametrize("kind", ["subdirectory", "bare", "worktree", "submodule", "clone -s", "relative alternate"])
def test_every_kind_of_repository(tmp_path: Path, kind: str) -> None:
    """Where .git is a directory, a file, the directory itself or elsewhere, the series is found and applied."""
    tree = a_kernel(tmp_path / "linux")
    a_topic(tree)
    mbox = tmp_path / "x.mbox"
    mbox.write_text(git(tree, "format-patch", "--stdout", "master..topic") + "\n")
    where = tmp_path / "other"
    if kind == "subdirectory":
        where = tree / "mm"
    elif kind == "bare":
        git(tmp_path, "clone", "-q", "--bare", str(tree), str(where))
    elif kind == "worktree":
        git(tree, "worktree", "add", "-q", str(where), "master")
    elif kind == "submodule":
        git(tmp_path, "init", "-q", "super")
        git(tmp_path / "super", "submodule", "--quiet", "add", str(tree), "linux")
        where = tmp_path / "super" / "linux"
        git(where, "fetch", "-q", "origin", "+refs/heads/*:refs/heads/*", "--update-head-ok")
    else:
        git(tmp_path, "clone", "-q", "-s", str(tree), str(where))
        git(where, "branch", "-q", "master", "origin/master")
    if kind == "relative alternate":
        (where / ".git/objects/info/alternates").write_text("../../../linux/.git/objects\n")
    repository = open_repository(where, tmp_path / "cache")
    series = resolve(repository, str(mbox), SeriesOptions(base="master"))
    assert [c.subject for c in series.commits] == ["mm/a: change 1", "mm/a: change 2", "mm/a: change 3"]
    assert series.warnings == ()


def test_sha256_repository(tmp_path: Path) -> None:
    """The private clone has the object format of the user's repository."""
    tree = tmp_path / "linux"
    git(tmp_path, "init", "-q", "--object-format=sha256", "-b", "master", str(tree))
    commit(tree, "base", {"Makefile": "a\n", "Kbuild": "\n"})
    commit(tree, "one", {"Makefile": "b\n"})
    assert len(resolve(open_repository(tree, tmp_path / "cache"), "HEAD~..HEAD").commits[0].sha) == 64


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_tree_of_another_user(tmp_path: Path) -> None:
    """root may check the tree of a user: git's ownership rule guards programs that we do not run."""
    tree = a_kernel(tmp_path / "linux")
    a_topic(tree)
    for folder, _, names in os.walk(tree):
        for name in (".", *names):
            os.chown(Path(folder, name), 65534, 65534, follow_symlinks=False)
    assert len(resolve(open_repository(tree, tmp_path / "cache"), "master..topic").commits) == 3


def test_uncommitted_changes_are_said(tmp_path: Path) -> None:
    """What is not committed is not built; staged counts, untracked does not."""
    tree = a_kernel(tmp_path / "linux")
    (tree / "notes").write_text("x")
    assert open_repository(tree, tmp_path / "cache").warnings == ()
    (tree / "mm/a.c").write_text("x")
    (warning,) = open_repository(tree, tmp_path / "cache").warnings
    assert "1 file has uncommitted changes" in warning


def test_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    """Missing, a file, no repository, a .git directory, and unpacked sources inside somebody else's repository."""
    tree = a_kernel(tmp_path / "linux")
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    (tree / "unpacked").mkdir()
    (tree / "unpacked" / "Makefile").write_text("")
    for where, words in {
        tmp_path / "missing": "no such directory",
        tmp_path / "file": "not a directory",
        tmp_path / "empty": "git init",
        tree / ".git": "inside a .git directory",
        tree / "unpacked": "lies, untracked, in the repository",
    }.items():
        with pytest.raises(UserError, match=words):
            open_repository(where, tmp_path / "cache")


def test_damaged_repository_is_refused(tmp_path: Path) -> None:
    """git's own words are in the message."""
    tree = a_kernel(tmp_path / "linux")
    (tree / ".git/HEAD").write_text("garbage\n")
    with pytest.raises(UserError, match="not a git repository"):
        open_repository(tree, tmp_path / "cache")


def test_cache_that_cannot_be_written(tmp_path: Path) -> None:
    """A cache directory that is a file: what to set is said."""
    tree = a_kernel(tmp_path / "linux")
    (tmp_path / "cache").write_text("")
    with pytest.raises(InfrastructureError, match="XDG_CACHE_HOME"):
        open_repository(tree, tmp_path / "cache")


def test_git_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git on PATH the message says so."""
    tree = a_kernel(tmp_path / "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InfrastructureError, match="git is not installed"):
        open_repository(tree, tmp_path / "cache")


def test_concurrent_opening(tmp_path: Path) -> None:
    """Several runs may start at once on one tree."""
    tree = a_kernel(tmp_path / "linux")
    a_topic(tree)
    found: list[int] = []

    def work() -> None:
        found.append(len(resolve(open_repository(tree, tmp_path / "cache"), "master..topic").commits))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 4


def test_tree_without_makefile_is_doubted(tmp_path: Path) -> None:
    """A repository that is no kernel is built all the same, with a warning."""
    tree = a_kernel(tmp_path / "linux")
    commit(tree, "no kernel", {"Makefile": None})
    commit(tree, "x", {"mm/a.c": edited(1, "x")})
    series = resolve(open_repository(tree, tmp_path / "cache"), "HEAD~..HEAD")
    assert "no Makefile" in series.warnings[0]
