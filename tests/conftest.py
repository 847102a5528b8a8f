"""What every test lives in: a home of its own, the C locale, no GIT_* and no network but this machine's.

Tests marked `docker`, `kernel` and `browser` skip, with the reason, where there is no engine, no kernel tree or no
Chromium. `make test` sets KMATRIX_REQUIRE_DOCKER=1 (and KMATRIX_TEST_KERNEL=DIR) and KMATRIX_REQUIRE_PROGRAMS=1: then a
missing one is a failure.
"""

import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest
import toykernel
from browser import missing_browser
from hypothesis import settings
from surroundings import HOMES, guarded_connect, missing_engine, missing_kernel, refuse_outside, skip_or_fail

settings.register_profile("kmatrix", deadline=None)  # a busy machine is no failure
settings.load_profile("kmatrix")

SHARED_DATA = Path(__file__).parent.parent.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's settings, caches or state is read or written."""
    place = tmp_path_factory.mktemp("home")
    for name in HOMES:
        directory = place / name.lower()
        directory.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(directory))
    monkeypatch.setattr(tempfile, "tempdir", None)  # computed from TMPDIR once, and kept
    for name in list(os.environ):
        if name.startswith(("GIT_", "LC_")) or name in ("LANG", "LANGUAGE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture(autouse=True)
def _no_outside_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets reach this machine only: Unix sockets and loopback."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, guarded_connect(getattr(socket.socket, name)))
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        refuse_outside(host)
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, or fail it where everything must run."""
    if item.get_closest_marker("docker"):
        skip_or_fail(missing_engine())
    if item.get_closest_marker("kernel"):
        skip_or_fail(missing_kernel())
    if item.get_closest_marker("browser"):
        skip_or_fail(missing_browser(), "KMATRIX_REQUIRE_PROGRAMS")


@pytest.fixture
def shared_data() -> Path:
    """The reference data that lies beside a checkout; skips where it does not."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"{SHARED_DATA} is not there: the reference data is no part of the project")
    return SHARED_DATA


@pytest.fixture
def kernel_tree() -> Path:
    """A real kernel tree, a git repository; never write to it. For tests marked `kernel`."""
    skip_or_fail(missing_kernel())
    return Path(os.environ["KMATRIX_TEST_KERNEL"])


@pytest.fixture
def toy_tree(tmp_path: Path) -> Path:
    """A copy of the toy kernel, no repository."""
    skip_or_fail(toykernel.missing_tools())
    return toykernel.copy(tmp_path / "toy")


@pytest.fixture
def toy_repo(tmp_path: Path) -> toykernel.ToyRepo:
    """The toy kernel as a git repository with one commit."""
    skip_or_fail(toykernel.missing_tools())
    return toykernel.repository(tmp_path / "toy")
