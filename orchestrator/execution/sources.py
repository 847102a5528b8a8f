"""A lane's view of the kernel: the shared base tree under an overlay, moved from tree to tree (DESIGN D5).

Builds see it read-only. Updates are written by a container of their own in which nothing of a patch ever runs: the
upper directory must not be written from outside while it is mounted, and a build must not be able to change what the
next commit is built from. Files are extracted with the present time (`tar -m`): make would take a commit's own time
for older than the objects, rebuild nothing and say all is well.
"""

import contextlib
import itertools
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.containers.engine import Client
from orchestrator.containers.sandbox import Bind, Sandbox, Spec
from orchestrator.errors import InfrastructureError
from orchestrator.execution.overlay import Overlay, mounted
from orchestrator.planning.command import IN, SRC
from orchestrator.series import trees

# One update after the other, each first removing, then writing. $1: how many; the rest: flags of tar.
_BRING = f"""cd {SRC} || exit 1
updates=$1; shift
for ((n = 0; n < updates; n++)); do
    xargs -0 -r rm -rf -- < {IN}/$n.deleted && tar -x "$@" --no-same-owner -f {IN}/$n.tar || exit 1
done"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A tree that the sources showed, and since when, in seconds since the epoch, rounded up."""

    tree: str
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """`bind` is what a build container mounts at /src; `courier` is the container that writes there.

    `overlays`: the engine can mount them.
    """

    bind: Bind
    courier: Sandbox
    git_dir: str
    incoming: Path
    overlays: bool

    def move(self, tree_from: str, tree_to: str) -> int:
        """Make /src show `tree_to` instead of `tree_from`; the time, rounded up, after which nothing of it changes.

        Raises InfrastructureError if any step fails.
        """
        if tree_from != tree_to:
            self._bring(((tree_from, tree_to, 0),), "-m")
        return int(time.time()) + 1

    def replay(self, past: tuple[Brought, ...]) -> None:
        """Make /src, as it came, show what it showed after these steps (the first is the base), the times of files
        included: a build directory of that past finds up to date what was, and nothing else.

        Raises InfrastructureError.
        """
        updates = tuple((old.tree, new.tree, new.since) for old, new in itertools.pairwise(past))
        if updates:
            self._bring(updates)

    def _bring(self, updates: tuple[tuple[str, str, int], ...], *flags: str) -> None:
        for number, (old, new, mtime) in enumerate(updates):
            tar, deleted = self.incoming / f"{number}.tar", self.incoming / f"{number}.deleted"
            trees.write_update(Path(self.git_dir), old, new, tar, deleted, mtime=mtime)
        said = bytearray()
        if self.courier.run(("bash", "-c", _BRING, "bring", str(len(updates)), *flags), said.extend) != 0:
            text = said.decode(errors="replace").strip()
            raise InfrastructureError(f"cannot bring the source tree to {updates[-1][1][:12]}: {text}")
        for number in range(len(updates)):
            (self.incoming / f"{number}.tar").unlink()


@contextlib.contextmanager
def sources(client: Client, build: Spec, *, base_tree: str, git_dir: str, directory: Path) -> Iterator[Sources]:
    """A fresh view of `base_tree`; the courier is like the `build` container but for its binds and limits.

    Where the engine cannot mount an overlay volume (rootless, Docker Desktop), the lane gets a copy of its own.
    """
    incoming = directory / "in"
    incoming.mkdir(exist_ok=True)
    overlay = Overlay(name=build.name, lowers=(Path(base_tree),), directory=directory / "sources")
    with contextlib.ExitStack() as stack:
        try:
            source = stack.enter_context(mounted(client, overlay, build))
            courier = stack.enter_context(Sandbox(client, _courier(build, source, incoming)))
        except InfrastructureError as error:
            if "mount" not in str(error):
                raise
            source = str(directory / "src")
            shutil.copytree(base_tree, source, symlinks=True)
            courier = stack.enter_context(Sandbox(client, _courier(build, source, incoming)))
        yield Sources(
            bind=Bind(source=source, inside=SRC),
            courier=courier,
            git_dir=git_dir,
            incoming=incoming,
            overlays=source == overlay.name,
        )


def _courier(build: Spec, source: str, incoming: Path) -> Spec:
    binds = (Bind(source=source, inside=SRC, writable=True), Bind(source=str(incoming), inside=IN))
    return replace(build, name=f"{build.name}-src", binds=binds, workdir=SRC, memory_mb=512, pids=64)
