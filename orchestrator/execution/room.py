"""Where a lane's builds run: a container and its build directory, both replaced when a command is ended by force.

A build that is killed can leave an object that looks finished. Nobody can tell, so nothing of it is kept.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.containers.engine import Client
from orchestrator.containers.sandbox import Bind, Counters, Sandbox, Spec
from orchestrator.errors import InfrastructureError
from orchestrator.execution.lanelog import LaneLog
from orchestrator.execution.overlay import UPPER, Overlay, mounted
from orchestrator.execution.scratch import remove_tree
from orchestrator.model.build import Ending
from orchestrator.planning.command import OUT


class CancelledError(Exception):
    """The run was interrupted: the command in flight has no outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended; `detail` is one line for a person when `ending` is not EXITED."""

    ending: Ending
    exit_code: int | None = None
    detail: str = ""


class Room:
    """A build directory under `directory` and a container that has it at /out, made when first needed.

    `fresh` is True until the first command ran in it, or it was resumed. Used by one thread.
    """

    def __init__(self, client: Client, spec: Spec, directory: Path, cancelled: threading.Event) -> None:
        self._client = client
        self._spec = spec
        self._directory = directory
        self._cancelled = cancelled
        self._sandbox: Sandbox | None = None
        self._open = contextlib.ExitStack()
        self._written: Path | None = None
        self._counters = Counters()
        self._generation = 0
        self.fresh = True

    def open(self) -> None:
        """Make sure the container is there. Raises InfrastructureError."""
        if self._sandbox is not None and self._sandbox.alive:
            return
        self.discard()
        out = self._next()
        out.mkdir()
        self._enter(str(out), out)
        self.fresh = True

    def resume(self, lowers: tuple[Path, ...]) -> bool:
        """Have what these directories show (uppermost first) for the build directory; False if that cannot be."""
        self.discard()
        place = self._next()
        overlay = Overlay(name=f"{self._spec.name}-{place.name}", lowers=lowers, directory=place)
        try:
            self._enter(self._open.enter_context(mounted(self._client, overlay, self._spec)), place / UPPER)
        except InfrastructureError as error:
            self.discard()
            if "mount" not in str(error):
                raise
            return False
        self.fresh = False
        return True

    def leave(self) -> Path | None:
        """End the container; the directory of what was written since it was opened, the caller's now."""
        written, self._written = self._written, None
        self._close()
        return written

    def discard(self) -> None:
        """End the container and forget its build directory: the next command starts from nothing."""
        written = self.leave()
        if written is not None:
            remove_tree(written)
        self.fresh = True

    def _next(self) -> Path:
        self._generation += 1
        return self._directory / f"out-{self._generation}"

    def _enter(self, source: str, written: Path) -> None:
        self._written = written
        binds = (*self._spec.binds, Bind(source=source, inside=OUT, writable=True))
        self._sandbox = self._open.enter_context(Sandbox(self._client, replace(self._spec, binds=binds)))
        self._counters = Counters()

    def _close(self) -> None:
        self._sandbox = None
        # The container first: a volume goes when nobody uses it.
        self._open.close()

    def run(self, argv: tuple[str, ...], log: LaneLog, seconds: float) -> Ran:
        """Run a command to its end, at most `seconds` long. Raises CancelledError when the run is interrupted."""
        sandbox = self._sandbox
        assert sandbox is not None, "open() the room first"
        self.fresh = False
        timed_out = threading.Event()
        full = threading.Event()

        def stop() -> None:
            timed_out.set()
            if sandbox.is_full():
                full.set()
            sandbox.kill()

        timer = threading.Timer(max(seconds, 0.1), stop)
        timer.daemon = True
        timer.start()
        try:
            code = sandbox.run(argv, _writer(log, sandbox))
        finally:
            timer.cancel()
        if self._cancelled.is_set():
            raise CancelledError
        if full.is_set():
            return self._out_of_pids(code)
        if timed_out.is_set():
            return Ran(ending=Ending.TIMED_OUT, detail=f"not finished after {seconds:.0f} s (timeout)")
        if log.full:
            return Ran(ending=Ending.LOG_LIMIT, detail=f"the log reached its limit of {log.limit} bytes; it is cut")
        return self._judge(sandbox, code, log)

    def ask(self, argv: tuple[str, ...], seconds: float) -> tuple[int | None, bytes]:
        """Exit status and output of a short command; None if it was lost. `seconds` is a limit, ended as exit 124."""
        sandbox = self._sandbox
        assert sandbox is not None, "open() the room first"
        said = bytearray()
        code = sandbox.run(("timeout", "-k", "5", str(int(seconds)), *argv), said.extend)
        if self._cancelled.is_set():
            raise CancelledError
        return code, bytes(said)

    def _judge(self, sandbox: Sandbox, code: int | None, log: LaneLog) -> Ran:
        """Tell a command's own failure from the machine's, by the counters of the container's limits."""
        counters = sandbox.counters()
        if counters is None and sandbox.is_full():
            return self._out_of_pids(code)
        if code is None or counters is None:
            return Ran(ending=Ending.KILLED, detail="the container ended before the build did (killed from outside?)")
        before, self._counters = self._counters, counters
        if counters.oom_kills > before.oom_kills or (code and log.no_memory):
            limit = f"{self._spec.memory_mb} MiB (resources.memory)"
            return Ran(ending=Ending.OUT_OF_MEMORY, exit_code=code, detail=f"out of memory: the limit is {limit}")
        if counters.fork_failures > before.fork_failures:
            return self._out_of_pids(code)
        if code and log.no_space:
            return Ran(
                ending=Ending.DISK_FULL, exit_code=code, detail=f"no space left: in {self._directory}, or in /tmp"
            )
        if counters.processes > 2:
            sandbox.kill_strays()
        return Ran(ending=Ending.EXITED, exit_code=code)

    def _out_of_pids(self, code: int | None) -> Ran:
        limit = f"{self._spec.pids} processes (resources.pids)"
        return Ran(ending=Ending.OUT_OF_PIDS, exit_code=code, detail=f"out of processes: the limit is {limit}")


def _writer(log: LaneLog, sandbox: Sandbox) -> Callable[[bytes], None]:
    def write(chunk: bytes) -> None:
        was_full = log.full
        log.write(chunk)
        if log.full and not was_full:
            sandbox.kill()

    return write
