"""The builds of a run: lanes walked, outcomes parsed, judged and kept as they land."""

import os
from dataclasses import dataclass
from pathlib import Path

from orchestrator.model.build import BuildOutcome, Lane, LaneLost
from orchestrator.model.diagnostic import Severity
from orchestrator.model.event import BuildFinished, BuildsPlanned, Observer
from orchestrator.pipeline.experience import recorded
from orchestrator.pipeline.history import TargetHistory
from orchestrator.pipeline.preparation import Prepared
from orchestrator.pipeline.resources import Places
from orchestrator.pipeline.walking import Walking, parsed
from orchestrator.planning import schedule
from orchestrator.planning.lanes import Plan
from orchestrator.results.records import ResultKey
from orchestrator.results.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """One run's builds. `jobs`: make jobs over all lanes (None: one a core). `warm`: as for `Walking`."""

    run: str
    prepared: Prepared
    plan: Plan
    histories: dict[str, TargetHistory]
    store: Store
    places: Places
    jobs: int | None
    observe: Observer
    warm: bool = True

    async def go(self) -> None:
        """Fill every column to its end, whatever happens to its lane. Raises InfrastructureError."""
        plan = self.plan
        expected = schedule.chains(self.prepared.series, plan.lanes, recorded(self.store))
        self.observe(
            BuildsPlanned(
                total=plan.builds,
                lanes=len(plan.lanes),
                reused=len(plan.reused),
                commits=len(self.prepared.series.commits),
                chains=expected,
                jobs=self.jobs or len(os.sched_getaffinity(0)),
            )
        )
        for name in self.histories:
            self._enter_known(name)
        if plan.lanes:
            await self._walk(schedule.order(plan.lanes, expected))

    async def _walk(self, lanes: tuple[Lane, ...]) -> None:
        walking = Walking(run=self.run, places=self.places, jobs=self.jobs, observe=self.observe, warm=self.warm)
        await walking.go(self.prepared.series, lanes, self._take)

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
        result = self.store.put(key, history.judge(item, parsed(item)), Path(item.log))
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
