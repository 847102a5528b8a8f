"""Where things are: our own data files, and the directories of the user (DESIGN D11). Found here, passed down."""

import os
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import InfrastructureError

_PACKAGE = Path(__file__).resolve().parent.parent


def data(name: str) -> Path:
    """A top-level file or folder of ours (`containers`, `reports`, `matrix.yaml`).

    The checkout comes first: an editable install leaves a stale copy in site-packages that the source tree cannot see.
    """
    for place in (_PACKAGE.parent / name, _PACKAGE / "_data" / name):
        if place.exists() and (_PACKAGE.parent / "pyproject.toml").exists() is (place.parent == _PACKAGE.parent):
            return place
    raise InfrastructureError(f"{name}: not found beside {_PACKAGE}: kmatrix is not installed whole; reinstall it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The user's directories: `cache` can be removed at any time, `state` holds results and history."""

    cache: Path
    state: Path

    @property
    def warm(self) -> Path:
        """Build directories that are kept from run to run."""
        return self.cache / "warm"


def places() -> Places:
    """From XDG_CACHE_HOME and XDG_STATE_HOME (XDG Base Directory Specification: relative values are ignored)."""
    return Places(cache=_xdg("XDG_CACHE_HOME", ".cache"), state=_xdg("XDG_STATE_HOME", ".local/state"))


def own_templates() -> Path:
    """The user's own templates, `$XDG_CONFIG_HOME/kmatrix/reports`: a file there goes before ours of that name."""
    return _xdg("XDG_CONFIG_HOME", ".config") / "reports"


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    root = Path(value) if value.startswith("/") else Path.home() / default
    return root / "kmatrix"
