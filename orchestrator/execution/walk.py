"""A lane's walk: commits built one on top of the other in one container, in a warm build directory (DESIGN D1).

Theory of operation. The first commit is built in an empty build directory, each next on top of it after its changes
were brought in: what differs between the two trees, so that commits may come in any order. When a build does not end by
itself (time, memory, processes, log, disk), nobody knows what it left half-written: the container and the build
directory are thrown away and the next commit starts from nothing. Such a build is `unknown`, never the patch's fault.
What builds wrote is kept, and later lanes that have the same past start on top of it (keeping.py). After a build that
failed, `make -n` tells which objects are out of date and were not reached; after a change that can add or drop objects,
it tells which there are.
"""

import shlex
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from orchestrator.execution.executor import Emit, LaneWork
from orchestrator.execution.keeping import Keeping, Start
from orchestrator.execution.lanehost import LaneHost
from orchestrator.execution.lanelog import LaneLog
from orchestrator.execution.outdir import OutDir
from orchestrator.execution.room import CancelledError, Ran, Room
from orchestrator.execution.sources import Brought, Sources
from orchestrator.execution.warm import Remembered
from orchestrator.model.build import BuildOutcome, Ending, Step
from orchestrator.model.event import BuildStarted, ObjectBuilt, WarmStart
from orchestrator.model.series import TouchedFile
from orchestrator.planning import command, effects
from orchestrator.series.trees import touched_paths

_PROGRESS_S = 0.3


class Walk:
    """The state of one walk: which tree the sources show, what changed since the last build. Used by one thread."""

    def __init__(
        self, work: LaneWork, host: LaneHost, emit: Emit, *, view: Sources, room: Room, keeping: Keeping | None
    ) -> None:
        self._work = work
        self._host = host
        self._emit = emit
        self._view = view
        self._room = room
        self._out = OutDir(room)
        self._keeping = keeping
        self._target = work.lane.target
        self._shown = work.trees[0]
        self._configured = False
        # What `make -n` lists even when nothing is to be done; None until a build was complete.
        self._always_listed: frozenset[str] | None = None
        self._rules_changed = False

    def begin(self) -> Start | None:
        """Start from a build directory that was kept, before the first build; None if none can be had.

        The start's outcome is as one of this lane. Raises InfrastructureError.
        """
        if self._keeping is None:
            return None
        for start in self._keeping.starts():
            if not self._room.resume(start.layer.lowers):
                return None
            self._keeping.begin(start)
            self._view.replay(start.past)
            self._shown = start.past[-1].tree
            known = start.layer.remembered
            self._configured = known.configured
            self._rules_changed = known.rules_changed
            self._always_listed = None if known.always_listed is None else frozenset(known.always_listed)
            return replace(start, outcome=self._as_now(start.outcome) if start.outcome else None)
        return None

    def go(self, landed: Callable[[BuildOutcome], None]) -> None:
        """Start from what was kept, build every commit of the lane in order, and keep what takes long to do again.

        Raises CancelledError, InfrastructureError.
        """
        commits = self._work.lane.commits
        if start := self.begin():
            self._emit(WarmStart(lane=self._work.lane.name, spared=start.spares(commits)))
            commits = start.left
            if start.outcome:
                landed(start.outcome)
        for index in commits:
            if self._work.lane.from_nothing:
                self._room.discard()
            outcome = self.build(index)
            if self._keeping and self._keeping.is_worth_it(outcome):
                self._keep(self._keeping, outcome)
            landed(outcome)

    def build(self, index: int) -> BuildOutcome:
        """Build one commit on top of the last. Raises CancelledError, InfrastructureError."""
        return self._with_a_job(index, ())

    def make_anew(self, index: int, files: tuple[str, ...], *, check_members: bool) -> BuildOutcome:
        """Make these files of one commit, whether they are there or not, and say nothing of any others.

        `check_members`: the outcome's `members` are those of them that a build of the whole target would make (make
        takes any file whose directory is in the build), None if that cannot be told. What is remembered of whole
        builds in this lane does not hold afterwards: it is one of single files from then on.
        """
        whole = self._target
        self._target = replace(whole, make_targets=files)
        try:
            outcome = self._with_a_job(index, files)
        finally:
            self._target = whole
        if not check_members or outcome.ending is not Ending.EXITED:
            return outcome
        self._out.drop(files)
        wanted = self._out.dry_run(command.blocked_step(whole))
        return replace(outcome, members=wanted and tuple(file for file in files if file in wanted))

    def _with_a_job(self, index: int, anew: tuple[str, ...]) -> BuildOutcome:
        if not self._host.jobs.acquire(self._host.cancelled, self._work.lane.ahead_s(index)):
            raise CancelledError
        ending = Ending.KILLED
        try:
            outcome = self._build(index, anew)
            ending = outcome.ending
        finally:
            self._host.jobs.release(killed=ending is not Ending.EXITED)
        return outcome

    def _as_now(self, outcome: BuildOutcome) -> BuildOutcome:
        """A kept build's outcome as one of this lane, its log where this lane has its logs."""
        log = Path(self._work.log_dir) / f"{outcome.commit:04d}.log.gz"
        log.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(outcome.log, log)
        return replace(outcome, target=self._target.name, log=str(log), kept=True)

    def _keep(self, keeping: Keeping, outcome: BuildOutcome) -> None:
        written = self._room.leave()
        assert written is not None, "a build has just ended in it"
        remembered = Remembered(
            configured=self._configured,
            rules_changed=self._rules_changed,
            always_listed=None if self._always_listed is None else tuple(sorted(self._always_listed)),
            outcome=outcome,
        )
        lowers = keeping.keep(written, remembered)
        if lowers is None or not self._room.resume(lowers):
            self._room.discard()

    def _build(self, index: int, anew: tuple[str, ...]) -> BuildOutcome:
        touched = touched_paths(Path(self._work.git_dir), self._shown, self._work.trees[index])
        self._emit(BuildStarted(lane=self._work.lane.name, commit=index))
        began = time.monotonic()
        log = LaneLog(Path(self._work.log_dir) / f"{index:04d}.log.gz", self._work.log_limit, self._progress())
        try:
            brought = Brought(tree=self._work.trees[index], since=self._view.move(self._shown, self._work.trees[index]))
            self._shown = self._work.trees[index]
            self._room.open()
            fresh = self._room.fresh
            if not fresh:
                fresh = not self._forgotten(touched)
                self._out.drop(anew)
            if self._keeping:
                self._keeping.note(brought, fresh=fresh)
            configure = fresh or not self._configured or effects.needs_configure(self._target.config, touched)
            ran, step = self._run_steps(configure, log)
            self._configured = step.name == "build"
            dry = ran.ending is Ending.EXITED and step.name == "build" and not anew
            rules_changed = configure or effects.may_change_members(touched)
            self._rules_changed = not fresh and (self._rules_changed or rules_changed)
            blocked = self._blocked() if dry and ran.exit_code else ()
            members = None
            if dry and not ran.exit_code:
                self._rules_changed = False
            if dry and not ran.exit_code and self._always_listed is None:
                self._always_listed = frozenset(self._out.dry_run(command.blocked_step(self._target)) or ())
            if dry and not fresh and rules_changed:
                members = self._out.dry_run(command.members_step(self._target))
        finally:
            log.close()
        if ran.ending is not Ending.EXITED:
            self._room.discard()
        return BuildOutcome(
            commit=index,
            target=self._target.name,
            ending=ran.ending,
            seconds=time.monotonic() - began,
            log=str(log.path),
            exit_code=ran.exit_code,
            log_cut=log.full,
            fresh=fresh,
            configured=configure,
            config_failed=ran.ending is Ending.EXITED and step.name == "config",
            unset_symbols=self._out.unset_symbols(self._target) if ran.ending is Ending.EXITED else (),
            blocked=blocked or (),
            reach_unknown=blocked is None,
            members=members,
            detail=ran.detail,
        )

    def _run_steps(self, configure: bool, log: LaneLog) -> tuple[Ran, Step]:
        """Run the steps until one fails; how the last that ran ended, and which it was."""
        steps = (*(command.config_steps(self._target) if configure else ()), command.build_step(self._target))
        deadline = time.monotonic() + self._target.timeout_s
        for step in steps:
            log.note("$ " + shlex.join(step.argv))
            ran = self._room.run(step.argv, log, deadline - time.monotonic())
            if ran.ending is not Ending.EXITED or ran.exit_code:
                return ran, step
        return ran, step

    def _progress(self) -> Callable[[int, str], None]:
        """Report built objects, a few times a second at most: a build can print thousands of lines in one."""
        due = 0.0

        def report(count: int, name: str) -> None:
            nonlocal due
            now = time.monotonic()
            if now >= due:
                due = now + _PROGRESS_S
                self._emit(ObjectBuilt(lane=self._work.lane.name, count=count, name=name))

        return report

    def _forgotten(self, touched: tuple[TouchedFile, ...]) -> bool:
        """Remove what make would wrongly take as it is; False if that cannot be told: the room is a new one then."""
        if self._out.forget(touched):
            return True
        self._room.discard()
        self._room.open()
        return False

    def _blocked(self) -> tuple[str, ...] | None:
        """What is out of date after a build that failed; None if that cannot be told."""
        listed = self._out.dry_run(command.blocked_step(self._target))
        doubtful = tuple(name for name in listed or () if name in (self._always_listed or ()))
        # Their recorded dependencies say nothing of a command line that changed since.
        if listed is None or not doubtful or self._rules_changed:
            return listed
        stale = self._out.stale(doubtful)
        return listed if stale is None else tuple(name for name in listed if name not in doubtful or name in stale)
