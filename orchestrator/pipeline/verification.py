"""`kmatrix verify`: squares of a finished run built again from nothing, and compared with what its lanes said (D2)."""

import asyncio
import math
import os
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from orchestrator.analysis.oracle import Disagreement, disagreements
from orchestrator.errors import UserError
from orchestrator.model.build import BuildOutcome, Ending, Lane, LaneLost
from orchestrator.model.event import BuildFinished, BuildsPlanned, Observer
from orchestrator.model.result import CellResult, Status
from orchestrator.model.series import Series
from orchestrator.model.verdict import RunReport, TargetFacts
from orchestrator.pipeline.history import judged
from orchestrator.pipeline.past_runs import commit_index, report_of
from orchestrator.pipeline.resources import Places
from orchestrator.pipeline.walking import Walking, parsed
from orchestrator.planning.recipe import recipe
from orchestrator.series.repository import open_repository
from orchestrator.series.trees import has_trees

_NO_ANSWER = frozenset({Status.UNKNOWN, Status.NOT_RUN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which squares of a run to check.

    `commits` are numbers or shas; none means all but the base, which lanes build from nothing anyway. `select` are
    globs of cell names. `sample`: so many of these by chance (None: all). `tree` is a repository that has the series,
    for results that came from elsewhere. `jobs`: make jobs at once (None: one a core).
    """

    run: str = "last"
    commits: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    sample: int | None = None
    tree: Path | None = None
    jobs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One square: what the run says, and what a build from nothing says, None if it came to no end (`detail`: why)."""

    said: CellResult
    clean: CellResult | None
    differences: tuple[Disagreement, ...] = ()
    detail: str = ""

    @property
    def agrees(self) -> bool:
        """True if both say the same, make's success included."""
        return (
            self.clean is not None
            and not self.differences
            and (self.said.exit_code == 0) is (self.clean.exit_code == 0)
        )

    @property
    def compared(self) -> int:
        """How many diagnostics of the clean build could be held against the run's: none if one side saw nothing."""
        if self.clean is None or self.said.state.all_masked or self.clean.state.all_masked:
            return 0
        return len(self.clean.state.present)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came of it, in the order of commits. `unanswered` squares of the run had no result to be checked."""

    run: str
    commits: int
    checked: tuple[Checked, ...]
    unanswered: int

    @property
    def exit_code(self) -> int:
        """1 if anything differs, else 3 if a square could not be built, else 0."""
        if any(square.clean and not square.agrees for square in self.checked):
            return 1
        return 0 if all(square.clean for square in self.checked) else 3


def verify(wanted: Wanted, places: Places, observe: Observer) -> Verification:
    """Build squares of a run from nothing and compare. Raises UserError, InfrastructureError, KeyboardInterrupt."""
    report = report_of(places, wanted.run)
    squares, unanswered = _choose(report, wanted)
    series = _with_objects(report.series, wanted.tree, places)
    jobs = wanted.jobs or len(os.sched_getaffinity(0))
    lanes = tuple(lane for fact in report.targets for lane in _lanes(fact, squares, jobs, len(report.targets)))
    said = {(square.commit, square.target): square for square in squares}
    checked: dict[tuple[int, str], Checked] = {}
    lost: dict[tuple[int, str], str] = {}

    def take(item: BuildOutcome | LaneLost) -> None:
        if isinstance(item, LaneLost):
            lane = next(lane for lane in lanes if lane.name == item.lane)
            lost.update({(commit, item.target): item.detail for commit in lane.commits})
            return
        result = judged(None, item, parsed(item))
        checked[item.commit, item.target] = _compare(said[item.commit, item.target], result)
        observe(BuildFinished(result=result))

    walking = Walking(run=f"verify-{secrets.token_hex(4)}", places=places, jobs=wanted.jobs, observe=observe)
    observe(BuildsPlanned(total=len(squares), lanes=len(lanes), reused=0, commits=len(series.commits)))
    asyncio.run(walking.go(series, lanes, take))
    return Verification(
        run=report.run,
        commits=len(series.commits),
        checked=tuple(
            checked.get(place) or Checked(said=square, clean=None, detail=lost.get(place, "it was not built"))
            for place, square in said.items()
        ),
        unanswered=unanswered,
    )


def _with_objects(series: Series, tree: Path | None, places: Places) -> Series:
    """The series with a repository that has its trees."""
    if tree is not None:
        series = replace(series, git_dir=str(open_repository(tree, places.cache / "repositories").git_dir))
    trees = tuple(commit.tree for commit in series.all)
    if series.git_dir and has_trees(Path(series.git_dir), trees):
        return series
    where = tree or series.git_dir or "no repository is known"
    raise UserError(f"{where}: the commits of this run are not there; --tree DIR names a repository that has them")


def _choose(report: RunReport, wanted: Wanted) -> tuple[tuple[CellResult, ...], int]:
    """The squares to check, and how many of those asked for have no answer."""
    names = [fact.target.name for fact in report.targets]
    for glob in wanted.select:
        if not any(fnmatchcase(name, glob) for name in names):
            raise UserError(f"--select {glob}: no such cell in run {report.run}; it has {', '.join(names)}")
    commits = {commit_index(report, commit) for commit in wanted.commits} or {
        row.index for row in report.series.commits
    }
    asked = [
        square
        for square in report.results
        if square.commit in commits
        and (not wanted.select or any(fnmatchcase(square.target, glob) for glob in wanted.select))
    ]
    answered = [square for square in asked if square.status not in _NO_ANSWER]
    chosen = answered
    if wanted.sample is not None and wanted.sample < len(answered):
        by_chance = frozenset(random.sample(range(len(answered)), wanted.sample))
        chosen = [square for place, square in enumerate(answered) if place in by_chance]
    return tuple(chosen), len(asked) - len(answered)


def _lanes(fact: TargetFacts, squares: tuple[CellResult, ...], jobs: int, targets: int) -> Iterator[Lane]:
    """The squares of one target in as many lanes as it takes to keep `jobs` busy beside the other targets."""
    commits = [square.commit for square in squares if square.target == fact.target.name]
    wanted = max(1, min(len(commits), math.ceil(jobs / targets)))
    size = math.ceil(len(commits) / wanted)
    for start in range(0, len(commits), size or 1):
        yield Lane(
            name=f"{fact.target.name}-from-{commits[start]}",
            target=fact.target,
            image_id=fact.image_id,
            recipe=recipe(fact.target, fact.image_id),
            commits=tuple(commits[start : start + size]),
            from_nothing=True,
        )


def _compare(said: CellResult, clean: CellResult) -> Checked:
    if clean.ending is not Ending.EXITED or clean.status in _NO_ANSWER:
        return Checked(said=said, clean=None, detail=clean.detail or f"the clean build is {clean.status}")
    return Checked(said=said, clean=clean, differences=disagreements(said.state, clean.state))
