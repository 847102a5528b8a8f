"""A minimal Debian made from nothing but Debian's archive, for where no registry answers. Needs root and mmdebstrap.

One of the two modules that start processes; it starts mmdebstrap and nothing else.
"""

import os
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path

from orchestrator.errors import InfrastructureError

_PROGRAM = "mmdebstrap"
_LAST_LINES = 20
_STOP_S = 20
# Nobody reads manuals in a container, and a half-made tree is thrown away: no fsync.
_DPKG = ("path-exclude=/usr/share/man/*", "path-exclude=/usr/share/doc/*", "path-exclude=/usr/share/locale/*")
_OPTIONS = (
    "--variant=minbase",
    "--format=tar",
    '--aptopt=Acquire::Languages "none"',
    *(f"--dpkgopt={option}" for option in (*_DPKG, "force-unsafe-io")),
)


def obstacle() -> str:
    """Why this machine cannot bootstrap, with what to do; "" if it can."""
    if os.geteuid() != 0:
        return "bootstrapping one needs root"
    if shutil.which(_PROGRAM) is None:
        return f"bootstrapping one needs {_PROGRAM} (`apt-get install {_PROGRAM}`)"
    return ""


def debian(suite: str, tar: Path, observe: Callable[[str], None]) -> None:
    """Write a root file system of `suite` to `tar`; every line that mmdebstrap prints goes to `observe`.

    Raises InfrastructureError with the last lines of its output if it fails. Whatever is raised meanwhile (by
    `observe`, or Ctrl-C) stops it, and it removes what it had begun.
    """
    command = [_PROGRAM, *_OPTIONS, suite, str(tar)]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    last: deque[str] = deque(maxlen=_LAST_LINES)
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            for line in process.stdout or ():
                last.append(line.rstrip())
                observe(last[-1])
        except BaseException:
            _stop(process)
            raise
    if process.returncode:
        raise InfrastructureError("\n".join((f"{_PROGRAM} could not make a Debian {suite}; it said last:", *last)))


def _stop(process: subprocess.Popen[str]) -> None:
    """Its children too: mmdebstrap cleans up on SIGINT, if one of them hangs it is killed."""
    try:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
