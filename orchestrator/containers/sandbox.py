"""A hardened container in which a lane's commands run, as a context manager (DESIGN D4).

A patch from a mailing list is code that runs. The container has no network, no capabilities, no new privileges, a
read-only root, limits on memory and processes, and the caller's uid. Its PID 1 holds a lease: a shell that reads
heartbeats on stdin and exits when they stop, and with it the PID namespace. So Ctrl-C, kill -9 of kmatrix and a
lost connection all end it within LEASE_S seconds.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from orchestrator.containers.engine import (
    Client,
    Container,
    bind_mount,
    connect,
    engine_errors,
    exec_output,
    lasting_stdin,
    no_logs,
    suppress_gone,
)

LEASE_S = 10
HEARTBEAT_S = 2
LABEL = "kmatrix.run"
OWNER_LABEL = "kmatrix.scratch"
ERRAND_LABEL = "kmatrix.errand"
"""Of a container that lives for seconds: it asks an image something, or removes a directory."""

_LEASE = ("bash", "-c", f"while read -t {LEASE_S} -r _; do :; done")
# Counters of the container's own cgroup, version 1 and version 2. Absent files are not an error.
_COUNTERS = (
    "/sys/fs/cgroup/memory/memory.oom_control",
    "/sys/fs/cgroup/memory.events",
    "/sys/fs/cgroup/pids/pids.events",
    "/sys/fs/cgroup/pids.events",
    "/sys/fs/cgroup/pids/pids.current",
    "/sys/fs/cgroup/pids.current",
)
# What the runtime prints in place of the command: its own helper needs a few processes as well.
_NOT_STARTED = b"OCI runtime exec failed"
_FULL = 0.9
_REMOVED_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A host path or a volume's name at `inside`."""

    source: str
    inside: str
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a container is made of. `labels` must hold LABEL: it is how orphans are found. `memory_mb` is MiB."""

    name: str
    image_id: str
    labels: Mapping[str, str]
    binds: tuple[Bind, ...]
    workdir: str
    environment: Mapping[str, str]
    memory_mb: int
    pids: int
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """How often the limits were hit since the start; `processes` is how many run now, PID 1 and the reader included."""

    oom_kills: int = 0
    fork_failures: int = 0
    processes: int = 0


class Sandbox:
    """A running container; leaving the `with` removes it, however it ends.

    One thread uses it; `kill` may come from any.
    """

    def __init__(self, client: Client, spec: Spec) -> None:
        self._client = client
        self._spec = spec
        self._container: Container | None = None
        self._stdin: socket.socket | None = None
        self._stop_beating = threading.Event()
        self._beating: threading.Thread | None = None

    def __enter__(self) -> Self:
        spec = self._spec
        with engine_errors(f"starting the container of {spec.name}"):
            self._container = self._client.containers.create(
                spec.image_id,
                list(_LEASE),
                entrypoint=[],
                name=spec.name,
                labels=dict(spec.labels),
                mounts=[bind_mount(bind.source, bind.inside, writable=bind.writable) for bind in spec.binds],
                working_dir=spec.workdir,
                environment=dict(spec.environment),
                user=spec.user,
                stdin_open=True,
                auto_remove=True,
                network_mode="none",
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                read_only=True,
                # Half the memory, which it counts against: make -O keeps there what recipes print, however much.
                tmpfs={"/tmp": f"exec,mode=1777,size={spec.memory_mb // 2}m"},  # noqa: S108 - inside the container
                mem_limit=f"{spec.memory_mb}m",
                memswap_limit=f"{spec.memory_mb}m",
                pids_limit=spec.pids,
                ipc_mode="none",
                log_config=no_logs(),
            )
            try:
                # Attached before the start, or the lease could see end-of-file first.
                self._stdin = lasting_stdin(self._client, self._container)
                self._container.start()
            except BaseException:
                self._remove()
                raise
        self._beating = threading.Thread(target=self._beat, name=f"lease-{spec.name}", daemon=True)
        self._beating.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    @property
    def alive(self) -> bool:
        """Whether the container still runs."""
        with engine_errors("looking at a container"), suppress_gone():
            self._here.reload()
            return bool(self._here.status == "running")
        return False

    def run(self, argv: tuple[str, ...], on_output: Callable[[bytes], None]) -> int | None:
        """Run argv to its end, stderr joined to stdout as one stream; its exit status, or None if it was lost.

        Both streams must be the same file, or make -O could not keep an object's echo line above its messages
        (DESIGN D1); docker's two streams do not keep their order. Lost is also what could not even be started.
        """
        joined = ["bash", "-c", 'exec "$@" 2>&1', "bash", *argv]
        api = self._client.api
        with engine_errors("running a command in a container"), suppress_gone():
            started = api.exec_create(self._here.id, joined)["Id"]
            first = b""
            with closing(exec_output(self._client, started)) as output:
                for chunk in output:
                    first = first or chunk
                    on_output(chunk)
            code = api.exec_inspect(started)["ExitCode"]
            return None if code is None or first.startswith(_NOT_STARTED) else int(code)
        return None

    def counters(self) -> Counters | None:
        """Read the limits' counters, None if they cannot be had: the container is gone, or full of processes."""
        text = bytearray()
        # `cat` reports the files that the other version of cgroups has; only a command that was lost says nothing.
        if self.run(("cat", *_COUNTERS), text.extend) is None:
            return None
        return read_counters(text.decode(errors="replace"))

    def is_full(self) -> bool:
        """Whether (nearly) as many processes run as may. The engine knows even when no command can be started."""
        with connect() as client, engine_errors("reading a container's statistics"), suppress_gone():
            counted = client.api.stats(str(self._here.id), stream=False, one_shot=True).get("pids_stats", {})
            return int(counted.get("current", 0)) >= self._spec.pids * _FULL
        return False

    def kill_strays(self) -> None:
        """End every process but PID 1: nothing a commit left behind may reach into the next."""
        self.run(("bash", "-c", "kill -9 -1"), lambda _: None)

    def kill(self) -> None:
        """End the container now, from any thread; whatever runs in it is lost."""
        if self._container is not None:
            # A client of its own: the sandbox's is busy with the stream of the command that is to be ended.
            with connect() as client, engine_errors("killing a container"), suppress_gone():
                client.api.kill(str(self._container.id))

    @property
    def _here(self) -> Container:
        assert self._container is not None, "use the sandbox inside its with"
        return self._container

    def _beat(self) -> None:
        assert self._stdin is not None
        while not self._stop_beating.is_set():
            try:
                self._stdin.sendall(b".\n")
            except OSError:
                return
            self._stop_beating.wait(HEARTBEAT_S)

    def _remove(self) -> None:
        self._stop_beating.set()
        if self._stdin is not None:
            self._stdin.close()
        if self._container is not None:
            with engine_errors("removing a container"):
                with suppress_gone():
                    self._container.remove(force=True)
                # One that was killed removes itself, and until it has, the volume it uses cannot be removed.
                with suppress_gone():
                    self._container.wait(condition="removed", timeout=_REMOVED_S)
        if self._beating is not None:
            self._beating.join()


def remove_as_root(client: Client, image_id: str, directory: str, name: str) -> None:
    """Remove `name` in `directory` (an absolute path) with root's rights over files, in a container.

    An overlay's work directory is root's and closed to everyone, and can hold device nodes; its caller may be neither.
    """
    with engine_errors(f"removing {directory}/{name}"):
        client.containers.run(
            image_id,
            ["rm", "-rf", "--", f"/directory/{name}"],
            entrypoint=[],
            mounts=[bind_mount(directory, "/directory", writable=True)],
            user="0:0",
            network_mode="none",
            cap_drop=["ALL"],
            cap_add=["DAC_OVERRIDE"],
            security_opt=["no-new-privileges"],
            read_only=True,
            labels={ERRAND_LABEL: "1"},
            remove=True,
            log_config=no_logs(),
        )


def read_counters(text: str) -> Counters:
    """From the counter files' text, one after the other: `oom_kill N`, `max N`, and a bare number of processes."""
    found = {"oom_kill": 0, "max": 0}
    processes = 0
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in found and words[1].isdigit():
            found[words[0]] = int(words[1])
        elif len(words) == 1 and words[0].isdigit():
            processes = int(words[0])
    return Counters(oom_kills=found["oom_kill"], fork_failures=found["max"], processes=processes)
