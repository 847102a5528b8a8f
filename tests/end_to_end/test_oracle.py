"""The oracle on real builds: `kmatrix run`, then `kmatrix verify` of every square, over histories made by chance.

Each is first run up to some commit, then whole: the second run starts from a build directory that the first one kept,
with its results or (`forgotten`) without them.
KMATRIX_HISTORIES says how many (a few here; the 500 of a release check take an hour).
"""

import os
import tempfile
from pathlib import Path

import pytest
import toyhistory
import toykernel
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from orchestrator.execution import keeping
from orchestrator.model.event import Event
from orchestrator.pipeline.check_series import Options, check_series
from orchestrator.pipeline.request import Request
from orchestrator.pipeline.resources import Places, places
from orchestrator.pipeline.verification import Verification, Wanted, verify

pytestmark = pytest.mark.docker

HISTORIES = int(os.environ.get("KMATRIX_HISTORIES", "12"))
JOBS = 3  # half of a toy build is waiting for containers
NAMES = tuple(toyhistory.CHANGES)


def drifting(start: frozenset[str], steps: list[frozenset[str]]) -> list[frozenset[str]]:
    """Sets of changes, each made of the one before by putting some in and taking some out."""
    trees = [start]
    for step in steps:
        trees.append(trees[-1] ^ step)
    return trees


# Objects that a broken `prepare` leaves out of date, with headers that change back before it is mended.
BROKEN = frozenset({"bounds-error"})
STALE = frozenset({"bounds-error", "warning-in-header"})
NEW_FILE = frozenset({"new-file"})
SHADOW = frozenset({"shadowing-header"})
SOME = st.frozensets(st.sampled_from(NAMES), max_size=4)
STEPS = st.lists(st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=3), min_size=1, max_size=5)


def checked(history: list[frozenset[str]], where: Path, cut: int, forgotten: bool) -> Verification:
    """Run the history up to `cut`, then whole, and verify all of it, the base included."""
    first = places()
    second = Places(cache=first.cache, state=where / "state") if forgotten else first
    repo = toykernel.repository(where / "toy")
    shas = toyhistory.grow(repo, history)
    if cut:
        check_series(wanted(repo, shas[0], shas[cut]), Options(out=where / "part", jobs=JOBS), first, ignore)
    report, _ = check_series(wanted(repo, shas[0], shas[-1]), Options(out=where / "out", jobs=JOBS), second, ignore)
    return verify(Wanted(run=report.run, jobs=JOBS), second, ignore)


def wanted(repo: toykernel.ToyRepo, first: str, last: str) -> Request:
    """One cell of the range."""
    return Request(
        series=f"{first}..{last}",
        tree=repo.path,
        arches=("x86_64",),
        compilers=("gcc-14",),
        configs=("defconfig",),
        make_vars=("W=1",),
    )


def ignore(_event: Event) -> None:
    """Nobody watches."""


@settings(
    max_examples=HISTORIES,
    suppress_health_check=list(HealthCheck),
    # A shrink costs a build for each try; ask for it when there is something to shrink.
    phases=(Phase.explicit, Phase.reuse, Phase.generate, *((Phase.shrink,) if "KMATRIX_SHRINK" in os.environ else ())),
)
@given(start=SOME, steps=STEPS, part=st.integers(0, 4), forgotten=st.booleans())
@example(start=frozenset({"warning-in-header"}), steps=[SHADOW, SHADOW], part=1, forgotten=True)
@example(start=frozenset({"has-include"}), steps=[NEW_FILE, NEW_FILE], part=0, forgotten=False)
@example(start=frozenset(), steps=[STALE, frozenset({"warning-in-header"}), BROKEN], part=2, forgotten=False)
def test_lanes_say_what_clean_builds_say(
    start: frozenset[str], steps: list[frozenset[str]], part: int, forgotten: bool
) -> None:
    history = drifting(start, steps)
    with tempfile.TemporaryDirectory() as where, pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "WORTH_KEEPING_S", 0.0)  # toy builds take no time
        found = checked(history, Path(where), min(part, len(history) - 1), forgotten)
    different = [square for square in found.checked if not square.agrees]
    for square in different:
        clean = square.clean
        print(square.said.commit, square.detail, square.said.exit_code, clean and clean.exit_code)
        for one in square.differences:
            print(f"  {one.incremental} in the run, {one.clean} from nothing: {one.sample.raw}")
    assert not different, history
