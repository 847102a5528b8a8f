"""The seam between deciding and doing: what an executor is given and what it gives back."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol, Self

from orchestrator.model.build import BuildOutcome, Lane, LaneLost
from orchestrator.model.event import Event

Emit = Callable[[Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneWork:
    """A lane and all it takes to walk it: plain values, so that it can be sent to another machine.

    `run` names the run in labels and container names. `trees[i]` is the tree id of commit i; `base_tree` is the
    checkout of `trees[0]`, read-only, as a path of the machine that walks the lane; `git_dir` holds every object. Logs
    are written to `log_dir`/<commit>.log.gz. In `warm_dir` build directories are kept ("": none). `log_limit` is bytes
    of plain text.
    """

    run: str
    lane: Lane
    trees: tuple[str, ...]
    git_dir: str
    base_tree: str
    log_dir: str
    warm_dir: str = ""
    log_limit: int = 256 * 1024 * 1024


class Executor(Protocol):
    """Walks lanes. Leaving the `async with` ends every container it started, however it is left."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc: object) -> None: ...

    def run(self, works: tuple[LaneWork, ...], emit: Emit) -> AsyncIterator[BuildOutcome | LaneLost]:
        """Outcomes as they land, those of one lane in order; LaneLost when one cannot go on.

        `emit` is called from any thread.
        """
        ...
