"""The builds of a run: lanes walked, outcomes parsed, judged and kept as they land."""

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path

from orchestrator.containers.engine import connect
from orchestrator.execution.executor import LaneWork
from orchestrator.execution.local import LocalExecutor
from orchestrator.execution.scratch import reap, scratch
from orchestrator.logparse.parser import parse_lines
from orchestrator.model.build import BuildOutcome, Ending, LaneLost
from orchestrator.model.diagnostic import ParsedLog, Severity
from orchestrator.model.event import BuildFinished, BuildsPlanned, Observer, StageStarted
from orchestrator.pipeline.history import TargetHistory
from orchestrator.pipeline.preparation import Prepared
from orchestrator.pipeline.resources import Places
from orchestrator.planning.command import OUT, SRC
from orchestrator.planning.lanes import Plan
from orchestrator.results import logs
from orchestrator.results.records import ResultKey
from orchestrator.results.store import Store
from orchestrator.series.trees import export_tree

# At the start of a path only, and not in quotes: an excerpt shows the source's own strings.
_SOURCE = re.compile(rf"(?<![\w./\"'-]){SRC}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """One run's builds. `cache` holds base trees and scratch directories; `jobs`: make jobs over all lanes."""

    run: str
    prepared: Prepared
    plan: Plan
    histories: dict[str, TargetHistory]
    store: Store
    places: Places
    jobs: int | None
    observe: Observer

    async def go(self) -> None:
        """Fill every column to its end, whatever happens to its lane. Raises InfrastructureError."""
        plan = self.plan
        self.observe(
            BuildsPlanned(
                total=plan.builds,
                lanes=len(plan.lanes),
                reused=len(plan.reused),
                commits=len(self.prepared.series.commits),
            )
        )
        for name in self.histories:
            self._enter_known(name)
        if plan.lanes:
            await self._walk()

    async def _walk(self) -> None:
        with connect() as client:
            reap(client, self.places.cache)
        base_tree = await self._base_tree()
        with scratch(self.places.cache, self.run) as directory:
            works = self._works(base_tree, directory)
            async with LocalExecutor(self.run, directory, self.jobs or len(os.sched_getaffinity(0))) as executor:
                async for item in executor.run(works, self.observe):
                    await asyncio.to_thread(self._take, item)

    async def _base_tree(self) -> Path:
        """The base's checkout in the cache, made if need be."""
        series = self.prepared.series
        self.observe(StageStarted(text=f"Checking out the base {series.base.sha[:12]}"))
        path = self.places.cache / "trees" / series.base.tree
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(export_tree, Path(series.git_dir), series.base.tree, path)
        path.with_name(f"{path.name}.used").touch()  # `kmatrix gc` goes by this
        return path

    def _works(self, base_tree: Path, directory: Path) -> tuple[LaneWork, ...]:
        series = self.prepared.series
        return tuple(
            LaneWork(
                run=self.run,
                lane=lane,
                trees=tuple(commit.tree for commit in series.all),
                touched=tuple(commit.touched for commit in series.all),
                git_dir=series.git_dir,
                base_tree=str(base_tree),
                log_dir=str(directory / "logs" / lane.target.name),
            )
            for lane in self.plan.lanes
        )

    def _enter_known(self, target: str) -> None:
        """Enter the stored results at the top of a column."""
        history = self.histories[target]
        while (found := self.plan.reused.get((len(history.results), target))) is not None:
            key = history.key
            history.enter(found)
            self._link(history, key, found.commit)

    def _take(self, item: BuildOutcome | LaneLost) -> None:
        """A build landed, or a lane is lost."""
        history = self.histories[item.target]
        if isinstance(item, LaneLost):
            first = len(history.results)
            if first < len(self.prepared.series.all):
                key = history.key
                history.give_up(item.detail)
                self._link(history, key, first)
            return
        if item.commit < len(history.results):
            self.observe(BuildFinished(result=history.results[item.commit], warm_up=True))
            return
        key = history.key
        result = self.store.put(key, history.judge(item, _parse(item)), Path(item.log))
        change = history.enter(result)
        self._link(history, key, result.commit)
        errors = sum(instance.sample.severity is Severity.ERROR for instance in change.introduced)
        self.observe(
            BuildFinished(
                result=result,
                introduced_errors=errors if result.commit else 0,
                introduced_warnings=len(change.introduced) - errors if result.commit else 0,
                fixed=len(change.fixed),
            )
        )

    def _link(self, history: TargetHistory, key: ResultKey, first: int) -> None:
        """Put every result from `first` on into the run's history: the one that came, and those that follow from it."""
        for result in history.results[first:]:
            self.store.link(self.run, self.prepared.series.all[result.commit].sha, key, result)


def _parse(outcome: BuildOutcome) -> ParsedLog:
    """What the log says; nothing if the build was ended by force, for then it blames nobody whatever it says."""
    if outcome.ending is not Ending.EXITED:
        return ParsedLog()
    return parse_lines(map(relative, logs.lines(Path(outcome.log))), source_prefixes=(SRC,), build_prefixes=(OUT,))


def relative(line: str) -> str:
    """A log line with the paths of sources as everybody else sees them: `mm/gup.c`, not `/src/mm/gup.c`."""
    return _SOURCE.sub("", line) if f"{SRC}/" in line else line
