"""Directories shown through an overlay: read from layers below, written to a directory of one's own (DESIGN D5)."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestrator.containers.engine import Client, engine_errors, suppress_gone
from orchestrator.containers.sandbox import Spec
from orchestrator.errors import InfrastructureError
from orchestrator.execution.scratch import IMAGE_FILE, clear_overlay

UPPER, WORK = "upper", "work"
# The kernel takes one page of mount options.
_OPTIONS_BYTES = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A volume called `name` over `lowers` (uppermost first), written to `directory`/upper."""

    name: str
    lowers: tuple[Path, ...]
    directory: Path

    @property
    def options(self) -> str:
        """Mount options (Documentation/filesystems/overlayfs.rst)."""
        below = ":".join(map(str, self.lowers))
        return f"lowerdir={below},upperdir={self.directory / UPPER},workdir={self.directory / WORK}"

    @property
    def mountable(self) -> bool:
        """False for paths that mount options cannot hold."""
        paths = (*self.lowers, self.directory)
        return len(self.options.encode()) < _OPTIONS_BYTES and not any(set(str(path)) & set(",:\\") for path in paths)


@contextlib.contextmanager
def mounted(client: Client, overlay: Overlay, spec: Spec) -> Iterator[str]:
    """The volume's name; it is removed on leaving, what was written to `upper` stays.

    Docker mounts it when the first container starts, so whether it can be mounted shows then. Raises
    InfrastructureError that speaks of `mount` if mount options cannot hold its paths.
    """
    if not overlay.mountable:
        raise InfrastructureError(f"{overlay.directory}: mount options cannot hold the paths of this overlay")
    overlay.directory.mkdir(exist_ok=True)
    (overlay.directory / IMAGE_FILE).write_text(spec.image_id)
    for name in (UPPER, WORK):
        (overlay.directory / name).mkdir()
    options = {"type": "overlay", "device": "overlay", "o": overlay.options}
    with engine_errors(f"making the volume {overlay.name}"):
        volume = client.volumes.create(overlay.name, driver="local", driver_opts=options, labels=dict(spec.labels))
    try:
        yield overlay.name
    finally:
        with engine_errors("removing a volume"), suppress_gone():
            volume.remove(force=True)
        clear_overlay(client, overlay.directory)
