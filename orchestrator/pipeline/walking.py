"""Lanes of a series walked on this machine, and their logs read as they land."""

import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.containers.engine import connect
from orchestrator.execution.executor import LaneWork
from orchestrator.execution.local import LocalExecutor
from orchestrator.execution.scratch import reap, scratch
from orchestrator.execution.warm import WarmBuilds
from orchestrator.logparse.parser import parse_lines
from orchestrator.model.build import BuildOutcome, Ending, Lane, LaneLost
from orchestrator.model.diagnostic import ParsedLog
from orchestrator.model.event import Observer, StageStarted
from orchestrator.model.series import Series
from orchestrator.pipeline.resources import Places
from orchestrator.planning.command import OUT, SRC
from orchestrator.results import logs
from orchestrator.series.trees import export_tree

# At the start of a path only, and not in quotes: an excerpt shows the source's own strings.
_SOURCE = re.compile(rf"(?<![\w./\"'-]){SRC}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Walking:
    """How lanes are walked: `run` names containers, `jobs` make jobs run at once over all lanes (None: one a core).

    `warm`: start from build directories that were kept, and keep more.
    """

    run: str
    places: Places
    jobs: int | None
    observe: Observer
    warm: bool = True

    async def go(
        self, series: Series, lanes: tuple[Lane, ...], take: Callable[[BuildOutcome | LaneLost], None]
    ) -> None:
        """Walk every lane; `take` gets what lands, one at a time, its log still there. Raises InfrastructureError."""
        with connect() as client:
            reap(client, self.places.cache)
        base_tree = await asyncio.to_thread(base_checkout, series, self.places, self.observe)
        with scratch(self.places.cache, self.run) as directory:
            warm = self.places.warm if self.warm else None
            works = tuple(
                work_of(self.run, series, lane, base_tree=base_tree, directory=directory, warm=warm) for lane in lanes
            )
            async with LocalExecutor(self.run, directory, self.jobs or len(os.sched_getaffinity(0))) as executor:
                async for item in executor.run(works, self.observe):
                    await asyncio.to_thread(take, item)
        WarmBuilds(self.places.warm).trim()


def base_checkout(series: Series, places: Places, observe: Observer) -> Path:
    """The base's checkout in the cache, made if need be. Raises InfrastructureError."""
    observe(StageStarted(text=f"Checking out the base {series.base.sha[:12]}"))
    path = places.cache / "trees" / series.base.tree
    path.parent.mkdir(parents=True, exist_ok=True)
    export_tree(Path(series.git_dir), series.base.tree, path)
    path.with_name(f"{path.name}.used").touch()  # `kmatrix gc` goes by this
    return path


def work_of(run: str, series: Series, lane: Lane, *, base_tree: Path, directory: Path, warm: Path | None) -> LaneWork:
    """All it takes to walk a lane; `directory` is the run's scratch directory, `warm` holds kept build directories."""
    return LaneWork(
        run=run,
        lane=lane,
        trees=tuple(commit.tree for commit in series.all),
        git_dir=series.git_dir,
        base_tree=str(base_tree),
        log_dir=str(directory / "logs" / lane.name),
        warm_dir=str(warm) if warm else "",
    )


def parsed(outcome: BuildOutcome) -> ParsedLog:
    """What the log says; nothing if the build was ended by force, for then it blames nobody whatever it says."""
    if outcome.ending is not Ending.EXITED:
        return ParsedLog()
    return parse_lines(map(relative, logs.lines(Path(outcome.log))), source_prefixes=(SRC,), build_prefixes=(OUT,))


def relative(line: str) -> str:
    """A log line with the paths of sources as everybody else sees them: `mm/gup.c`, not `/src/mm/gup.c`."""
    return _SOURCE.sub("", line) if f"{SRC}/" in line else line
