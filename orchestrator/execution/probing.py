"""Single builds on demand, in lanes that stay: any commit, in any order, a few at once. What a bisection asks."""

import contextlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator.containers.engine import connect
from orchestrator.execution.executor import Emit, LaneWork
from orchestrator.execution.jobserver import JobServer
from orchestrator.execution.lane import opened
from orchestrator.execution.lanehost import LaneHost
from orchestrator.execution.local import end_containers
from orchestrator.execution.walk import Walk
from orchestrator.model.build import BuildOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One build: of these files alone, made anew, or of all that the target names if there are none.

    `check_members`: see `Walk.make_anew`.
    """

    commit: int
    files: tuple[str, ...] = ()
    check_members: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """A probe's outcome, and the lane that has its past.

    `base`: the build of the base that the lane's directory was kept of, None if the lane began with nothing.
    """

    probe: Probe
    lane: str
    outcome: BuildOutcome
    base: BuildOutcome | None = None


@dataclass(slots=True, kw_only=True)
class _Lane:
    """A lane that is open. `at`: the commit its directory shows; `base`: as in `Landed`; `used`: it has built."""

    name: str
    walk: Walk
    base: BuildOutcome | None
    at: int = 0
    used: bool = False


class Workshop:
    """What the probers of a run share: its scratch directory, one job server with `jobs` tokens, its end."""

    def __init__(self, run: str, scratch: Path, jobs: int) -> None:
        self._run = run
        self.scratch = scratch
        self.jobs = jobs
        self.cancelled = threading.Event()

    def __enter__(self) -> Self:
        self.server = JobServer(self.scratch / "jobserver", self.jobs)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.close()

    def stop(self) -> None:
        """End what runs, from any thread: whoever waits for a build gets a CancelledError."""
        self.cancelled.set()
        end_containers(self._run)


class Prober:
    """Lanes of one target on this machine, opened when first needed; leaving the `with` ends them.

    `work` is the pattern of the lanes; their one commit is the base, which they start from if it was kept.
    """

    def __init__(self, work: LaneWork, workshop: Workshop, emit: Emit) -> None:
        self._work = work
        self._workshop = workshop
        self._emit = emit
        self._lanes: dict[bool, list[_Lane]] = {True: [], False: []}
        self._opened = 0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(max_workers=self._workshop.jobs, thread_name_prefix="probe")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._workshop.stop()
        self._pool.shutdown(cancel_futures=True)
        self._stack.close()

    def build(self, probes: tuple[Probe, ...]) -> Iterator[Landed]:
        """Outcomes as they land. Raises InfrastructureError, CancelledError."""
        waiting = list(probes)
        running: dict[Future[BuildOutcome], tuple[Probe, _Lane]] = {}
        while waiting or running:
            while waiting and len(running) < self._workshop.jobs:
                probe = waiting.pop(0)
                lane = self._lane_for(probe, [lane for _, lane in running.values()])
                running[self._pool.submit(self._build, lane, probe)] = (probe, lane)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                probe, lane = running.pop(future)
                yield Landed(probe=probe, lane=lane.name, outcome=future.result(), base=lane.base)

    def _build(self, lane: _Lane, probe: Probe) -> BuildOutcome:
        first, lane.used = not lane.used, True
        lane.at = probe.commit
        if first and lane.base and not probe.commit and not probe.files:
            return lane.base
        if probe.files:
            return lane.walk.make_anew(probe.commit, probe.files, check_members=probe.check_members)
        return lane.walk.build(probe.commit)

    def _lane_for(self, probe: Probe, busy: list[_Lane]) -> _Lane:
        """The free lane nearest to the commit. One whose directory has the whole target's past keeps it.

        A lane that made whole builds serves single files too, and is one of those from then on.
        """
        for whole in (False, True) if probe.files else (True,):
            free = [lane for lane in self._lanes[whole] if not any(lane is other for other in busy)]
            if free:
                lane = min(free, key=lambda lane: abs(lane.at - probe.commit))
                if probe.files and whole:
                    self._lanes[True] = [other for other in self._lanes[True] if other is not lane]
                    self._lanes[False].append(lane)
                return lane
        lane = self._open()
        self._lanes[not probe.files].append(lane)
        return lane

    def _open(self) -> _Lane:
        name = f"{self._work.lane.name}-{self._opened}"
        self._opened += 1
        work = replace(
            self._work,
            lane=replace(self._work.lane, name=name),
            log_dir=str(Path(self._work.log_dir) / str(self._opened)),
        )
        client = self._stack.enter_context(connect())
        host = LaneHost(
            client=client,
            jobs=self._workshop.server,
            scratch=self._workshop.scratch,
            user=f"{os.getuid()}:{os.getgid()}",
            cancelled=self._workshop.cancelled,
        )
        walk = self._stack.enter_context(opened(work, host, self._emit))
        start = walk.begin()
        return _Lane(name=name, walk=walk, base=start.outcome if start else None)
