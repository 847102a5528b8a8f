"""Every finding of a series dated with few builds: base and tip first, then the middle of what differs.

One build of the whole target answers for every finding, so the findings of a cell share all builds. Of a stretch whose
two ends say the same nothing is built: what came and went inside it is not seen.
"""

import os
from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.analysis.bisection import stretches
from orchestrator.analysis.sought import counted
from orchestrator.containers.engine import connect
from orchestrator.execution.probing import Landed, Probe, Prober, Workshop
from orchestrator.execution.scratch import reap, scratch
from orchestrator.model.build import Lane
from orchestrator.model.event import BuildFinished, BuildsPlanned
from orchestrator.model.result import CellResult, LaneState, Origin, Status
from orchestrator.model.verdict import TargetFacts
from orchestrator.pipeline.bisect_probing import kept_state
from orchestrator.pipeline.building import Building
from orchestrator.pipeline.history import TargetHistory, judged
from orchestrator.pipeline.walking import base_checkout, parsed, work_of
from orchestrator.results.records import ResultKey, lineage

_BUILDS_AT_ONCE = 8  # cores to one more whole build at a time in a cell


@dataclass(slots=True, kw_only=True)
class Column:
    """One target's squares so far, and of each of its lanes the state and the trees since the last complete one."""

    facts: TargetFacts
    results: dict[int, CellResult]
    states: dict[str, LaneState] = field(default_factory=dict)
    trees: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dating:
    """The builds of a run with `series.build: bisect`, in place of those that `building` would do."""

    building: Building
    rebuild: bool

    def go(self) -> None:
        """Fill every column of the building. Raises InfrastructureError, KeyboardInterrupt."""
        building = self.building
        columns = [Column(facts=fact, results=self._known(fact)) for fact in building.prepared.facts]
        building.observe(
            BuildsPlanned(
                total=2 * len(columns),
                lanes=len(columns),
                reused=sum(len(column.results) for column in columns),
                commits=len(building.prepared.series.commits),
            )
        )
        if any(self._next(column) for column in columns):
            self._build(columns)
        for column in columns:
            self._fill(building.histories[column.facts.target.name], column)

    def _known(self, fact: TargetFacts) -> dict[int, CellResult]:
        """Stored results: those an earlier run walked to from the base on, and complete ones of any commit."""
        name = fact.target.name
        known = {at: found for (at, target), found in self.building.plan.reused.items() if target == name}
        for commit in () if self.rebuild else self.building.prepared.series.all:
            found = self.building.store.known(self._key(name, commit.index))
            if commit.index not in known and found is not None:
                known[commit.index] = replace(found, commit=commit.index, target=name)
        return known

    def _key(self, target: str, commit: int, before: Sequence[str] = ()) -> ResultKey:
        prepared = self.building.prepared
        tree = prepared.series.all[commit].tree
        return ResultKey(tree=tree, recipe=prepared.recipes[target], lineage=lineage(before))

    def _build(self, columns: Sequence[Column]) -> None:
        building = self.building
        with connect() as client:
            reap(client, building.places.cache)
        base_tree = base_checkout(building.prepared.series, building.places, building.observe)
        jobs = building.jobs or len(os.sched_getaffinity(0))
        with (
            scratch(building.places.cache, building.run) as directory,
            Workshop(building.run, directory, jobs) as workshop,
            ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="column") as pool,
        ):
            try:
                for ended in as_completed([pool.submit(self._date, column, workshop, base_tree) for column in columns]):
                    ended.result()
            except BaseException:
                workshop.stop()
                raise

    def _date(self, column: Column, workshop: Workshop, base_tree: Path) -> None:
        """Build until every difference of this target lies between two neighbours."""
        target, prepared = column.facts.target, self.building.prepared
        lane = Lane(
            name=target.name,
            target=target,
            image_id=column.facts.image_id,
            recipe=prepared.recipes[target.name],
            commits=(0,),
        )
        work = work_of(
            self.building.run,
            prepared.series,
            lane,
            base_tree=base_tree,
            directory=workshop.scratch,
            warm=None if self.rebuild else self.building.places.warm,
        )
        with Prober(work, workshop, self.building.observe) as prober:
            while commits := self._next(column)[: max(1, workshop.jobs // _BUILDS_AT_ONCE)]:
                for landed in prober.build(tuple(Probe(commit=commit) for commit in commits)):
                    self._take(column, landed)

    def _next(self, column: Column) -> tuple[int, ...]:
        said: dict[int, Hashable] = {at: says(result) for at, result in column.results.items()}
        return stretches(said, len(self.building.prepared.series.commits))

    def _take(self, column: Column, landed: Landed) -> None:
        outcome = landed.outcome
        kept = () if landed.base in (None, outcome) else (self.building.prepared.series.base.tree,)
        trees = column.trees.setdefault(landed.lane, [*kept])
        key = self._key(outcome.target, outcome.commit, trees)
        result = judged(column.states.get(landed.lane) or kept_state(landed), outcome, parsed(outcome))
        column.states[landed.lane] = result.state
        trees.append(key.tree)
        if result.state.complete and not result.state.left:
            del trees[:-1]
        column.results[outcome.commit] = self.building.store.put(key, result, Path(outcome.log))
        self.building.observe(BuildFinished(result=column.results[outcome.commit]))

    def _fill(self, history: TargetHistory, column: Column) -> None:
        building, name = self.building, column.facts.target.name
        series = building.prepared.series
        while len(history.results) < len(series.all):
            first = len(history.results)
            history.enter(column.results.get(first) or _not_built(first, column))
            for result in history.results[first:]:
                sha = series.all[result.commit].sha
                building.store.link(building.run, sha, self._key(name, result.commit), result)


def says(result: CellResult) -> Hashable:
    """What has to be equal at both ends of a stretch for nothing in it to be built; None if it says nothing.

    Not what is masked: an object that could not be seen, and says nothing where it can be, brings no finding.
    """
    if result.status in {Status.UNKNOWN, Status.NOT_RUN}:
        return None
    state = result.state
    return (
        result.exit_code == 0,
        counted(state.present),
        counted(state.hidden),
        state.all_masked,
    )


def _not_built(at: int, column: Column) -> CellResult:
    before = max(commit for commit in column.results if commit < at)
    after = min(commit for commit in column.results if commit > at)
    return CellResult(
        commit=at,
        target=column.facts.target.name,
        status=Status.NOT_RUN,
        origin=Origin.BUILT,
        state=LaneState(all_masked=True),
        detail=f"not built: commits {before} and {after} say the same (series.build: bisect)",
    )
