"""Lanes on this machine: one thread each, as many at once as there are cores to feed them."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from orchestrator.containers.engine import connect, engine_errors, suppress_gone
from orchestrator.containers.sandbox import LABEL
from orchestrator.errors import InfrastructureError
from orchestrator.execution.executor import Emit, LaneWork
from orchestrator.execution.jobserver import JobServer
from orchestrator.execution.lane import walk
from orchestrator.execution.lanehost import LaneHost
from orchestrator.execution.room import CancelledError
from orchestrator.model.build import BuildOutcome, LaneLost


class LocalExecutor:
    """Implements `executor.Executor` with the Docker engine that DOCKER_HOST names.

    `scratch` is the run's own directory; `jobs` make jobs run at once over all lanes.
    """

    def __init__(self, run: str, scratch: Path, jobs: int) -> None:
        self._run = run
        self._scratch = scratch
        self._jobs = jobs
        self._cancelled = threading.Event()

    async def __aenter__(self) -> Self:
        self._pool = ThreadPoolExecutor(max_workers=self._jobs, thread_name_prefix="lane")
        self._server = JobServer(self._scratch / "jobserver", self._jobs)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._cancelled.set()
        await asyncio.to_thread(end_containers, self._run)
        # Waits for the lanes' threads: each removes its containers and volumes on its way out.
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        self._server.close()

    async def run(self, works: tuple[LaneWork, ...], emit: Emit) -> AsyncIterator[BuildOutcome | LaneLost]:
        """Outcomes as they land; a lane that cannot go on says so and leaves the others alone."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[BuildOutcome | LaneLost | None] = asyncio.Queue()

        def land(item: BuildOutcome | LaneLost | None) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, item)

        def lane(work: LaneWork) -> None:
            try:
                with connect() as client:
                    host = LaneHost(
                        client=client,
                        jobs=self._server,
                        scratch=self._scratch,
                        user=f"{os.getuid()}:{os.getgid()}",
                        cancelled=self._cancelled,
                    )
                    walk(work, host, emit, land)
            except CancelledError:
                return  # nobody waits for more
            except InfrastructureError as error:
                land(LaneLost(lane=work.lane.name, target=work.lane.target.name, detail=str(error)))
            finally:
                land(None)

        futures = [asyncio.wrap_future(self._pool.submit(lane, work)) for work in works]
        running = len(futures)
        while running:
            outcome = await queue.get()
            if outcome is None:
                running -= 1
            else:
                yield outcome
        for ended in await asyncio.gather(*futures, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended


def end_containers(run: str) -> None:
    """End every container of a run; the engine may be gone, then there is nothing to end."""
    try:
        with connect() as client, engine_errors("ending the lanes"):
            for container in client.containers.list(filters={"label": f"{LABEL}={run}"}, ignore_removed=True):
                with suppress_gone():
                    container.kill()
    except InfrastructureError:
        return
