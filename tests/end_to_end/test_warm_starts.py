"""Build directories are kept, and a lane with the same past starts from one (DESIGN D5)."""

import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

import pytest
import toyhistory
from toykernel import ToyRepo

from orchestrator.execution import keeping
from orchestrator.model.event import BuildStarted, Event
from orchestrator.model.result import CellResult, Origin
from orchestrator.pipeline.check_series import Options, check_series
from orchestrator.pipeline.request import Request
from orchestrator.pipeline.resources import Places

pytestmark = pytest.mark.docker

# The third and fourth stop in `prepare`: what they hide has to be known from the directory, not from the results.
HISTORY: tuple[Collection[str], ...] = (
    {"warning-mm/swap.c"},
    {"warning-mm/swap.c", "warning-in-header"},
    {"warning-mm/swap.c", "warning-in-header", "bounds-error", "error-mm/page.c"},
    {"warning-mm/swap.c", "bounds-error", "warning-lib/string.c"},
    {"warning-mm/swap.c", "warning-in-header", "second-warning"},
)
AMENDED = (*HISTORY[:-1], {"warning-mm/swap.c", "warning-in-kernel.h"})


@dataclasses.dataclass(frozen=True)
class Told:
    """What a run came to: its squares without times, and the commits it built."""

    squares: tuple[CellResult, ...]
    origins: tuple[Origin, ...]
    built: tuple[int, ...]


class Checked(Protocol):
    """Run a history with the cache and the state of these names."""

    def __call__(
        self, history: tuple[Collection[str], ...], cache: str, state: str, *, rebuild: bool = False
    ) -> Told: ...


@pytest.fixture(autouse=True)
def every_build_is_worth_keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Toy builds take no time."""
    monkeypatch.setattr(keeping, "WORTH_KEEPING_S", 0.0)


@pytest.fixture
def checked(toy_repo: ToyRepo, tmp_path: Path) -> Checked:
    """Run a history with the cache and the state of these names."""

    def run(history: tuple[Collection[str], ...], cache: str, state: str, *, rebuild: bool = False) -> Told:
        shas = toyhistory.grow(toy_repo, history)
        request = Request(
            series=f"{shas[0]}..{shas[-1]}",
            tree=toy_repo.path,
            arches=("x86_64",),
            compilers=("gcc-14",),
            configs=("defconfig",),
        )
        built: list[int] = []

        def observe(event: Event) -> None:
            if isinstance(event, BuildStarted):
                built.append(event.commit)

        places = Places(cache=tmp_path / cache, state=tmp_path / state)
        report, _ = check_series(request, Options(out=tmp_path / "out", rebuild=rebuild), places, observe)
        return Told(
            squares=tuple(map(_without_place, report.results)),
            origins=tuple(square.origin for square in report.results),
            built=tuple(built),
        )

    return run


def _without_place(square: CellResult) -> CellResult:
    state = square.state
    known = {name: {dataclasses.replace(d, log_line=0) for d in getattr(state, name)} for name in ("present", "hidden")}
    return dataclasses.replace(
        square,
        seconds=0.0,
        log="",
        origin=Origin.BUILT,
        attempted=tuple(sorted(square.attempted)),
        state=dataclasses.replace(state, **{name: tuple(sorted(some, key=repr)) for name, some in known.items()}),
    )


def test_a_base_that_was_built_before_is_not_built_again(checked: Checked) -> None:
    """Even when no result is left: the build directory has its log and its outcome with it."""
    first = checked(HISTORY, "cache", "state")
    second = checked(HISTORY, "cache", "another-state")
    assert first.built == (0, 1, 2, 3, 4)
    assert second.built == (1, 2, 3, 4)
    assert second.origins == (Origin.REUSED, *[Origin.BUILT] * 4)
    assert second.squares == first.squares


def test_a_rebuild_is_one_from_nothing(checked: Checked) -> None:
    """Who asks for it doubts what was kept."""
    first = checked(HISTORY, "cache", "state")
    again = checked(HISTORY, "cache", "state", rebuild=True)
    assert again.built == (0, 1, 2, 3, 4)
    assert again.squares == first.squares


def test_an_amended_last_patch_is_the_only_build(checked: Checked) -> None:
    """Though the commits before it do not build, and what they hide is in no result."""
    checked(HISTORY, "cache", "state")
    warm = checked(AMENDED, "cache", "state")
    assert warm.built == (4,)
    assert warm.squares == checked(AMENDED, "empty-cache", "empty-state").squares


def test_a_kept_directory_that_is_damaged_is_not_used(checked: Checked, tmp_path: Path) -> None:
    """The lane starts further down, at worst from nothing."""
    first = checked(HISTORY, "cache", "state")
    for body in (tmp_path / "cache" / "warm").glob("*/layer"):
        body.write_bytes(b"damaged")
    again = checked(HISTORY, "cache", "another-state")
    assert again.built == (0, 1, 2, 3, 4)
    assert again.squares == first.squares
