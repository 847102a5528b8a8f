"""The three ways an image comes to be: built from a folder, pulled, imported from a tar file. Decides nothing.

Docker gives an image its tag when its last step is done, so an interrupted build leaves no image behind; closing the
connection makes the engine stop the build and remove its containers.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from orchestrator.containers.engine import connect, engine_errors, find_image
from orchestrator.errors import InfrastructureError

Observe = Callable[[str], None]

_LAST_LINES = 20
_IMPORT_S = 600
_NO_SPACE = "no space left on device"


def build(
    context: Path,
    *,
    reference: str,
    build_args: Mapping[str, str],
    labels: Mapping[str, str],
    fresh: bool,
    observe: Observe,
) -> str:
    """Build the Dockerfile in `context`, tag it `reference`, return its id. `fresh` uses no cached step.

    Every line of the output goes to `observe`; whatever `observe` raises stops the build. Raises InfrastructureError
    with the last 20 lines if the build fails.
    """
    doing = f"building image {reference} from {context}"
    last: deque[str] = deque(maxlen=_LAST_LINES)
    with connect() as client, engine_errors(doing):
        messages = client.api.build(
            path=str(context),
            tag=reference,
            buildargs=dict(build_args),
            labels=dict(labels),
            nocache=fresh,
            rm=True,
            forcerm=True,
            decode=True,
        )
        with closing(messages):  # the connection too, now and not when somebody collects it: that stops the build
            for line in output_lines(messages, doing=doing, last=last):
                last.append(line)
                observe(line)
        found = find_image(client, reference)
    if found is None or any(found.labels.get(name) != value for name, value in labels.items()):
        raise InfrastructureError(f"{doing}: it ended without an image of that name")
    return str(found.id)


def pull(reference: str, observe: Observe) -> str:
    """Pull `reference` (alone: its tag `latest`), return its id. Raises InfrastructureError if that fails.

    The engine itself gives up on a registry that does not answer, in about 15 seconds.
    """
    doing = f"pulling image {reference}"
    with connect() as client, engine_errors(doing):
        with closing(client.api.pull(reference, stream=True, decode=True)) as messages:
            for line in output_lines(messages, doing=doing, last=()):
                observe(line)
        found = find_image(client, reference)
    if found is None:
        raise InfrastructureError(f"{doing}: it ended without an image of that name")
    return str(found.id)


def import_tar(tar: Path, repository: str, tag: str) -> str:
    """Make an image of a root file system, name it `repository:tag`, return its id."""
    doing = f"importing {tar} as image {repository}:{tag}"
    with connect(timeout_s=_IMPORT_S) as client, engine_errors(doing):
        client.api.import_image_from_file(str(tar), repository, tag, changes=['CMD ["bash"]'])
        found = find_image(client, f"{repository}:{tag}")
    if found is None:
        raise InfrastructureError(f"{doing}: it ended without an image of that name")
    return str(found.id)


def output_lines(messages: Iterable[Mapping[str, Any]], *, doing: str, last: Iterable[str]) -> Iterator[str]:
    """Whole lines of the engine's JSON messages: `stream` pieces of a build, `status` of a pull without its bars.

    Raises InfrastructureError, with the `last` lines the caller keeps, at an `error` message.
    """
    rest = ""
    for message in messages:
        if "error" in message:
            if rest.strip():
                yield rest.rstrip()
            raise InfrastructureError(_failure(doing, str(message["error"]), last))
        if message.get("status") and not message.get("progressDetail"):
            name = f"{message['id']}: " if message.get("id") else ""
            yield f"{name}{message['status']}"
        *whole, rest = (rest + str(message.get("stream", ""))).replace("\r", "\n").split("\n")
        yield from (line.rstrip() for line in whole if line.strip())
    if rest.strip():
        yield rest.rstrip()


def _failure(doing: str, error: str, last: Iterable[str]) -> str:
    lines = [f"{doing}: {error.strip()}"]
    if said := list(last):
        lines += ["it said last:", *(f"  {line}" for line in said)]
    if _NO_SPACE in "\n".join(lines).lower():
        lines.append(
            "the disk of the Docker engine is full: make room (`docker system df` shows what takes it), try again"
        )
    return "\n".join(lines)
