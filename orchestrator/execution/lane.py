"""One lane: a target, its sources and its build directory in containers, walked as `walk.py` says (DESIGN D1)."""

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from orchestrator.containers.sandbox import Bind, Spec
from orchestrator.execution.executor import Emit, LaneWork
from orchestrator.execution.keeping import Keeping
from orchestrator.execution.lanehost import LaneHost
from orchestrator.execution.room import Room
from orchestrator.execution.scratch import labels
from orchestrator.execution.sources import sources
from orchestrator.execution.walk import Walk
from orchestrator.execution.warm import WarmBuilds
from orchestrator.model.build import BuildOutcome
from orchestrator.model.event import LaneFinished
from orchestrator.planning import command

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.-]")
_JOBSERVER = "/jobserver"


def walk(work: LaneWork, host: LaneHost, emit: Emit, landed: Callable[[BuildOutcome], None]) -> None:
    """Build every commit of the lane in order; `landed` gets each outcome as it comes.

    Raises CancelledError when the run is interrupted, InfrastructureError if containers cannot be had at all.
    """
    with opened(work, host, emit) as lane:
        lane.go(landed)


@contextlib.contextmanager
def opened(work: LaneWork, host: LaneHost, emit: Emit) -> Iterator[Walk]:
    """The lane at its first commit, nothing built yet; its containers, volumes and directories go on leaving.

    While it is open, no kept build directory is removed. Raises InfrastructureError if containers cannot be had at all.
    """
    directory = host.scratch / plain_name(work.lane.name)
    directory.mkdir()
    spec = _spec(work, host)
    with contextlib.ExitStack() as stack:
        stack.callback(emit, LaneFinished(lane=work.lane.name))
        view = stack.enter_context(
            sources(host.client, spec, base_tree=work.base_tree, git_dir=work.git_dir, directory=directory)
        )
        _hand_in(work, view.incoming)
        mounted = (
            view.bind,
            Bind(source=str(view.incoming), inside=command.IN),
            Bind(source=str(host.jobs.path), inside=_JOBSERVER, writable=True),
        )
        keeping = None
        if work.warm_dir and view.overlays and not work.lane.from_nothing:
            keeping = Keeping(stack.enter_context(WarmBuilds(Path(work.warm_dir)).held()), work)
        room = Room(host.client, replace(spec, binds=mounted), directory, host.cancelled)
        stack.callback(room.discard)
        yield Walk(work, host, emit, view=view, room=room, keeping=keeping)


def _hand_in(work: LaneWork, incoming: Path) -> None:
    """Put the user's part of the .config where config_steps reads it."""
    target = work.lane.target
    (incoming / Path(command.WANTED_CONFIG).name).write_text(command.wanted_config(target))
    (incoming / Path(command.BASE_CONFIG).name).write_text(target.config.base_text)


def _spec(work: LaneWork, host: LaneHost) -> Spec:
    """The build container without what it mounts."""
    target = work.lane.target
    jobs = target.resources.jobs
    flags = f"-j{jobs}" if jobs else f"-j --jobserver-auth=fifo:{_JOBSERVER}"
    return Spec(
        name=f"kmatrix-{work.run}-{plain_name(work.lane.name)}",
        image_id=work.lane.image_id,
        labels=labels(work.run, host.scratch),
        binds=(),
        workdir=command.SRC,
        environment={**dict(command.BUILD_ENV), "MAKEFLAGS": flags},
        memory_mb=target.resources.memory_mb,
        pids=target.resources.pids,
        user=host.user,
    )


def plain_name(name: str) -> str:
    """A lane's name in the letters that Docker takes for volumes and mount options for paths: no `+`, no comma."""
    plain = _NOT_PLAIN.sub("_", name)
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
