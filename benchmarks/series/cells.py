"""The cells, as the program's own matrix reads them, and a container of a cell's image for peers that have none."""

import math
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from orchestrator.config.request import load_matrix
from orchestrator.model.matrix import Target
from orchestrator.planning import command

MATRIX = Path(__file__).with_name("matrix.yaml")


def cells(wanted: Sequence[str], goals: Sequence[str] = (), matrix: Path = MATRIX) -> tuple[Target, ...]:
    """Those of the matrix whose name has one of these words (or fits one of these globs); all without any.

    `goals`: other make targets than the matrix has, for a try.
    """
    every = load_matrix(matrix).targets
    found = tuple(each for each in every if not wanted or any(fnmatchcase(each.name, f"*{word}*") for word in wanted))
    if not found:
        raise SystemExit(f"no cell is called {' or '.join(wanted)}; there are {', '.join(each.name for each in every)}")
    return tuple(replace(target, make_targets=tuple(goals)) for target in found) if goals else found


def share(jobs: int, lanes: int) -> int:
    """make's -j if so many run side by side."""
    return math.ceil(jobs / lanes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A running container with the sources at /src, an empty build directory at /out and the wanted symbols at /in."""

    name: str
    target: Target
    jobs: int
    out: Path

    def run(self, *argv: str) -> int:
        """Exit status of a command in the container; what it says goes to the log beside /out, as users keep it."""
        line = f"exec {shlex.join(argv)} 2>&1"
        with self.out.with_suffix(".log").open("ab") as log:
            call = ["docker", "exec", self.name, "sh", "-c", line]
            return subprocess.run(call, stdout=log, check=False).returncode

    def configure(self) -> None:
        """The .config from nothing, with the very commands that kmatrix uses."""
        for step in command.config_steps(self.target):
            if self.run(*step.argv):
                raise SystemExit(
                    f"{self.target.name}: {shlex.join(step.argv)} failed; see {self.out.with_suffix('.log')}"
                )

    def make(self) -> int:
        """The goals of the cell. -k: all tools are asked for every diagnostic, not for the first."""
        return self.run(*command.make(self.target, *self.target.make_targets, flags=("-k", f"-j{self.jobs}")))


@contextmanager
def bench(target: Target, sources: Path, scratch: Path, jobs: int) -> Iterator[Bench]:
    """The container is removed when the `with` is left."""
    out, given = scratch / "out", scratch / "in"
    shutil.rmtree(scratch, ignore_errors=True)
    out.mkdir(parents=True)
    given.mkdir()
    (given / Path(command.WANTED_CONFIG).name).write_text(command.wanted_config(target), "utf-8")
    (given / Path(command.BASE_CONFIG).name).write_text(target.config.base_text, "utf-8")
    name = f"kmatrix-bench-{os.getpid()}-{scratch.name}"
    binds = {sources: command.SRC, out: command.OUT, given: command.IN}
    volumes = [word for outside, inside in binds.items() for word in ("--volume", f"{outside}:{inside}")]
    environment = [word for key, value in command.BUILD_ENV for word in ("--env", f"{key}={value}")]
    docker(
        "run", "--detach", "--rm", "--init", "--network", "none", "--user", f"{os.getuid()}:{os.getgid()}",
        "--workdir", command.SRC, "--name", name, *volumes, *environment, target.image.reference, "sleep", "1d",
    )  # fmt: skip
    try:
        yield Bench(name=name, target=target, jobs=jobs, out=out)
    finally:
        docker("rm", "--force", name)


def docker(*arguments: str) -> str:
    """Output of the docker client."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"docker {shlex.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()
