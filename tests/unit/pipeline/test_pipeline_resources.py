"""Where things are."""

from pathlib import Path

import pytest

from orchestrator.errors import InfrastructureError
from orchestrator.pipeline.resources import data, places


@pytest.mark.parametrize("name", ["containers", "reports", "matrix.yaml"])
def test_data_is_found(name: str) -> None:
    """In a checkout at its top."""
    assert data(name).exists()


def test_missing_data_says_what_to_do() -> None:
    """An installation that lost its files."""
    with pytest.raises(InfrastructureError, match=r"nosuch: not found .* reinstall it"):
        data("nosuch")


def test_directories_follow_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set, not set, and relative, which the specification says to ignore."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/c")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert (places().cache, places().state) == (Path("/var/c/kmatrix"), tmp_path / ".local/state/kmatrix")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert places().cache == tmp_path / ".cache/kmatrix"
