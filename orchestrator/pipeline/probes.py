"""What is in an image, asked once: an image is used by id, so what a command prints in it does not change.

A container takes a third of a second; a run in which nothing is to be built would mostly wait for them.
"""

import contextlib
import hashlib
import json
from pathlib import Path

from orchestrator.containers import images
from orchestrator.containers.engine import Client

Commands = tuple[tuple[str, ...], ...]


class Probes:
    """Answers by image and commands, kept as small files in `directory`, which may be removed at any time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def ask(self, client: Client, image_id: str, commands: Commands) -> tuple[str, ...]:
        """As `images.probe`. A command that failed is asked again the next time: the machine may have been at fault."""
        name = hashlib.sha256(json.dumps((image_id, commands)).encode()).hexdigest()
        file = self._directory / f"{name}.json"
        kept = _read(file, len(commands))
        if kept:
            return kept
        said = images.probe(client, image_id, commands)
        if len(said) == len(commands) and all(said):
            _write(file, said)
        return said


def _read(file: Path, count: int) -> tuple[str, ...]:
    """The lines in a file; () if it is not there or not whole."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return ()
    whole = isinstance(found, list) and len(found) == count and all(isinstance(line, str) and line for line in found)
    return tuple(found) if whole else ()


def _write(file: Path, said: tuple[str, ...]) -> None:
    with contextlib.suppress(OSError):  # a full cache costs a third of a second
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(said), "utf-8")
