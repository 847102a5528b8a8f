"""tests/conftest.py: the surroundings that every test can rely on."""

import os
import socket
import tempfile
from pathlib import Path

import browser
import pytest
import surroundings


def test_home_caches_and_temporary_files_are_the_tests_own(tmp_path: Path) -> None:
    """No test reads the user's git settings or writes into their caches, and tmp_path starts empty."""
    base = tmp_path.parent
    for name in surroundings.HOMES:
        assert Path(os.environ[name]).is_relative_to(base)
    assert Path(tempfile.gettempdir()).is_relative_to(base)
    assert Path.home().is_relative_to(base)
    assert not list(tmp_path.iterdir())
    assert not [name for name in os.environ if name.startswith("GIT_")]
    assert os.environ["LC_ALL"] == "C.UTF-8"


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "2001:db8::1", b"example.org"])
def test_other_machines_are_out_of_reach(host: str) -> None:
    """A test that needs the network is a test that fails in a train."""
    with pytest.raises(surroundings.OutsideNetworkError):
        socket.create_connection((host, 80), timeout=1)


def test_a_socket_of_its_own_is_guarded_too() -> None:
    """Not only the convenience function: the socket's connect itself."""
    with socket.socket() as plain, pytest.raises(surroundings.OutsideNetworkError):
        plain.connect(("192.0.2.1", 80))


def test_this_machine_is_in_reach() -> None:
    """Loopback works: servers of the tests' own."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        server.accept()[0].close()


def test_unix_sockets_work(tmp_path: Path) -> None:
    """The Docker engine listens on one."""
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


def test_a_missing_engine_or_kernel_skips_and_where_all_must_run_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each skip says why; `make test` does not let one pass."""
    monkeypatch.delenv("KMATRIX_REQUIRE_DOCKER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no engine"):
        surroundings.skip_or_fail("no engine")
    monkeypatch.setenv("KMATRIX_REQUIRE_DOCKER", "1")
    with pytest.raises(pytest.fail.Exception, match="no engine"):
        surroundings.skip_or_fail("no engine")
    surroundings.skip_or_fail("")


def test_a_missing_browser_skips_and_where_it_must_run_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a variable of its own: an engine may be there without a browser."""
    monkeypatch.setenv("KMATRIX_REQUIRE_DOCKER", "1")
    monkeypatch.delenv("KMATRIX_REQUIRE_PROGRAMS", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    browser.missing_browser.cache_clear()
    reason = browser.missing_browser()
    browser.missing_browser.cache_clear()
    assert reason.startswith("chromium and chromedriver not on PATH")
    with pytest.raises(pytest.skip.Exception, match="not on PATH"):
        surroundings.skip_or_fail(reason, "KMATRIX_REQUIRE_PROGRAMS")
    monkeypatch.setenv("KMATRIX_REQUIRE_PROGRAMS", "1")
    with pytest.raises(pytest.fail.Exception, match="KMATRIX_REQUIRE_PROGRAMS=1, but chromium"):
        surroundings.skip_or_fail(reason, "KMATRIX_REQUIRE_PROGRAMS")


def test_a_kernel_tree_is_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wrong KMATRIX_TEST_KERNEL is named, not built."""
    monkeypatch.delenv("KMATRIX_TEST_KERNEL", raising=False)
    assert "KMATRIX_TEST_KERNEL" in surroundings.missing_kernel()
    monkeypatch.setenv("KMATRIX_TEST_KERNEL", str(tmp_path))
    assert str(tmp_path) in surroundings.missing_kernel()
