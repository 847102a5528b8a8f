"""selector.py: which cells, and options above a file."""

import pytest

from orchestrator.config import apply_overrides, matrix_from_options, select
from orchestrator.errors import UserError

MATRIX = matrix_from_options(
    arches=["x86_64,arm64,powerpc"], compilers=["gcc-14,clang-19"], configs=["defconfig,tinyconfig"]
)


def names(**filters: list[str]) -> list[str]:
    return [target.name for target in select(MATRIX, **filters).targets]


def test_globs_are_alternatives_and_filters_are_combined() -> None:
    """--select twice is a union; --arch and --compiler must both fit; the order of the matrix stays."""
    assert names(globs=["powerpc-def*", "arm64-*-clang-19"], compilers=["clang*"]) == [
        "arm64-defconfig-clang-19",
        "arm64-tinyconfig-clang-19",
        "powerpc-defconfig-clang-19",
    ]
    assert names(arches=["x86_64,arm64"], configs=["tinyconfig"], compilers=["gcc-14"]) == [
        "x86_64-tinyconfig-gcc-14",
        "arm64-tinyconfig-gcc-14",
    ]
    assert select(MATRIX).targets == MATRIX.targets


def test_a_glob_that_matches_nothing_names_what_is_near() -> None:
    """One wrong glob among right ones is an error too."""
    with pytest.raises(UserError, match=r"--select powerpc-defconfg-gcc-14: .* near it: powerpc-defconfig-gcc-14"):
        names(globs=["x86*", "powerpc-defconfg-gcc-14"])
    with pytest.raises(
        UserError, match="--arch riscv: matches no cell of the matrix; there is: x86_64, arm64, powerpc"
    ):
        names(arches=["riscv"])


def test_filters_that_leave_nothing_together_are_an_error() -> None:
    """Each matches something, all of them nothing."""
    with pytest.raises(UserError, match="no cell of the matrix matches all"):
        names(globs=["x86_64-*"], arches=["arm64"])


def test_options_stand_above_the_file() -> None:
    """A variable that is there keeps its place; what is not given stays."""
    first = apply_overrides(MATRIX, make_vars=["W=1", "C=1"]).targets[0]
    again = apply_overrides(
        select(apply_overrides(MATRIX, make_vars=["W=1", "C=1"]), arches=["x86_64"]),
        make_vars=["W=2"], targets=["mm/"], jobs=4, timeout="2h", memory="1g",
    ).targets[0]  # fmt: skip
    assert first.make_vars[-2:] == (("W", "1"), ("C", "1"))
    assert again.make_vars[-2:] == (("W", "2"), ("C", "1"))
    assert (again.make_targets, again.timeout_s) == (("mm/",), 7200)
    assert (again.resources.jobs, again.resources.memory_mb, again.resources.pids) == (4, 1024, 4096)
    assert apply_overrides(MATRIX) == MATRIX


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"make_vars": ["O=/x"]}, "VAR=VALUE: O may not be set"),
        ({"make_vars": ["LLVM=1"]}, "LLVM would build x86_64-defconfig-gcc-14 with clang"),
        ({"targets": ["-k"]}, "--target: '-k' starts with -"),
        ({"jobs": -1}, "--jobs: -1 is not between"),
        ({"timeout": "soon"}, "--timeout: 'soon' is no time"),
        ({"memory": "8"}, "--memory: '8' is no amount"),
    ],
)
def test_wrong_options_are_user_errors(options: dict[str, object], expected: str) -> None:
    """The option is named."""
    with pytest.raises(UserError, match=expected):
        apply_overrides(MATRIX, **options)  # type: ignore[arg-type]
