"""Generated histories of the toy kernel: the oracle, the culprits, and that nothing is called fixed that is there."""

from collections import Counter

from analysis_toy import HEADERS, SOURCES, Item, Make, World, edited, everything_wrong
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.analysis.carry import advance
from orchestrator.analysis.compare import LaneHistory
from orchestrator.analysis.fingerprint import exact
from orchestrator.analysis.oracle import disagreements
from orchestrator.analysis.units import place_of, unit_of
from orchestrator.model.build import Ending
from orchestrator.model.result import LaneState

TAGS = ("-", "w", "w", "lw", "lw", "e", "bug", "as", "fatal", "undef")
ITEMS = st.tuples(st.sampled_from(TAGS), st.sampled_from("xy"))
QUIET = st.tuples(st.sampled_from(("-", "w", "lw")), st.sampled_from("xy"))


def some_lines(items: st.SearchStrategy[Item]) -> st.SearchStrategy[tuple[Item, ...]]:
    return st.lists(items, max_size=3).map(tuple)


def worlds() -> st.SearchStrategy[World]:
    return st.builds(
        World,
        sources=st.fixed_dictionaries({name: some_lines(QUIET) for name in SOURCES}),
        headers=st.fixed_dictionaries({name: some_lines(QUIET) for name in HEADERS}),
        includes=st.fixed_dictionaries({name: st.sampled_from(((), ("h.h",), ("h.h", "i.h"))) for name in SOURCES}),
        members=st.sampled_from((("a.c", "b.c"), ("a.c", "b.c", "c.c"))),
        kconfig=some_lines(st.sampled_from((("kw", "x"), ("-", "")))),
    )


EDITS = st.one_of(
    st.tuples(st.just("insert"), st.sampled_from((*SOURCES, *HEADERS)), st.integers(0, 3), ITEMS),
    st.tuples(st.just("delete"), st.sampled_from((*SOURCES, *HEADERS)), st.integers(0, 3)),
    st.tuples(st.just("clean"), st.sampled_from((*SOURCES, *HEADERS))),
    st.tuples(st.just("drop"), st.sampled_from(("a.c", "b.c", "c.c"))),
    st.tuples(st.just("join"), st.sampled_from(("a.c", "b.c", "c.c"))),
    st.tuples(st.just("remove"), st.sampled_from(("a.c", "b.c", *HEADERS))),
    st.tuples(st.just("restore"), st.sampled_from(("a.c", "b.c", *HEADERS)), some_lines(ITEMS)),
    st.tuples(st.just("rename"), st.sampled_from(("a.c", "b.c"))),
    st.tuples(st.just("kconfig"), some_lines(st.sampled_from((("kw", "x"), ("kw", "y"), ("syntax", "x"))))),
)


def grown(start: World, history: list[list[tuple[object, ...]]]) -> list[World]:
    trees = [start]
    for edits in history:
        tree = trees[-1]
        for edit in edits:
            tree = edited(tree, edit)
        trees.append(tree)
    return trees


HISTORIES = st.builds(grown, worlds(), st.lists(st.lists(EDITS, min_size=1, max_size=2), min_size=1, max_size=7))
STOPS = st.lists(st.sampled_from((None, None, None, None, 0, 1, 2)), min_size=8, max_size=8)


def lane(trees: list[World], stops: list[int | None]) -> list[LaneState]:
    make = Make()
    states: list[LaneState] = []
    for commit, tree in enumerate(trees):
        parsed, outcome = make.build(tree, commit, stops[commit])
        states.append(advance(states[-1] if states else None, parsed, outcome))
    return states


def clean(tree: World) -> LaneState:
    parsed, outcome = Make().build(tree, 0)
    assert outcome.ending is Ending.EXITED
    return advance(None, parsed, outcome)


def truth(tree: World) -> Counter[str]:
    """How many distinct places of each fingerprint there are, hidden or not."""
    return Counter(fingerprint for fingerprint, _ in {(exact(d), place_of(d)) for d in everything_wrong(tree)})


def blind(state: LaneState) -> bool:
    return not state.complete or bool(state.failed)


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(trees=HISTORIES, stops=STOPS)
def test_an_incremental_lane_equals_clean_builds(trees: list[World], stops: list[int | None]) -> None:
    """At every commit the lane shows what a clean build shows, masked objects aside."""
    for commit, state in enumerate(lane(trees, stops)):
        found = disagreements(state, clean(trees[commit]))
        assert not found, (commit, found)
        if state.complete and not clean(trees[commit]).all_masked:
            one = {(exact(d), place_of(d)) for d in state.present}
            assert one == {(exact(d), place_of(d)) for d in clean(trees[commit]).present}


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(trees=HISTORIES, stops=STOPS)
def test_the_true_culprit_is_always_among_the_suspects(trees: list[World], stops: list[int | None]) -> None:
    """Some suspect of each new instance really added one; where nothing hides, each addition and removal is found."""
    truths = [truth(tree) for tree in trees]
    states = lane(trees, stops)
    history = LaneHistory()
    for commit, state in enumerate(states):
        live = Counter(instance.fingerprint for instance in history.instances if instance.fixed_by is None)
        change = history.step(state)
        for instance in change.introduced if commit else ():
            culprits = [
                k
                for k in instance.suspects
                if truths[k][instance.fingerprint] > (truths[k - 1] if k else {}).get(instance.fingerprint, 0)
            ]
            assert culprits, (commit, instance)
        for instance in change.fixed:
            here = {unit_of(d) for d in everything_wrong(trees[commit]) if exact(d) == instance.fingerprint}
            if here & instance.ever:
                assert truths[commit][instance.fingerprint] < live[instance.fingerprint], (commit, instance)
        if commit and not blind(state) and not blind(states[commit - 1]):
            gained = truths[commit] - truths[commit - 1]
            lost = truths[commit - 1] - truths[commit]
            assert Counter(i.fingerprint for i in change.introduced) == gained
            assert Counter(i.fingerprint for i in change.fixed) == lost
    standing = Counter(instance.fingerprint for instance in history.instances if instance.fixed_by is None)
    if not blind(states[-1]):
        assert standing == truths[-1]
