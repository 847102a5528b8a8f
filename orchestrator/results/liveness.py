"""Processes that share the state directory: whether one is still there, and how only one at a time does something."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.errors import InfrastructureError

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def my_mark() -> str:
    """`boot id:pid namespace:pid:start time` of this process; a reused pid or a reboot gives another."""
    pid = os.getpid()
    return f"{_boot_id()}:{_pid_namespace()}:{pid}:{_start_time(pid)}"


def alive(mark: str) -> bool:
    """True if the process with this mark may still run.

    A process of another pid namespace of this boot (a container that shares the state directory) cannot be seen from
    here: it counts as alive. A mark that is none counts as dead.
    """
    parts = mark.split(":")
    if len(parts) != 4 or not parts[2].isdigit() or parts[0] != _boot_id():
        return False
    if parts[1] != _pid_namespace():
        return True
    return _start_time(int(parts[2])) == parts[3]


@contextmanager
def alone(lock: Path, patience_s: float) -> Iterator[None]:
    """Hold the lock file; the kernel releases it whatever becomes of the process.

    Raises InfrastructureError when another process keeps it for `patience_s` seconds, OSError if it cannot be made.
    """
    deadline = time.monotonic() + patience_s
    with lock.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise InfrastructureError(
                        f"{lock}: another kmatrix has held this lock for {patience_s:g} s; `fuser {lock}` names it"
                    ) from None
            time.sleep(0.02)
        yield


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return "unknown-boot"


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        return "unknown-namespace"


def _start_time(pid: int) -> str:
    """Field 22 of /proc/PID/stat (proc(5)), counted after the command name, which may hold spaces and brackets.

    "gone" for a process that is no more, or of which only the exit status waits to be collected (state Z).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return "gone"
    return "gone" if fields[0] in "ZX" else fields[19]
