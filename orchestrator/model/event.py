"""What happens while a run goes on; the progress display draws these, nothing else reads them."""

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.model.result import CellResult
from orchestrator.model.schedule import Chain


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStarted:
    """A step before or after the builds: `Building image kmatrix/gcc-14:powerpc`."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutput:
    """A line of that step's output (docker build, git)."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildsPlanned:
    """`total` builds in `lanes` lanes are to come; `reused` squares are known already; `commits` without the base.

    `chains`: what each lane is expected to take; `jobs`: make jobs that run at once.
    """

    total: int
    lanes: int
    reused: int
    commits: int
    chains: tuple[Chain, ...] = ()
    jobs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmStart:
    """A lane starts from a build directory that was kept, which spares it as many as `spared` builds."""

    lane: str
    spared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStarted:
    """A lane starts on a commit (0: the base)."""

    lane: str
    commit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectBuilt:
    """The running build of a lane has attempted `count` objects; the last is `name`."""

    lane: str
    count: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFinished:
    """A square is known. `introduced` and `fixed` count findings against the commit before, in this target alone.

    `warm_up`: a build that only re-made the build directory of a stored result.
    """

    result: CellResult
    introduced_errors: int = 0
    introduced_warnings: int = 0
    fixed: int = 0
    warm_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFinished:
    """A lane's container is gone."""

    lane: str


Event = (
    StageStarted | StageOutput | BuildsPlanned | WarmStart | BuildStarted | ObjectBuilt | BuildFinished | LaneFinished
)
Observer = Callable[[Event], None]
