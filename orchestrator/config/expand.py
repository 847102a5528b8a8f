"""axes x axes, minus exclude, plus include, patched by override -> targets. Says everything that is wrong at once."""

from collections.abc import Iterator, Sequence
from itertools import product

from orchestrator.config.cell import Cell, SettingError, matches, target_of
from orchestrator.config.compilers import Compilers
from orchestrator.config.document import Document, NodePath, Problem
from orchestrator.config.kconfig import Configs
from orchestrator.config.names import check_names, twice
from orchestrator.config.schema import MatrixFile
from orchestrator.errors import ConfigError
from orchestrator.model.matrix import KernelConfig, Matrix, Target

MAX_CELLS = 5000


def expand(file: MatrixFile, document: Document, configs: Configs, name: str) -> Matrix:
    """The matrix that `file` describes. Raises ConfigError with every problem, in the order of their lines."""
    expansion = _Expansion(file, document, configs)
    targets = expansion.targets()
    if expansion.problems:
        raise ConfigError(in_order(expansion.problems))
    return Matrix(
        name=file.name or name,
        targets=targets,
        base=file.series.base,
        build=file.series.build,
        candidates=file.series.candidates,
        fail_on=file.report.fail_on,
        warnings=in_order(expansion.warnings),
        source=document.source,
    )


def in_order(problems: Sequence[Problem]) -> tuple[str, ...]:
    """Each problem once, by its line."""
    return tuple(str(problem) for problem in sorted(set(problems)))


class _Expansion:
    """The steps from file to targets, and what they found wrong on the way."""

    def __init__(self, file: MatrixFile, document: Document, configs: Configs) -> None:
        self._file = file
        self._document = document
        self._configs = configs
        self._compilers = Compilers(sections=file.compilers)
        self.problems: list[Problem] = list(document.problems)
        self.warnings: list[Problem] = []

    def targets(self) -> tuple[Target, ...]:
        """Every target, in the order arch, config, compiler; included cells last. Empty if there are problems."""
        self.problems += check_names(self._document, self._file)
        resolved = dict(self._resolved())
        if not self.problems:
            names = [resolved["matrix", "config", n].name for n in range(len(self._file.matrix.config))]
            self.problems += twice(self._document, ("matrix", "config"), names)
        if self.problems:
            return ()
        cells = self._supported(self._not_excluded(self._product(resolved)))
        cells += self._included(resolved)
        self._refuse_duplicates(cells)
        if not cells and not self.problems:
            # What was only worth a warning is now the reason.
            self.problems += [*self.warnings, self._document.problem(("matrix",), "no cell is left to build")]
        self._warn_of_idle_overrides(cells)
        if self.problems:
            return ()
        targets = [self._target(cell) for cell in cells]
        return tuple(target for target in targets if target)

    def _target(self, cell: Cell) -> Target | None:
        try:
            return target_of(cell, self._file, self._compilers)
        except SettingError as error:
            self.problems.append(self._document.problem(error.path, str(error)))
            return None

    def _resolved(self) -> Iterator[tuple[NodePath, KernelConfig]]:
        """Every config that is asked for, by the path of the request."""
        broken = set()
        for name in self._file.configs:
            path: NodePath = ("configs", name)
            if self._resolve((name,), path) is None:
                broken.add(name)
        axes = self._file.matrix
        requests: list[tuple[NodePath, tuple[str, ...]]] = []
        requests += [(("matrix", "config", n), request) for n, request in enumerate(axes.config)]
        requests += [(("matrix", "include", n, "config"), entry.config) for n, entry in enumerate(axes.include)]
        for path, request in requests:
            config = None if request[0] in broken else self._resolve(request, path)
            if config is not None:
                yield path, config

    def _resolve(self, request: tuple[str, ...], path: NodePath) -> KernelConfig | None:
        # A symbol that does not stick is looked for where it is written.
        section = self._file.configs.get(request[0])
        written: NodePath = ("configs", request[0], "set") if section and section.set and len(request) == 1 else path
        try:
            return self._configs.resolve(request, self._document.where(written))
        except ValueError as error:
            self.problems.append(self._document.problem(path, str(error)))
            return None

    def _product(self, resolved: dict[NodePath, KernelConfig]) -> list[Cell]:
        axes = self._file.matrix
        count = len(axes.arch) * len(axes.compiler) * len(axes.config)
        if count > MAX_CELLS:
            self.problems.append(self._document.problem(("matrix",), f"{count} cells are more than {MAX_CELLS}"))
            return []
        paths: list[NodePath] = [("matrix", "config", n) for n in range(len(axes.config))]
        combinations = product(axes.arch, paths, axes.compiler)
        return [Cell(arch=a, compiler=c, config=resolved[path], path=path) for a, path, c in combinations]

    def _not_excluded(self, cells: list[Cell]) -> list[Cell]:
        for n, rule in enumerate(self._file.matrix.exclude):
            path: NodePath = ("matrix", "exclude", n)
            if not any(matches(rule, cell) for cell in cells):
                self.warnings.append(self._document.problem(path, "matches no cell"))
        return [cell for cell in cells if not any(matches(rule, cell) for rule in self._file.matrix.exclude)]

    def _supported(self, cells: list[Cell]) -> list[Cell]:
        """Without the pairs of arch and compiler that cannot be; each is said once."""
        kept = []
        for cell in cells:
            reason = self._compilers.unsupported(cell.arch, cell.compiler)
            if not reason:
                kept.append(cell)
                continue
            path: NodePath = ("matrix", "compiler", self._file.matrix.compiler.index(cell.compiler))
            text = f"{cell.arch} with {cell.compiler} is unsupported and left out: {reason}"
            self.warnings.append(self._document.problem(path, text))
        return kept

    def _included(self, resolved: dict[NodePath, KernelConfig]) -> list[Cell]:
        cells = []
        for n, entry in enumerate(self._file.matrix.include):
            path: NodePath = ("matrix", "include", n)
            reason = self._compilers.unsupported(entry.arch, entry.compiler)
            if reason:
                text = f"{entry.arch} with {entry.compiler} is unsupported: {reason}"
                self.problems.append(self._document.problem(path, text))
            config = resolved[(*path, "config")]
            cells.append(Cell(arch=entry.arch, compiler=entry.compiler, config=config, path=path))
        return cells

    def _refuse_duplicates(self, cells: list[Cell]) -> None:
        first: dict[str, NodePath] = {}
        for cell in cells:
            path = first.setdefault(cell.name, cell.path)
            if path != cell.path:
                text = f"the cell {cell.name} is here twice (first at {self._document.where(path)})"
                self.problems.append(self._document.problem(cell.path, text))

    def _warn_of_idle_overrides(self, cells: list[Cell]) -> None:
        for n, override in enumerate(self._file.matrix.override):
            if not any(matches(override.match, cell) for cell in cells):
                self.warnings.append(self._document.problem(("matrix", "override", n), "matches no cell"))
