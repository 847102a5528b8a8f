"""What a user asked for, and the stages that turn it into values: matrix, series, images, recipes."""

from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.config import request as config
from orchestrator.config.selector import apply_overrides, select
from orchestrator.model.matrix import Matrix
from orchestrator.model.series import Series
from orchestrator.pipeline.resources import Places
from orchestrator.series.repository import open_repository
from orchestrator.series.resolve import resolve

DEFAULT_MATRIX = Path("matrix.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The arguments of `kmatrix run` and `kmatrix plan`, as typed. `stdin` is read for the series `-` only."""

    series: str | None = None
    tree: Path = Path()
    base: str | None = None
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
    """From --matrix, else matrix.yaml of the working directory, else the options alone. Raises UserError."""
    path = request.matrix or (DEFAULT_MATRIX if DEFAULT_MATRIX.exists() and not request.arches else None)
    if path is None:
        matrix = config.matrix_from_options(
            arches=request.arches,
            compilers=request.compilers,
            configs=request.configs,
            make_vars=request.make_vars,
            targets=request.targets,
            timeout=request.timeout,
            memory=request.memory,
        )
        return select(matrix, request.select)
    matrix = apply_overrides(
        config.load_matrix(path),
        make_vars=request.make_vars,
        targets=request.targets,
        timeout=request.timeout,
        memory=request.memory,
    )
    return select(matrix, request.select, request.arches, request.compilers, request.configs)


def load_series(request: Request, matrix: Matrix, places: Places) -> Series:
    """The series, its commits made in a private clone if it came as mails. Raises UserError."""
    repository = open_repository(request.tree, places.cache / "repositories")
    base = request.base or (None if matrix.base == "auto" else matrix.base)
    series = resolve(repository, request.series, base=base, stdin=request.stdin)
    return replace(series, warnings=(*repository.warnings, *series.warnings))
