"""The one door to Docker: clients, and their errors as ours.

A `docker.DockerClient` is not promised to be thread-safe: open one a thread (3 ms), close it with the `with`.
"""

import os
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import docker
import docker.errors
import docker.types
import docker.utils.socket
import requests.exceptions
from docker.models import containers, images

from orchestrator.errors import InfrastructureError

Client = docker.DockerClient
Container = containers.Container
Image = images.Image

NO_ENGINE = (
    "no Docker engine answers ({why}); start one (`systemctl start docker`, or as root `dockerd &`), "
    "and be root or in the `docker` group; DOCKER_HOST names another"
)


@contextmanager
def connect(timeout_s: int = 60) -> Iterator[Client]:
    """A client of the engine that DOCKER_HOST (default: the local socket) names.

    Raises InfrastructureError, with what to do, if none answers or we may not talk to it.
    """
    try:
        client = docker.from_env(timeout=timeout_s)
        client.ping()
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise InfrastructureError(NO_ENGINE.format(why=_innermost(error))) from error
    try:
        yield client
    finally:
        client.close()


@contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn whatever docker-py raises inside into an InfrastructureError that says what we were `doing`."""
    try:
        yield
    except docker.errors.APIError as error:
        raise InfrastructureError(f"{doing}: Docker says: {error.explanation or error}") from error
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise InfrastructureError(f"{doing}: {_innermost(error)}") from error


@contextmanager
def suppress_gone() -> Iterator[None]:
    """Ignore that a container, volume or exec is not there any more, or is being removed by someone else."""
    try:
        yield
    except docker.errors.APIError as error:
        if error.status_code not in (404, 409):
            raise


def find_image(client: Client, reference: str) -> Image | None:
    """The local image of that tag or id, None if there is none."""
    try:
        return client.images.get(reference)
    except docker.errors.ImageNotFound:
        return None


def run_attached(client: Client, container: Container) -> bytes:
    """Start a created container (`tty=True`: one plain stream) and read what it prints, to its end."""
    # Attached before the start, to miss nothing.
    stream = client.api.attach_socket(str(container.id), params={"stdout": 1, "stream": 1})
    try:
        container.start()
        return b"".join(iter(lambda: stream.read(1 << 16), b""))
    finally:
        _close(stream)


def _close(stream: Any) -> None:
    """Close an attached stream and its connection, which docker-py keeps in it and leaves to the garbage collector."""
    stream._response.close()


def exec_output(client: Client, exec_id: str) -> Generator[bytes]:
    """Start a created exec and give what it prints as it comes, both streams in the engine's order."""
    stream = client.api.exec_start(exec_id, socket=True)
    try:
        for _, chunk in docker.utils.socket.frames_iter(stream, tty=False):  # type: ignore[no-untyped-call]
            yield chunk
    finally:
        _close(stream)


def lasting_stdin(client: Client, container: Container) -> socket.socket:
    """A blocking socket on the standard input of a container (not started yet), the caller's to close."""
    stream = client.api.attach_socket(str(container.id), params={"stdin": 1, "stream": 1})
    try:
        descriptor = os.dup(stream.fileno())
    finally:
        _close(stream)
    stdin = socket.socket(fileno=descriptor)
    stdin.setblocking(True)
    return stdin


def bind_mount(source: str, inside: str, *, writable: bool) -> docker.types.Mount:
    """A host path (absolute) or, without a slash, a volume at `inside`."""
    if source.startswith("/"):
        return docker.types.Mount(inside, source, type="bind", read_only=not writable)
    return docker.types.Mount(inside, source, type="volume", read_only=not writable, no_copy=True)


def no_logs() -> docker.types.LogConfig:
    """PID 1 is silent and exec output is not logged: let Docker write nothing."""
    return docker.types.LogConfig(type="none")


def _innermost(error: BaseException) -> str:
    """The last cause's text: docker-py wraps a plain `Permission denied` four layers deep."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(error) or type(error).__name__
