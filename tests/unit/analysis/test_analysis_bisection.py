"""The search itself, proved by enumeration: every length, every culprit, every set of commits that cannot tell."""

from collections.abc import Callable
from itertools import combinations
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.bisection import Answer, Bracket, Edge, edges, narrow, next_probes

GOOD, BAD, SKIP = Answer.GOOD, Answer.BAD, Answer.SKIP


def search(n: int, ask: Callable[[int], Answer], count: int = 1) -> tuple[Bracket, dict[int, Answer], int]:
    """The loop: the bracket at its end, all answers (both ends among them), and how many rounds it took."""
    answers = {0: ask(0), n: ask(n)}
    assert (answers[0], answers[n]) == (GOOD, BAD)
    bracket = Bracket(good=0, bad=n)
    rounds = 0
    while probes := next_probes(bracket, count):
        assert not set(probes) & answers.keys(), "asked twice"
        assert list(probes) == sorted(set(probes))
        assert len(probes) <= count
        said = {at: ask(at) for at in probes}
        answers |= said
        bracket = narrow(bracket, said)
        rounds += 1
        assert answers[bracket.good] is GOOD
        assert answers[bracket.bad] is BAD
        between = {answers.get(at, SKIP) for at in range(bracket.good + 1, bracket.bad)}
        assert between <= {SKIP}, "the invariant"
    return bracket, answers, rounds


@pytest.mark.parametrize("n", range(1, 65))
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_culprit_is_found(n: int, count: int) -> None:
    """Never a wrong name; plain binary search asks at most ceil(log2 n) + 2 times, both ends included."""
    for culprit in range(1, n + 1):
        bracket, answers, rounds = search(n, lambda at, first=culprit: BAD if at >= first else GOOD, count)
        assert bracket.suspects == (culprit,)
        assert bracket.good == culprit - 1
        assert rounds <= ceil(log2(n) / log2(count + 1) + 1e-9)
        if count == 1:
            assert len(answers) <= ceil(log2(n)) + 2


@pytest.mark.parametrize("n", range(1, 8))
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_set_of_skips(n: int, count: int) -> None:
    """The suspects hold the culprit, and are no more than what lies between the nearest answers there are."""
    for size in range(n):
        for skips in map(frozenset, combinations(range(1, n), size)):
            for culprit in range(1, n + 1):

                def ask(at: int, skips: frozenset[int] = skips, culprit: int = culprit) -> Answer:
                    return SKIP if at in skips else BAD if at >= culprit else GOOD

                bracket, _, _ = search(n, ask, count)
                last_good = max(at for at in range(culprit) if at not in skips)
                first_bad = min(at for at in range(culprit, n + 1) if at not in skips)
                assert bracket.suspects == tuple(range(last_good + 1, first_bad + 1))
                assert culprit in bracket.suspects


@given(st.lists(st.sampled_from([GOOD, BAD, SKIP]), max_size=60), st.integers(1, 4))
def test_what_comes_and_goes_closes_on_a_real_edge(between: list[Answer], count: int) -> None:
    """Whatever the answers are, the last good and the first bad are that, and only skips lie between."""
    truth = [GOOD, *between, BAD]
    bracket, _, _ = search(len(truth) - 1, truth.__getitem__, count)
    assert truth[bracket.good] is GOOD
    assert truth[bracket.bad] is BAD
    assert set(truth[bracket.good + 1 : bracket.bad]) <= {SKIP}


@pytest.mark.parametrize("run", [10, 100, 300])
def test_a_run_of_skips_is_left_in_a_few_steps(run: int) -> None:
    """A thousand commits, the middle ones do not build, the culprit elsewhere: no probe for each of the run."""
    broken = range(500 - run // 2, 500 + run // 2)

    def ask(at: int) -> Answer:
        return SKIP if at in broken else BAD if at >= 900 else GOOD

    bracket, answers, _ = search(1000, ask)
    assert bracket.suspects == (900,)
    assert len(answers) <= 12 + ceil(log2(run)) + 1


def test_stored_answers_anywhere_narrow_it() -> None:
    """Answers that were there before the search may be many, and may contradict each other."""
    known = {3: GOOD, 5: SKIP, 7: BAD, 9: GOOD, 12: BAD}
    assert narrow(Bracket(good=0, bad=20), known) == Bracket(good=3, bad=7, skipped=frozenset({5}))
    assert edges({0: GOOD, **known, 20: BAD}) == (
        Edge(before=3, after=7, comes=True),
        Edge(before=7, after=9, comes=False),
        Edge(before=9, after=12, comes=True),
    )
