"""What was asked of a container and what came of it. A failed build is data."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.model.matrix import Target


class Ending(StrEnum):
    """How a build ended. Everything but EXITED is infrastructure: nobody is blamed for it."""

    EXITED = "exited"
    TIMED_OUT = "timed-out"
    OUT_OF_MEMORY = "out-of-memory"
    OUT_OF_PIDS = "out-of-pids"
    LOG_LIMIT = "log-limit"
    DISK_FULL = "disk-full"
    KILLED = "killed"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command in the lane's container: argv, and what it is for (`config`, `build`)."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One target walked through `commits` (indices into `series.all`, ascending) in one container.

    `commits[0]` is built in an empty build directory, the others on top of it, unless a build directory was kept of a
    lane that built some of `past` and `commits` in their order. Those in `past` come before `commits` and need no
    build. Those in `warm_up` have a stored result already; they are walked only so that the build directory and its
    history are the ones that result saw. `name` is the lane's own within a run. `from_nothing`: every commit is built
    in an empty build directory. `expected_s`: seconds that each of `commits` is expected to take, or empty.
    """

    name: str
    target: Target
    image_id: str
    recipe: str
    commits: tuple[int, ...]
    warm_up: frozenset[int] = frozenset()
    past: tuple[int, ...] = ()
    from_nothing: bool = False
    expected_s: tuple[float, ...] = ()

    def ahead_s(self, commit: int) -> float:
        """Seconds that the lane is expected to take from this commit of it on; 0 if nothing is expected."""
        return sum(self.expected_s[self.commits.index(commit) :]) if self.expected_s else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOutcome:
    """One commit built in one lane.

    `log` is the path of the gzip'd log; `log_cut` says it stops at the size limit. `fresh`: the build directory was
    empty. `configured`: the .config was made anew. `config_failed`: it could not be. `unset_symbols`: `wanted -> got`
    for requested symbols that did not stick. `blocked`: objects that are out of date and that make never got to
    (empty after a complete build); `reach_unknown`: make could not tell them all. `members`: every object of the
    build, only when that may have changed, else None. `kept`: an earlier lane built it. `detail` is one line for a
    person when `ending` is not EXITED.
    """

    commit: int
    target: str
    ending: Ending
    seconds: float
    log: str
    exit_code: int | None = None
    log_cut: bool = False
    fresh: bool = False
    configured: bool = False
    config_failed: bool = False
    unset_symbols: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    reach_unknown: bool = False
    members: tuple[str, ...] | None = None
    kept: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneLost:
    """A lane ended before its last commit for a reason of the machine's; `detail` is one line for a person."""

    lane: str
    target: str
    detail: str
