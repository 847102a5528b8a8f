"""What a lane needs of the machine it is walked on."""

import threading
from dataclasses import dataclass
from pathlib import Path

from orchestrator.containers.engine import Client
from orchestrator.execution.jobserver import JobServer


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneHost:
    """`scratch` is the run's directory, `user` is `uid:gid`."""

    client: Client
    jobs: JobServer
    scratch: Path
    user: str
    cancelled: threading.Event
