"""The series that the peers check, made by real git on a small tree."""

import subprocess
from pathlib import Path

import buildman
import cells
import pytest
from series import SOURCES, amended, checkout, git, sources, touched


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout of a repository that has the files."""
    kernel = tmp_path / "kernel"
    for name in (*SOURCES, "Makefile"):
        (kernel / name).parent.mkdir(parents=True, exist_ok=True)
        (kernel / name).write_text("/* nothing */\n")
    subprocess.run(["git", "init", "--quiet", str(kernel)], check=True)
    git(kernel, "add", "--all")
    git(kernel, "commit", "--quiet", "--message", "base")
    return checkout(kernel, tmp_path / "checkout")


def test_ten_commits_touch_a_c_file_each(tree: Path) -> None:
    """Nothing else, and the same commits whenever they are made."""
    commits = sources(tree)
    assert touched(tree, commits) == [[], *([name] for name in SOURCES)]
    git(tree, "branch", "--move", "--force", "sources", "before")
    assert sources(tree) == commits
    assert len(commits.first(6).shas) == 7


def test_amending_the_last_but_one_changes_two(tree: Path) -> None:
    """The others are the same commits; what was there to be found is still."""
    before = sources(tree)
    after = amended(tree, before)
    assert after.shas[:-2] == before.shas[:-2]
    assert not set(after.shas[-2:]) & set(before.shas)
    assert touched(tree, after) == touched(tree, before)


def test_buildman_skips_what_no_cmd_file_names(tmp_path: Path) -> None:
    """Sources that were not read, and documentation; a Makefile may mean anything."""
    (tmp_path / "mm").mkdir()
    (tmp_path / "mm/.gup.o.cmd").write_text(
        "source_mm/gup.o := /src/mm/gup.c\n\ndeps_mm/gup.o := \\\n  /src/mm/gup.h \\\n"
    )
    read = buildman._read(tmp_path)
    assert read == {"mm/gup.c", "mm/gup.h"}
    assert buildman._unaffected("drivers/a.c", read)
    assert buildman._unaffected("Documentation/a.rst", read)
    assert not buildman._unaffected("mm/gup.h", read)
    assert not buildman._unaffected("drivers/Makefile", read)
    assert not buildman._unaffected("drivers/Kconfig", read)


def test_the_cells_are_six_and_can_be_narrowed() -> None:
    """By words of their names; goals for a try replace the matrix's; an unknown word is refused."""
    assert len(cells.cells(())) == 6
    (cell,) = cells.cells(("m68k",), ("lib/argv_split.o",))
    assert (cell.arch, cell.make_targets) == ("m68k", ("lib/argv_split.o",))
    with pytest.raises(SystemExit, match="no cell is called vax"):
        cells.cells(("vax",))
    assert len(cells.cells((), matrix=Path(cells.__file__).with_name("durations-matrix.yaml"))) == 40
