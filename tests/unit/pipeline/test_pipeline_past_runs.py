"""Finished runs found again."""

from pathlib import Path

import pytest
from factories import a_report, a_result

from orchestrator.errors import UserError
from orchestrator.pipeline import past_runs, products
from orchestrator.pipeline.resources import Places

CELL = "x86_64-defconfig-gcc-14"


@pytest.fixture
def here(tmp_path: Path) -> Places:
    """No run in the store; the products of one in `out`."""
    results = tuple(a_result(commit, CELL, log="") for commit in range(4))
    products.write(a_report(names=(CELL,), results=results), tmp_path / "out")
    return Places(cache=tmp_path / "cache", state=tmp_path / "state")


def test_a_directory_of_products_is_a_run(here: Places, tmp_path: Path) -> None:
    """What `kmatrix run` prints last can be given to `kmatrix report` as it is."""
    assert past_runs.report_of(here, str(tmp_path / "out")).run == a_report().run
    assert not here.state.exists()


def test_a_run_that_is_nowhere(here: Places, tmp_path: Path) -> None:
    """Neither a directory without results.json nor an unknown name is taken for something else."""
    for name in (str(tmp_path), "last", "2024"):
        with pytest.raises(UserError):
            past_runs.report_of(here, name)
    with pytest.raises(UserError, match=r"x\.json: cannot be read"):
        past_runs.report_of(here, "x.json")


@pytest.mark.parametrize("commit", ["2", f"{2 + 0xA0:040x}"])
def test_a_commit_is_a_number_or_a_sha(commit: str, here: Places, tmp_path: Path) -> None:
    """Numbers are those of the table."""
    assert "patch 2: mm: change number 2" in past_runs.reproduce(here, str(tmp_path / "out"), commit, CELL)


@pytest.mark.parametrize("commit", ["4", "-1", "0000", "000", "", "zzzz", "\u00b2", "01"])
def test_another_commit_is_refused(commit: str, here: Places, tmp_path: Path) -> None:
    """A number past the end, several shas, too little of one."""
    with pytest.raises(UserError, match="expected 0 to 3 or a sha of one"):
        past_runs.reproduce(here, str(tmp_path / "out"), commit, CELL)


def test_another_cell_is_refused(here: Places, tmp_path: Path) -> None:
    """With the names there are."""
    with pytest.raises(UserError, match=f"it has {CELL}"):
        past_runs.reproduce(here, str(tmp_path / "out"), "1", "arm64")
