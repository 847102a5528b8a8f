"""What a user asked for, and the stages that turn it into values: matrix, series, images, recipes."""

from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.config import request as config
from orchestrator.config.selector import apply_overrides, select
from orchestrator.model.matrix import Matrix
from orchestrator.model.series import Series
from orchestrator.pipeline.resources import Places
from orchestrator.series.options import ONE_COMPLETE_SERIES, SeriesOptions
from orchestrator.series.repository import open_repository
from orchestrator.series.resolve import resolve

DEFAULT_MATRIX = Path("matrix.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The arguments of `kmatrix run` and `kmatrix plan`, as typed. `stdin` is read for the series `-` only."""

    series: str | None = None
    tree: Path = Path()
    of_series: SeriesOptions = ONE_COMPLETE_SERIES
    matrix: Path | None = None
    select: tuple[str, ...] = ()
    arches: tuple[str, ...] = ()
    compilers: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    make_vars: tuple[str, ...] = ()
    timeout: str | None = None
    memory: str | None = None
    stdin: bytes | None = None


def load_matrix(request: Request) -> Matrix:
    """From --matrix, else matrix.yaml of the working directory, else the options alone. Raises UserError.

    With a file, --arch, --compiler and --config choose among its cells; without one they make the cells.
    """
    path = request.matrix or (DEFAULT_MATRIX if DEFAULT_MATRIX.exists() else None)
    if path is None:
        matrix = select(
            config.matrix_from_options(arches=request.arches, compilers=request.compilers, configs=request.configs),
            request.select,
        )
    else:
        matrix = select(config.load_matrix(path), request.select, request.arches, request.compilers, request.configs)
    # Chosen first: a variable may make no sense for cells that were not asked for.
    return apply_overrides(
        matrix,
        make_vars=request.make_vars,
        targets=request.targets,
        timeout=request.timeout,
        memory=request.memory,
    )


def load_series(request: Request, matrix: Matrix, places: Places) -> Series:
    """The series, its commits made in a private clone if it came as mails. Raises UserError."""
    repository = open_repository(request.tree, places.cache / "repositories")
    asked = request.of_series
    options = replace(
        asked,
        base=asked.base or (None if matrix.base == "auto" else matrix.base),
        candidates=asked.candidates or matrix.candidates,
    )
    return resolve(repository, request.series, options, stdin=request.stdin)
