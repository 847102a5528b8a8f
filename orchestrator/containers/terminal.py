"""A shell script run on the user's own terminal: what it asks and says goes straight to them."""

import os
import subprocess
from collections.abc import Mapping

from orchestrator.errors import InfrastructureError


def run_here(path: str, *arguments: str, environment: Mapping[str, str]) -> int:
    """Run the script `path` with `environment` added; its exit status."""
    try:
        return subprocess.run(["sh", path, *arguments], env={**os.environ, **environment}, check=False).returncode
    except OSError as error:
        raise InfrastructureError(f"sh cannot be started: {error.strerror}") from error
