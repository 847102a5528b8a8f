"""What conftest.py's fixtures are made of: the guarded sockets, and what this machine lacks."""

import functools
import ipaddress
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.containers import engine
from orchestrator.errors import InfrastructureError

HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "TMPDIR")


class OutsideNetworkError(RuntimeError):
    """A test tried to reach another machine."""


def guarded_connect(connect: Callable[..., Any]) -> Callable[..., Any]:
    """`socket.connect` that reaches this machine only."""

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            refuse_outside(address[0])
        return connect(self, address)

    return guarded


def refuse_outside(host: Any) -> None:
    """Raise OutsideNetworkError unless `host` is this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost", socket.gethostname()):
        return
    try:
        inside = ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise OutsideNetworkError(f"a test may not reach {name}: only this machine")


@functools.cache
def missing_engine() -> str:
    """Why no Docker engine can be used, "" if one answers."""
    try:
        with engine.connect(timeout_s=10):
            return ""
    except InfrastructureError as error:
        return str(error)


def missing_kernel() -> str:
    """Why there is no kernel tree to test with, "" if there is one."""
    directory = os.environ.get("KMATRIX_TEST_KERNEL", "")
    if not directory:
        return "KMATRIX_TEST_KERNEL does not name a kernel tree (a git repository)"
    needed = ("Kbuild", "Kconfig", "Makefile", "scripts/Makefile.build")
    if not all((Path(directory) / name).is_file() for name in needed):
        return f"KMATRIX_TEST_KERNEL={directory} is no kernel tree"
    return ""


def skip_or_fail(reason: str, required: str = "KMATRIX_REQUIRE_DOCKER") -> None:
    """Skip for a reason (none: go on), or fail where the variable `required` is 1: there everything must run."""
    if reason and os.environ.get(required) == "1":
        pytest.fail(f"{required}=1, but {reason}", pytrace=False)
    if reason:
        pytest.skip(reason)
