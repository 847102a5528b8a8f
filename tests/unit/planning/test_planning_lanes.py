"""Which commits a lane walks."""

from dataclasses import replace

from factories import a_result, a_target

from orchestrator.model.result import LaneState
from orchestrator.model.series import Commit, Series, TouchedFile
from orchestrator.planning.lanes import is_unaffected, plan
from orchestrator.planning.recipe import recipe

TARGET = a_target()
MASKED = LaneState(masked=frozenset({"mm/gup.o"}))


def commit(index: int, *paths: str) -> Commit:
    files = tuple(TouchedFile(path=path, status="M") for path in paths)
    return Commit(index=index, sha=f"{index:040x}", tree=f"{index:040x}", subject="s", author="a", touched=files)


def series(*commits: Commit) -> Series:
    return Series(title="t", base=commit(0), base_reason="r", commits=commits, git_dir="/g", origin="o")


FIVE = series(*(commit(index, "mm/gup.c") for index in range(1, 6)))


def walked(known: dict[int, LaneState], of: Series = FIVE) -> tuple[tuple[int, ...], frozenset[int]]:
    results = {
        (index, TARGET.name): replace(a_result(commit=index, target=TARGET.name), state=state)
        for index, state in known.items()
    }
    lanes = plan(of, (TARGET,), {TARGET.name: "i"}, {TARGET.name: "r"}, results).lanes
    return (lanes[0].commits, lanes[0].warm_up) if lanes else ((), frozenset())


def test_nothing_known_builds_everything() -> None:
    """The base first: without it patch 1 has nothing to differ from."""
    assert walked({}) == ((0, 1, 2, 3, 4, 5), frozenset())


def test_everything_known_builds_nothing() -> None:
    """No lane at all."""
    assert walked(dict.fromkeys(range(6), LaneState())) == ((), frozenset())


def test_a_lane_goes_on_from_the_last_commit_that_nothing_masked() -> None:
    """That one is built again, so that the build directory has the history its successors' results depend on."""
    assert walked({0: LaneState(), 1: LaneState(), 2: MASKED}) == ((1, 2, 3, 4, 5), frozenset({1, 2}))


def test_without_a_clear_commit_it_starts_at_the_base() -> None:
    """A masked state depends on all that was built before it."""
    assert walked({0: MASKED, 1: MASKED}) == ((0, 1, 2, 3, 4, 5), frozenset({0, 1}))


def test_prose_is_not_built() -> None:
    """A commit that only touches what no build reads changes no square."""
    prose = series(commit(1, "mm/gup.c"), commit(2, "Documentation/mm/index.rst", "MAINTAINERS"), commit(3, "mm/gup.c"))
    assert walked({}, prose)[0] == (0, 1, 3)


def test_documentation_that_builds_read_is_no_prose() -> None:
    """Kconfig sources Documentation/Kconfig; bindings are checked by dtbs_check; docs targets read everything."""
    assert not is_unaffected(TARGET, commit(1, "Documentation/Kconfig"))
    assert not is_unaffected(TARGET, commit(1, "Documentation/devicetree/bindings/a.yaml"))
    assert not is_unaffected(replace(TARGET, make_targets=("htmldocs",)), commit(1, "Documentation/mm/index.rst"))
    assert not is_unaffected(TARGET, commit(1, "Documentation/mm/index.rst", "mm/gup.c"))
    assert not is_unaffected(TARGET, commit(1))


def test_a_recipe_is_what_decides_a_build() -> None:
    """Image, variables, targets and config change it; limits do not."""
    first = recipe(TARGET, "sha256:1")
    assert recipe(TARGET, "sha256:2") != first
    assert recipe(replace(TARGET, make_vars=(*TARGET.make_vars, ("W", "1"))), "sha256:1") != first
    assert recipe(replace(TARGET, make_targets=("mm/",)), "sha256:1") != first
    assert recipe(replace(TARGET, config=replace(TARGET.config, symbols=("CONFIG_A=y",))), "sha256:1") != first
    assert recipe(replace(TARGET, timeout_s=1), "sha256:1") == first
