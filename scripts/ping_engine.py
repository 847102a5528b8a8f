"""Exit 0 if a Docker engine answers; else print why not, exit 1. Standard library only: .venv is not there yet."""
# ruff: noqa: T201

import os
import socket
import sys

DEFAULT = "unix:///var/run/docker.sock"


def answer(path: str) -> str:
    """Why the engine at that socket does not answer, "" if it does."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(path)
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            first = connection.makefile("rb").readline().decode("latin-1")
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    return "" if " 200 " in first else f"{path}: {first.strip() or 'no answer'}"


def main() -> int:
    """An engine elsewhere (DOCKER_HOST=tcp:, ssh:) is taken at its word: kmatrix itself will say if it is not there."""
    host = os.environ.get("DOCKER_HOST") or DEFAULT
    why = answer(host.removeprefix("unix://")) if host.startswith("unix://") else ""
    if why:
        print(why)
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
