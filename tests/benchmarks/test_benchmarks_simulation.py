"""The simulated clock: what must come out of small schedules, and what can never."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulate_schedule import DURATIONS, JUDGED, LIMIT, Recording, Simulation, load, ratios, record

from orchestrator.planning.schedule import chains, lower_bound


def a_recording(*cells: tuple[float, ...]) -> Recording:
    """Cells of these builds; the commits touch one source each."""
    names = [f"arch{number}-defconfig-gcc-14" for number in range(len(cells))]
    touched = ((), *[("mm/gup.c",)] * (len(cells[0]) - 1))
    return Recording(touched=touched, cells=dict(zip(names, cells, strict=True)))


def makespan(recording: Recording, cores: int, *, kept: bool) -> float:
    """Longest first."""
    expected = chains(recording.series, recording.lanes, recording.means)
    return Simulation(recording, expected, cores, kept=kept).run(None).makespan


def test_three_equal_lanes_on_two_cores_end_together_in_turns() -> None:
    """Kept to the end, the third lane would be alone."""
    recording = a_recording((4, 1, 1), (4, 1, 1), (4, 1, 1))
    assert makespan(recording, 2, kept=True) == 12
    assert makespan(recording, 2, kept=False) <= 10


@settings(max_examples=60)
@given(
    st.integers(2, 5).flatmap(
        lambda builds: st.lists(st.tuples(*[st.floats(0.1, 100)] * builds), min_size=1, max_size=6)
    ),
    st.integers(1, 8),
    st.booleans(),
)
def test_no_schedule_beats_the_bound_or_leaves_a_core_idle(
    cells: list[tuple[float, ...]], cores: int, kept: bool
) -> None:
    """Between the lower bound and Graham's limit for lists (SIAM J. Appl. Math. 17, 1969)."""
    lengths = [sum(cell) for cell in cells]
    found = makespan(a_recording(*cells), cores, kept=kept)
    assert found >= lower_bound(lengths, cores) * (1 - 1e-9)
    assert found <= (sum(lengths) / cores + max(lengths)) * (1 + 1e-9)


def test_recorded_builds_come_back_as_they_were(tmp_path: Path) -> None:
    """A run that reused a result, or could not build one, is not a recording."""
    whole = [
        {"commit": index, "cell": "a-b-c", "origin": "built", "status": "ok", "seconds": index + 0.5}
        for index in (1, 0)
    ]
    reused = [{"commit": 0, "cell": "d-e-f", "origin": "reused", "status": "ok", "seconds": 1.0}]
    run = {"cells": [{"name": "a-b-c"}, {"name": "d-e-f"}], "results": [*whole, *reused]}
    (tmp_path / "results.json").write_text(json.dumps(run))
    assert record([tmp_path / "results.json"], [[], ["mm/gup.c"]], tmp_path / "durations.json") == 1
    assert load(tmp_path / "durations.json") == Recording(touched=((), ("mm/gup.c",)), cells={"a-b-c": (0.5, 1.5)})


@pytest.mark.parametrize("cores", JUDGED)
def test_made_up_builds_of_a_likely_shape_end_near_the_lower_bound(cores: int) -> None:
    """Forty cells of very different size, eighteen commits of which half touch headers; the seed is fixed."""
    chance = random.Random(5)
    headers = [chance.random() < 0.5 for _ in range(18)]
    cells = {}
    for number in range(40):
        base = chance.lognormvariate(3, 0.7)
        commits = (base * (chance.uniform(0.3, 0.8) if wide else chance.uniform(0.03, 0.2)) for wide in headers)
        cells[f"arch{number}-defconfig-gcc-14"] = (base, *commits)
    touched = ((), *[("include/linux/mm.h",) if wide else ("mm/gup.c",) for wide in headers])
    recording = Recording(touched=touched, cells=cells)
    bound = lower_bound([sum(cell) for cell in cells.values()], cores)
    assert makespan(recording, cores, kept=False) <= LIMIT * bound


@pytest.mark.skipif(not DURATIONS.exists(), reason="no recorded builds")
def test_recorded_builds_end_near_the_lower_bound() -> None:
    """Within a tenth, on few and on many cores."""
    recording = load(DURATIONS)
    for cores in JUDGED:
        assert ratios(recording, cores)["turns, known"] <= LIMIT
