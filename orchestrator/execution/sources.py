"""A lane's view of the kernel: the shared base tree under an overlay, moved from tree to tree (DESIGN D5).

Builds see it read-only. Updates are written by a container of their own in which nothing of a patch ever runs: the
upper directory must not be written from outside while it is mounted, and a build must not be able to change what the
next commit is built from. Files are extracted with the present time (`tar -m`): make would take a commit's own time
for older than the objects, rebuild nothing and say all is well.
"""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.containers.engine import Client, engine_errors, suppress_gone
from orchestrator.containers.sandbox import Bind, Sandbox, Spec
from orchestrator.errors import InfrastructureError
from orchestrator.execution.scratch import IMAGE_FILE, clear_overlay
from orchestrator.planning.command import IN, SRC
from orchestrator.series import trees

_TAR, _DELETED = "update.tar", "deleted"
_DELETE = ("bash", "-c", f"cd {SRC} && xargs -0 -r rm -rf -- < {IN}/{_DELETED}")
_EXTRACT = ("tar", "-x", "-m", "--no-same-owner", "-f", f"{IN}/{_TAR}", "-C", SRC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """`bind` is what a build container mounts at /src; `courier` is the container that writes there."""

    bind: Bind
    courier: Sandbox
    git_dir: str
    incoming: Path

    def move(self, tree_from: str, tree_to: str) -> None:
        """Make /src show `tree_to` instead of `tree_from`. Raises InfrastructureError if any step fails."""
        if tree_from == tree_to:
            return
        trees.write_update(Path(self.git_dir), tree_from, tree_to, self.incoming / _TAR, self.incoming / _DELETED)
        for argv in (_DELETE, _EXTRACT):
            said = bytearray()
            if self.courier.run(argv, said.extend) != 0:
                text = said.decode(errors="replace").strip()
                raise InfrastructureError(f"cannot bring the source tree to {tree_to[:12]}: {argv[0]}: {text}")
        (self.incoming / _TAR).unlink()


@contextlib.contextmanager
def sources(client: Client, build: Spec, *, base_tree: str, git_dir: str, directory: Path) -> Iterator[Sources]:
    """A fresh view of `base_tree`; the courier is like the `build` container but for its binds and limits.

    Where the engine cannot mount an overlay volume (rootless, Docker Desktop), the lane gets a copy of its own.
    """
    incoming = directory / "in"
    incoming.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        try:
            source = stack.enter_context(_overlay(client, build, base_tree, directory))
            courier = stack.enter_context(Sandbox(client, _courier(build, source, incoming)))
        except InfrastructureError as error:
            if "mount" not in str(error):
                raise
            source = str(directory / "src")
            shutil.copytree(base_tree, source, symlinks=True)
            courier = stack.enter_context(Sandbox(client, _courier(build, source, incoming)))
        yield Sources(bind=Bind(source=source, inside=SRC), courier=courier, git_dir=git_dir, incoming=incoming)


def _courier(build: Spec, source: str, incoming: Path) -> Spec:
    binds = (Bind(source=source, inside=SRC, writable=True), Bind(source=str(incoming), inside=IN))
    return replace(build, name=f"{build.name}-src", binds=binds, workdir=SRC, memory_mb=512, pids=64)


@contextlib.contextmanager
def _overlay(client: Client, build: Spec, base_tree: str, directory: Path) -> Iterator[str]:
    """The name of an overlay volume, removed on leaving."""
    upper, work = directory / "upper", directory / "work"
    (directory / IMAGE_FILE).write_text(build.image_id)
    upper.mkdir()
    work.mkdir()
    options = {"type": "overlay", "device": "overlay", "o": f"lowerdir={base_tree},upperdir={upper},workdir={work}"}
    with engine_errors(f"making the source volume of {build.name}"):
        volume = client.volumes.create(build.name, driver="local", driver_opts=options, labels=dict(build.labels))
    try:
        yield build.name
    finally:
        with engine_errors("removing a source volume"), suppress_gone():
            volume.remove(force=True)
        clear_overlay(client, directory)
