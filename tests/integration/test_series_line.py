"""Ranges as lines for a bisection, with real git: first parents, the whole graph, names that files had."""

from pathlib import Path

import pytest
from series_repos import git

from orchestrator.errors import UserError
from orchestrator.series.line import (
    between,
    line,
    middle,
    moved_from,
    parents,
    sources_with,
    touches,
    whole_range,
)
from orchestrator.series.repository import Repository, open_repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """base, 1, then a merge of two commits, then 4 that renames a file; tags for all."""
    where = tmp_path / "tree"
    where.mkdir()
    git(where, "init", "-q", "-b", "main")
    long = "".join(f"/* {number} */\n" for number in range(40))
    commit(where, "base", {"mm/page.c": long, "mm/Makefile": "obj-y := page.o\n"})
    commit(where, "one", {"mm/page.c": f"{long}int some_name;\n"})
    git(where, "checkout", "-q", "-b", "topic", "base")
    commit(where, "two", {"mm/two.c": "int two;\n"})
    commit(where, "three", {"mm/Makefile": "obj-y := page.o two.o\n"})
    git(where, "checkout", "-q", "main")
    git(where, "merge", "-q", "--no-ff", "-m", "merge", "topic")
    git(where, "tag", "merge")
    git(where, "mv", "mm/page.c", "mm/pages.c")
    commit(where, "four", {})
    return open_repository(where, tmp_path / "cache")


def commit(where: Path, name: str, files: dict[str, str]) -> None:
    """Commit files and tag the commit."""
    for path, text in files.items():
        (where / path).parent.mkdir(exist_ok=True)
        (where / path).write_text(text)
    git(where, "add", "-A")
    git(where, "commit", "-q", "--allow-empty", "-m", name)
    git(where, "tag", name)


def sha(repository: Repository, name: str) -> str:
    """The oid of a tag's commit."""
    found = repository.user.commit_of(name)
    assert found is not None
    return found


def test_a_line_takes_a_merge_as_one_step(repository: Repository) -> None:
    """GOOD is the base; the branch inside the merge is not there; trees and subjects are those of git."""
    series = line(repository, "base..main")
    assert [row.subject for row in series.all] == ["base", "one", "merge", "four"]
    assert [row.index for row in series.all] == [0, 1, 2, 3]
    assert series.all[3].tree == git(repository.tree, "rev-parse", "four^{tree}").strip()
    assert touches(series, (":(glob)**/Makefile*",))
    assert not touches(series, (":(glob)**/Kconfig*",))


def test_the_whole_graph(repository: Repository) -> None:
    """Every commit once, parents first, and git's own middle of it."""
    series = whole_range(repository, "base..main")
    assert {row.subject for row in series.commits} == {"one", "two", "three", "merge", "four"}
    bad, good = sha(repository, "four"), [sha(repository, "base")]
    seen = set()
    while (asked := middle(repository.git_dir, bad, good, seen)) is not None:
        seen.add(asked)
    assert seen == {row.sha for row in series.commits} - {bad}
    assert between(repository.git_dir, sha(repository, "three"), good)[-1] == sha(repository, "three")
    assert parents(repository.git_dir, sha(repository, "merge")) == [sha(repository, "one"), sha(repository, "three")]


@pytest.mark.parametrize(
    "spec", ["main..base", "main..main", "nowhere..main", "base..nowhere", "base", "..main", "a...b"]
)
def test_what_is_no_range(repository: Repository, spec: str) -> None:
    """Refused, with the name that is wrong or what was expected."""
    with pytest.raises(UserError, match=r"nowhere|no commits|expected GOOD\.\.BAD"):
        line(repository, spec)


def test_a_good_end_beside_the_line(repository: Repository) -> None:
    """`three` was merged: the line starts where first parents leave what it has, and a warning says so."""
    series = line(repository, "three..main")
    assert series.base.subject == "base"
    assert "first-parent" in series.warnings[-1]
    with pytest.raises(UserError, match="not an ancestor"):
        line(repository, "three..one")


def test_names_that_files_had(repository: Repository) -> None:
    """mm/pages.c was mm/page.c; mm/two.c was not there at all at first."""
    base, now = (git(repository.tree, "rev-parse", f"{name}^{{tree}}").strip() for name in ("one", "four"))
    assert moved_from(repository.git_dir, base, now, "mm/pages.c") == "mm/page.c"
    assert moved_from(repository.git_dir, now, now, "mm/pages.c") == "mm/pages.c"
    assert moved_from(repository.git_dir, base, now, "mm/two.c") is None


def test_sources_that_hold_a_name(repository: Repository) -> None:
    """All of them, if the range changed one."""
    series = line(repository, "base..main")
    assert sources_with(series, "some_name") == ("mm/pages.c",)
    assert sources_with(series, "some_nam") == ()
    assert sources_with(line(repository, "one..merge"), "some_name") == ()
