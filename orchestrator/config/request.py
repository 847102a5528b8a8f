"""A Matrix from a file, from a preset, or from options of the command line."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.config import load, schema
from orchestrator.config.document import Document, NodePath
from orchestrator.config.expand import expand, in_order
from orchestrator.config.kconfig import Configs
from orchestrator.config.selector import apply_overrides, split
from orchestrator.errors import ConfigError
from orchestrator.model.matrix import Matrix

DEFAULT_ARCHES = ("x86_64", "arm64")
DEFAULT_COMPILERS = ("gcc-14",)
DEFAULT_CONFIGS = ("defconfig",)

_PRESETS = Path(__file__).parent / "presets"


def presets() -> tuple[str, ...]:
    """Names that `load_matrix` takes for a matrix of ours: quick, checklist, ..."""
    return tuple(sorted(path.stem for path in _PRESETS.glob("*.yaml")))


def load_matrix(path: Path) -> Matrix:
    """The matrix of a file, or of a preset if `path` is its bare name and no such file exists.

    Raises ConfigError with every problem.
    """
    if len(path.parts) == 1 and not path.suffix and not _is_there(path):
        if str(path) not in presets():
            raise ConfigError((f"{path}: no such file, and no preset of that name (there is {', '.join(presets())})",))
        preset = _PRESETS / f"{path}.yaml"
        return _matrix(load.parse(load.read_text(preset), f"preset {path}"), preset.parent, str(path))
    if not _is_there(path):
        raise ConfigError((f"{path}: no such file; `kmatrix init {shlex.quote(str(path))}` writes an example",))
    return parse_matrix(load.read_text(path), path)


def parse_matrix(text: str, path: Path) -> Matrix:
    """The matrix in `text`, as if it stood in `path`. Raises ConfigError with every problem."""
    return _matrix(load.parse(text, str(path)), path.parent, path.stem)


def matrix_from_options(
    *,
    arches: Sequence[str] = (),
    compilers: Sequence[str] = (),
    configs: Sequence[str] = (),
    make_vars: Sequence[str] = (),
    targets: Sequence[str] = (),
    jobs: int | None = None,
    timeout: str | int | None = None,
    memory: str | None = None,
) -> Matrix:
    """The product of the options, for a run without a file. Names may come with commas: `arm64,riscv`.

    Not given: x86_64 and arm64, gcc-14, defconfig, `all`. Paths of configs are relative to the working directory.
    Raises UserError (ConfigError for names).
    """
    axes = {
        "arch": list(split(arches) or DEFAULT_ARCHES),
        "compiler": list(split(compilers) or DEFAULT_COMPILERS),
        "config": list(split(configs) or DEFAULT_CONFIGS),
    }
    labels: Mapping[NodePath, str] = {("matrix", axis): f"--{axis}" for axis in axes}
    data: dict[str, Any] = {"matrix": axes}
    matrix = _matrix(Document(source="command line", data=data, labels=labels), Path(), "command-line")
    return apply_overrides(matrix, make_vars=make_vars, targets=targets, jobs=jobs, timeout=timeout, memory=memory)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long, a folder that may not be searched: reading it says which
        return True


def _matrix(document: Document, root: Path, name: str) -> Matrix:
    file, problems = schema.check(document)
    if file is None:
        # What YAML misread is no news a second time.
        known = {(problem.line, problem.column) for problem in document.problems}
        fresh = [problem for problem in problems if document.labels or (problem.line, problem.column) not in known]
        raise ConfigError(in_order((*document.problems, *fresh)))
    return expand(file, document, Configs(named=file.configs, root=root), name)
