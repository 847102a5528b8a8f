"""From arguments to a matrix."""

from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.pipeline.request import Request, load_matrix

FILE = """\
version: 1
defaults: {targets: [mm/], make: {W: 1}}
matrix:
  arch: [x86_64, arm64]
  compiler: [gcc-14, clang-19]
  config: [defconfig]
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def names(**fields: object) -> list[str]:
    """The cells of a request."""
    return [target.name for target in load_matrix(Request(**fields)).targets]  # type: ignore[arg-type]


def test_options_alone_make_cells() -> None:
    """Without a matrix.yaml."""
    made = names(arches=("s390", "arm"), compilers=("gcc-14",), configs=("allnoconfig",))
    assert made == ["s390-allnoconfig-gcc-14", "arm-allnoconfig-gcc-14"]


def test_the_file_of_the_directory_is_taken_without_asking() -> None:
    """As make takes its Makefile; options then choose among its cells."""
    Path("matrix.yaml").write_text(FILE)
    assert len(names()) == 4
    assert names(compilers=("clang*",), arches=("arm64",)) == ["arm64-defconfig-clang-19"]
    assert names(select=("x86*gcc*",)) == ["x86_64-defconfig-gcc-14"]
    with pytest.raises(UserError, match="--arch s390: matches no cell"):
        names(arches=("s390",))


def test_a_named_matrix_wins() -> None:
    """--matrix FILE, or the name of a preset."""
    Path("matrix.yaml").write_text("not yaml: [")
    Path("other.yaml").write_text(FILE)
    assert len(names(matrix=Path("other.yaml"))) == 4
    assert names(matrix=Path("quick"))


def test_variables_and_limits_are_laid_over_every_cell_chosen() -> None:
    """W=2 replaces the file's W, adds nothing twice; a variable must make sense only for what is built."""
    Path("matrix.yaml").write_text(FILE)
    matrix = load_matrix(
        Request(compilers=("clang-19",), make_vars=("W=2", "LLVM=-19"), targets=("lib/",), timeout="90s", memory="2g")
    )
    for target in matrix.targets:
        assert dict(target.make_vars)["W"] == "2"
        assert target.make_targets == ("lib/",)
        assert (target.timeout_s, target.resources.memory_mb) == (90, 2048)
    with pytest.raises(UserError, match="LLVM would build x86_64-defconfig-gcc-14 with clang"):
        load_matrix(Request(make_vars=("LLVM=1",)))


def test_candidates_of_the_file() -> None:
    """One name or a list; empty is refused with its place."""
    Path("matrix.yaml").write_text("series: {candidates: [net-next/main, 'origin/*']}\n" + FILE)
    assert load_matrix(Request()).candidates == ("net-next/main", "origin/*")
    Path("matrix.yaml").write_text("series: {candidates: master}\n" + FILE)
    assert load_matrix(Request()).candidates == ("master",)
    Path("matrix.yaml").write_text("series: {candidates: []}\n" + FILE)
    with pytest.raises(UserError, match=r"matrix.yaml:1:\d+: series.candidates"):
        load_matrix(Request())
