"""Longest expected first: how long each build may take, in which order lanes start, and how long the rest will take.

Theory. A build of commit c in lane l takes about scale[l] * factor[c]: a commit that touches a header everybody
includes is long in every lane, and a big config is slow at every commit. Scales come from earlier runs where there were
any; factors are learnt from the lanes that are ahead. Where nothing was seen, the weights below stand in.

A core that is free takes, of the lanes that wait, the one with the longest way to go (largest remaining processing time
first, which is optimal within the length of one build when any lane may go on on any core).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TypeVar

from orchestrator.model.build import Lane
from orchestrator.model.schedule import Chain
from orchestrator.model.series import Commit, Series

Key = TypeVar("Key", bound=Hashable)
Done = Mapping[str, Sequence[float]]
"""The seconds of each lane's builds that are finished, in order, by lane."""

# Seconds against those of a base build, roughly as for mm/ of linux 6.12.
BASE, HEADERS, SOURCES = 1.0, 0.5, 0.1
UNKNOWN_BASE_S = 60.0
"""Of a base build when no cell was ever built. Only the proportions matter then, and the clock mends those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Mean seconds of earlier builds by target name: of the base, and of the commits on top."""

    base: Mapping[str, float]
    patch: Mapping[str, float]


NOTHING_RECORDED = Recorded(base={}, patch={})


def weight(commit: Commit) -> float:
    """What a commit's build may take against the base's; a base is commit 0."""
    if commit.index == 0:
        return BASE
    return HEADERS if any(not _is_unit(file.path) for file in commit.touched) else SOURCES


def _is_unit(path: str) -> bool:
    """A file that one object is made of; anything else (headers, Kconfig, Makefiles) may concern many."""
    return PurePosixPath(path).suffix in {".c", ".S", ".rs", ".rst", ".txt"}


def chains(series: Series, lanes: Iterable[Lane], recorded: Recorded) -> tuple[Chain, ...]:
    """What each lane is expected to take. The first commit of a lane is built from nothing, whichever it is."""
    weights = tuple(weight(commit) for commit in series.all)
    mean_base = _mean(recorded.base.values()) or UNKNOWN_BASE_S
    found = []
    for lane in lanes:
        name = lane.target.name
        on_top = [weights[index] for index in lane.commits[1:]]
        base = recorded.base.get(name, mean_base)
        # As long as before on the average; which commits are the long ones is in their weights.
        scale = recorded.patch[name] / _mean(on_top) if name in recorded.patch and on_top else base
        every = on_top if not lane.from_nothing else [BASE] * len(on_top)
        seconds = (base, *(scale * each for each in every))
        found.append(Chain(lane=lane.name, target=name, commits=lane.commits, seconds=seconds))
    return tuple(found)


def order(lanes: Iterable[Lane], expected: Iterable[Chain]) -> tuple[Lane, ...]:
    """The lanes with what is expected of them, the longest first; those of one length stay in order."""
    seconds = {chain.lane: chain.seconds for chain in expected}
    known = (replace(lane, expected_s=seconds[lane.name]) for lane in lanes)
    return tuple(sorted(known, key=lambda lane: -sum(lane.expected_s)))


def learnt(expected: Sequence[Chain], done: Done) -> tuple[Chain, ...]:
    """The same chains with what is known by now.

    A finished build has its own seconds. One to come takes its commit's factor, as the lanes ahead had it, times its
    lane's scale, as its builds so far had it; the factor of a commit that nobody reached is that of all that were.
    """
    builds = [
        _Build(
            lane=chain.lane,
            commit=chain.commits[at],
            first=chain.cold and at == 0,
            taken=seconds,
            thought=chain.seconds[at],
        )
        for chain in expected
        for at, seconds in enumerate(done.get(chain.lane, ())[: len(chain.commits)])
    ]
    # The first of a lane is built from nothing and says little of the others.
    overall = _ratios((build.first, build.taken, build.thought) for build in builds)
    factors = _ratios(((build.first, build.commit), build.taken, build.thought) for build in builds)
    scales = _ratios((build.lane, build.taken, build.thought * factors[build.first, build.commit]) for build in builds)

    def to_come(chain: Chain, at: int) -> float:
        first = chain.cold and at == 0
        anybody = overall.get(first, overall.get(not first, 1.0))
        return chain.seconds[at] * factors.get((first, chain.commits[at]), anybody) * scales.get(chain.lane, 1.0)

    found = []
    for chain in expected:
        known = tuple(done.get(chain.lane, ())[: len(chain.commits)])
        rest = tuple(to_come(chain, at) for at in range(len(known), len(chain.commits)))
        found.append(replace(chain, seconds=known + rest))
    return tuple(found)


def left_s(
    expected: Sequence[Chain], done: Done, running: Mapping[str, float], *, elapsed_s: float, cores: int
) -> float | None:
    """Seconds until the last build ends; None while none is finished.

    `running`: the seconds that the present build of a lane has been at it; `elapsed_s`: since the first build began.
    The work that is left, done as many builds at a time as were so far. The longest lane sets another limit; if more
    builds than cores were at it, they were slower than it will be when it is alone.
    """
    worked = sum(map(sum, done.values())) + sum(running.values())
    if not any(done.values()) or elapsed_s <= 0:
        return None
    ahead = [
        _ahead(chain, len(done.get(chain.lane, ())), running.get(chain.lane, 0.0)) for chain in learnt(expected, done)
    ]
    at_once = worked / elapsed_s
    return max(sum(ahead) / at_once, max(ahead, default=0.0) / max(at_once / cores, 1.0))


def _ahead(chain: Chain, finished: int, running_s: float) -> float:
    """Seconds of a chain that are still to come."""
    rest = chain.seconds[finished:]
    if not rest:
        return 0.0
    # A base that takes longer than thought is one of a big config: its commits will too.
    slower = max(running_s / rest[0], 1.0) if not finished and rest[0] else 1.0
    return slower * sum(rest) - min(running_s, slower * rest[0])


def lower_bound(lengths: Sequence[float], cores: int) -> float:
    """No schedule of these chains on so many cores ends before: the longest chain, and all work shared evenly."""
    return max(max(lengths, default=0.0), sum(lengths) / cores)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """A finished build: seconds it took, and that it was thought to take."""

    lane: str
    commit: int
    first: bool
    taken: float
    thought: float


def _ratios(rows: Iterable[tuple[Key, float, float]]) -> dict[Key, float]:
    """Seconds taken over seconds thought, of all rows of a key together."""
    taken: dict[Key, float] = {}
    thought: dict[Key, float] = {}
    for key, one, other in rows:
        taken[key] = taken.get(key, 0.0) + one
        thought[key] = thought.get(key, 0.0) + other
    return {key: taken[key] / thought[key] if thought[key] else 1.0 for key in taken}


def _mean(values: Iterable[float]) -> float:
    found = tuple(values)
    return sum(found) / len(found) if found else 0.0
