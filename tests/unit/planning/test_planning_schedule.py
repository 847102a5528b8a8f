"""Longest first, what is learnt on the way, and how long the rest takes."""

import time

import pytest
from factories import a_commit, a_series, a_target
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.build import Lane
from orchestrator.model.schedule import Chain
from orchestrator.model.series import Commit, TouchedFile
from orchestrator.planning.lanes import plan
from orchestrator.planning.schedule import (
    NOTHING_RECORDED,
    Recorded,
    chains,
    learnt,
    left_s,
    lower_bound,
    order,
    weight,
)

SMALL, BIG = "m68k-allnoconfig-gcc-14", "x86_64-allmodconfig-gcc-14"


def touching(index: int, *paths: str) -> Commit:
    """A commit that modifies these files."""
    return a_commit(index, touched=tuple(TouchedFile(path=path, status="M") for path in paths))


def a_lane(name: str, *commits: int) -> Lane:
    """A lane of that target."""
    return Lane(name=name, target=a_target(name), image_id="i", recipe="r", commits=commits)


THREE = a_series(commits=(touching(1, "mm/gup.c"), touching(2, "include/linux/mm.h"), touching(3, "mm/Kconfig")))
LANES = (a_lane(SMALL, 0, 1, 2, 3), a_lane(BIG, 0, 1, 2, 3))


def test_what_many_files_read_weighs_more_than_one_source() -> None:
    """Headers, Kconfig and Makefiles; a base most of all."""
    base, source, header, kconfig = map(weight, THREE.all)
    assert base > header == kconfig > source


def names(lanes: tuple[Lane, ...]) -> list[str]:
    """Of lanes, in order."""
    return [lane.name for lane in lanes]


def test_without_records_lanes_stay_in_order() -> None:
    """Nothing says which is longer."""
    assert names(order(LANES, chains(THREE, LANES, NOTHING_RECORDED))) == [SMALL, BIG]


def test_the_longest_goes_first() -> None:
    """By the seconds of earlier runs."""
    recorded = Recorded(base={SMALL: 10, BIG: 200}, patch={SMALL: 1, BIG: 20})
    small, big = chains(THREE, LANES, recorded)
    ordered = order(LANES, (small, big))
    assert names(ordered) == [BIG, SMALL]
    assert ordered[0].ahead_s(0) == pytest.approx(200 + 3 * 20)
    assert ordered[0].ahead_s(3) == ordered[0].expected_s[3]
    assert small.length_s == pytest.approx(10 + 3 * 1)
    assert big.seconds[2] > big.seconds[1]


def test_a_cell_that_was_never_built_is_as_long_as_the_others_on_the_average() -> None:
    """A new cell must not always go last."""
    recorded = Recorded(base={SMALL: 10}, patch={SMALL: 1})
    assert chains(THREE, LANES, recorded)[1].seconds[0] == 10


def a_chain(lane: str, *seconds: float) -> Chain:
    """A lane from the base on."""
    return Chain(lane=lane, target=lane, commits=tuple(range(len(seconds))), seconds=seconds)


def test_a_commit_that_was_long_in_one_lane_will_be_long_in_the_next() -> None:
    """And a lane that is ten times as slow is so at every commit."""
    thought = (a_chain("a", 10, 1, 1, 1), a_chain("b", 10, 1, 1, 1))
    a, b = learnt(thought, {"a": (10, 1, 8, 1), "b": (100,)})
    assert a.seconds == (10, 1, 8, 1)
    assert b.seconds[2] / b.seconds[1] == pytest.approx(8)
    assert b.seconds[0] == 100
    assert b.seconds[2] > 8


def test_a_lane_that_starts_warm_says_nothing_of_bases() -> None:
    """Its first build is one on top of another."""
    warm = a_chain("a", 10, 4, 4).without(1)
    assert (warm.commits, warm.length_s, warm.cold) == ((1, 2), 8, False)
    cold, after = learnt((a_chain("b", 10, 4, 4), warm), {"a": (8,)})
    assert after.seconds == (8, 8)
    assert cold.seconds[1] == 8


def test_nothing_is_learnt_of_nothing() -> None:
    """No build is finished."""
    thought = (a_chain("a", 10, 1),)
    assert learnt(thought, {}) == thought
    assert left_s(thought, {}, {"a": 5}, elapsed_s=5, cores=2) is None


def test_what_runs_now_counts_as_far_as_it_is() -> None:
    """One core, one lane: what is left is what is not done."""
    thought = (a_chain("a", 10, 4, 4),)
    assert left_s(thought, {"a": (10,)}, {"a": 3}, elapsed_s=13, cores=1) == pytest.approx(5)


def test_the_longest_lane_bounds_the_rest() -> None:
    """Cores without a lane help nobody."""
    thought = (a_chain("a", 10, 100), a_chain("b", 10, 1))
    left = left_s(thought, {"a": (10,), "b": (10,)}, {}, elapsed_s=10, cores=8)
    assert left == pytest.approx(100)


@given(
    st.lists(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=6), min_size=1, max_size=5),
    st.floats(0.1, 10),
    st.data(),
)
def test_if_all_is_slower_by_the_same_factor_the_rest_is_known(
    seconds: list[list[float]], factor: float, data: st.DataObject
) -> None:
    """The proportions were right: every build to come takes the factor too."""
    thought = [a_chain(str(lane), *each) for lane, each in enumerate(seconds)]
    done = {
        chain.lane: tuple(factor * second for second in chain.seconds[: data.draw(st.integers(1, len(chain.seconds)))])
        for chain in thought
    }
    for before, after in zip(thought, learnt(thought, done), strict=True):
        assert after.seconds == pytest.approx([factor * second for second in before.seconds])


def test_the_lower_bound() -> None:
    """The longest chain, or the work shared evenly."""
    assert lower_bound((10, 2, 3), 1) == 15
    assert lower_bound((10, 2, 3), 4) == 10


def test_the_planner_is_quick() -> None:
    """50 commits x 400 cells: lanes, expected seconds and their order within a second of processor time."""
    targets = tuple(a_target(f"arch{number}-defconfig-gcc-14") for number in range(400))
    series = a_series(commits=tuple(touching(index, "mm/gup.c", "include/linux/mm.h") for index in range(1, 51)))
    ids = {target.name: "i" for target in targets}
    recorded = Recorded(base={name: 10.0 + len(name) for name in ids}, patch=dict.fromkeys(ids, 3.0))
    began = time.process_time()
    lanes = plan(series, targets, ids, ids, {}).lanes
    expected = chains(series, lanes, recorded)
    assert len(order(lanes, expected)) == 400
    assert time.process_time() - began < 1
    done = {chain.lane: chain.seconds[:25] for chain in expected}
    assert left_s(expected, done, {}, elapsed_s=100, cores=8)
