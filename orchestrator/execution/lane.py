"""One lane: a target walked through commits in one container with a warm build directory (DESIGN D1).

Theory of operation. The first commit is built in an empty build directory, each next on top of it after its changes
were brought in: what differs between the two trees, so that commits may come in any order. When a build does not end by
itself (time, memory, processes, log, disk), nobody knows what it left half-written: the container and the build
directory are thrown away and the next commit starts from nothing. Such a build is `unknown`, never the patch's fault.
After a build that failed, `make -n` tells which objects are out of date and were not reached; after a change that can
add or drop objects, it tells which there are.
"""

import contextlib
import hashlib
import re
import shlex
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.containers.engine import Client
from orchestrator.containers.sandbox import Bind, Spec
from orchestrator.execution.executor import Emit, LaneWork
from orchestrator.execution.jobserver import JobServer
from orchestrator.execution.lanelog import LaneLog
from orchestrator.execution.room import CancelledError, Ran, Room
from orchestrator.execution.scratch import labels
from orchestrator.execution.sources import Sources, sources
from orchestrator.model.build import BuildOutcome, Ending, Step
from orchestrator.model.event import BuildStarted, LaneFinished, ObjectBuilt
from orchestrator.model.series import TouchedFile
from orchestrator.planning import command, effects
from orchestrator.series.trees import touched_paths

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.-]")
_JOBSERVER = "/jobserver"
_PROGRESS_S = 0.3
_DRY_RUN_S = 600
_SEARCHED = (0, 1, 123)  # grep: 1 if nothing was found, and what find and xargs make of that
_ARGUMENTS = 500  # words of a command line, well below any limit
# `make -n` prints Kbuild's short echo as the shell command it is; the text in quotes is the echo line.
_DRY_ECHO = re.compile(rb"echo '  [A-Z][A-Z0-9_]*(?: \[M\])? +([^' ]+)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneHost:
    """What a lane needs of the machine it is walked on. `scratch` is the run's directory, `user` is `uid:gid`."""

    client: Client
    jobs: JobServer
    scratch: Path
    user: str
    cancelled: threading.Event


def walk(work: LaneWork, host: LaneHost, emit: Emit, landed: Callable[[BuildOutcome], None]) -> None:
    """Build every commit of the lane in order; `landed` gets each outcome as it comes.

    Raises CancelledError when the run is interrupted, InfrastructureError if containers cannot be had at all.
    """
    with opened(work, host, emit) as lane:
        lane.go(landed)


@contextlib.contextmanager
def opened(work: LaneWork, host: LaneHost, emit: Emit) -> Iterator["Walk"]:
    """The lane at its first commit, nothing built yet; its containers, volumes and directories go on leaving.

    Raises InfrastructureError if containers cannot be had at all.
    """
    directory = host.scratch / plain_name(work.lane.name)
    directory.mkdir()
    spec = _spec(work, host)
    try:
        with sources(host.client, spec, base_tree=work.base_tree, git_dir=work.git_dir, directory=directory) as view:
            _hand_in(work, view.incoming)
            mounted = (
                view.bind,
                Bind(source=str(view.incoming), inside=command.IN),
                Bind(source=str(host.jobs.path), inside=_JOBSERVER, writable=True),
            )
            room = Room(host.client, replace(spec, binds=mounted), directory, host.cancelled)
            try:
                yield Walk(work, host, emit, view, room)
            finally:
                room.discard()
    finally:
        emit(LaneFinished(lane=work.lane.name))


def _hand_in(work: LaneWork, incoming: Path) -> None:
    """Put the user's part of the .config where config_steps reads it."""
    target = work.lane.target
    (incoming / Path(command.WANTED_CONFIG).name).write_text(command.wanted_config(target))
    (incoming / Path(command.BASE_CONFIG).name).write_text(target.config.base_text)


def _spec(work: LaneWork, host: LaneHost) -> Spec:
    """The build container without what it mounts."""
    target = work.lane.target
    jobs = target.resources.jobs
    flags = f"-j{jobs}" if jobs else f"-j --jobserver-auth=fifo:{_JOBSERVER}"
    return Spec(
        name=f"kmatrix-{work.run}-{plain_name(work.lane.name)}",
        image_id=work.lane.image_id,
        labels=labels(work.run, host.scratch),
        binds=(),
        workdir=command.SRC,
        environment={**dict(command.BUILD_ENV), "MAKEFLAGS": flags},
        memory_mb=target.resources.memory_mb,
        pids=target.resources.pids,
        user=host.user,
    )


def plain_name(name: str) -> str:
    """A lane's name in the letters that Docker takes for volumes and mount options for paths: no `+`, no comma."""
    plain = _NOT_PLAIN.sub("_", name)
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


class Walk:
    """The state of one walk: which tree the sources show, what changed since the last build. Used by one thread."""

    def __init__(self, work: LaneWork, host: LaneHost, emit: Emit, view: Sources, room: Room) -> None:
        self._work = work
        self._host = host
        self._emit = emit
        self._view = view
        self._room = room
        self._target = work.lane.target
        self._shown = work.trees[0]
        self._configured = False
        # What `make -n` lists even when nothing is to be done; None until a build was complete.
        self._always_listed: frozenset[str] | None = None
        self._rules_changed = False

    def go(self, landed: Callable[[BuildOutcome], None]) -> None:
        """Build every commit of the lane in order. Raises CancelledError, InfrastructureError."""
        for index in self._work.lane.commits:
            if self._work.lane.from_nothing:
                self._room.discard()
            landed(self.build(index))

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
        self._drop(files)
        wanted = self._dry_run(command.blocked_step(whole))
        return replace(outcome, members=wanted and tuple(file for file in files if file in wanted))

    def _with_a_job(self, index: int, anew: tuple[str, ...]) -> BuildOutcome:
        if not self._host.jobs.acquire(self._host.cancelled):
            raise CancelledError
        ending = Ending.KILLED
        try:
            outcome = self._build(index, anew)
            ending = outcome.ending
        finally:
            self._host.jobs.release(killed=ending is not Ending.EXITED)
        return outcome

    def _build(self, index: int, anew: tuple[str, ...]) -> BuildOutcome:
        touched = touched_paths(Path(self._work.git_dir), self._shown, self._work.trees[index])
        self._emit(BuildStarted(lane=self._work.lane.name, commit=index))
        began = time.monotonic()
        log = LaneLog(Path(self._work.log_dir) / f"{index:04d}.log.gz", self._work.log_limit, self._progress())
        try:
            self._view.move(self._shown, self._work.trees[index])
            self._shown = self._work.trees[index]
            self._room.open()
            fresh = self._room.fresh
            if not fresh:
                fresh = not self._forget(touched)
                self._drop(anew)
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
                self._always_listed = frozenset(self._dry_run(command.blocked_step(self._target)) or ())
            if dry and not fresh and rules_changed:
                members = self._dry_run(command.members_step(self._target))
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
            unset_symbols=self._unset_symbols() if ran.ending is Ending.EXITED else (),
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

    def _blocked(self) -> tuple[str, ...] | None:
        """What is out of date after a build that failed; None if that cannot be told."""
        listed = self._dry_run(command.blocked_step(self._target))
        doubtful = tuple(name for name in listed or () if name in (self._always_listed or ()))
        # Their recorded dependencies say nothing of a command line that changed since.
        if listed is None or not doubtful or self._rules_changed:
            return listed
        code, said = self._room.ask(command.stale_step(doubtful[:_ARGUMENTS]).argv, _DRY_RUN_S)
        if code != 0:
            return listed
        stale = {*said.decode(errors="replace").splitlines(), *doubtful[_ARGUMENTS:]}
        return tuple(name for name in listed if name not in doubtful or name in stale)

    def _dry_run(self, step: Step) -> tuple[str, ...] | None:
        """The objects a `make -n` names, each once; None if it fails: a Makefile that cannot be read names none."""
        code, said = self._room.ask(step.argv, _DRY_RUN_S)
        if code != 0:
            return None
        return tuple(dict.fromkeys(match[1].decode(errors="replace") for match in _DRY_ECHO.finditer(said)))

    def _drop(self, paths: tuple[str, ...]) -> None:
        """Remove files of the build directory: in the container, for a patch's build may have left links there."""
        for start in range(0, len(paths), _ARGUMENTS):
            some = (f"{command.OUT}/{path}" for path in paths[start : start + _ARGUMENTS])
            self._room.ask(("rm", "-f", "--", *some), _DRY_RUN_S)

    def _forget(self, touched: tuple[TouchedFile, ...]) -> bool:
        """Remove what make would wrongly take as it is; False if that cannot be told: the room is a new one then."""
        self._drop(effects.orphans(touched))
        askers = self._found(command.asking_step, effects.names_with(touched, "AD"))
        came = effects.names_with(touched, "A")
        readers = None if askers is None else self._found(command.readers_step, (*came, *askers))
        if readers is None:
            self._room.discard()
            self._room.open()
            return False
        self._drop(tuple(map(command.made_of_record, readers)))
        return True

    def _found(self, step: Callable[[tuple[str, ...]], Step], names: tuple[str, ...]) -> tuple[str, ...] | None:
        """The lines that searches for these names print; None if one did not get to its end."""
        found: list[str] = []
        for start in range(0, len(names), _ARGUMENTS):
            code, said = self._room.ask(step(names[start : start + _ARGUMENTS]).argv, _DRY_RUN_S)
            if code not in _SEARCHED:
                return None
            found += said.decode(errors="surrogateescape").splitlines()
        return tuple(found)

    def _unset_symbols(self) -> tuple[str, ...]:
        """Wanted lines that .config does not hold; read in the container for the same reason."""
        wanted = command.wanted_config(self._target).splitlines()
        if not wanted:
            return ()
        code, dot_config = self._room.ask(("cat", f"{command.OUT}/.config"), _DRY_RUN_S)
        if code != 0:
            return ()
        return effects.unset_symbols(wanted, dot_config.decode(errors="replace"))
