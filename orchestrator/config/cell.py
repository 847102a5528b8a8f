"""One wanted cell, which rules match it, and what it comes to once every setting is applied."""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from orchestrator.config import catalog, kconfig
from orchestrator.config.compilers import Compilers
from orchestrator.config.document import NodePath
from orchestrator.config.schema import MatrixFile, ResourcesSection, Rule, Settings
from orchestrator.model.matrix import KernelConfig, Resources, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell before its settings; `path` is the node that asks for it."""

    arch: str
    compiler: str
    config: KernelConfig
    path: NodePath

    @property
    def name(self) -> str:
        """As `Target.name`."""
        return f"{self.arch}-{self.config.name}-{self.compiler}"


class SettingError(ValueError):
    """A cell's settings contradict each other; `path` is the node to blame."""

    def __init__(self, path: NodePath, text: str) -> None:
        super().__init__(text)
        self.path = path


def matches(rule: Rule, cell: Cell) -> bool:
    """Every key of the rule has a pattern that fits the cell."""
    pairs = ((rule.arch, cell.arch), (rule.compiler, cell.compiler), (rule.config, cell.config.name))
    return all(patterns is None or any(fnmatchcase(word, each) for each in patterns) for patterns, word in pairs)


def target_of(cell: Cell, file: MatrixFile, compilers: Compilers) -> Target:
    """The cell with its settings: toolchain, then defaults, then the compiler's entry, then overrides in order.

    Raises SettingError.
    """
    sources = _sources(cell, file)
    make = compilers.make_vars(cell.arch, cell.compiler)
    section = file.compilers.get(cell.compiler)
    for path, settings in sources:
        make.update(settings.make)
        # What a compiler needs is more particular than a default and less than an override.
        if path == ("defaults",) and section:
            make.update(section.make)
    target = Target(
        arch=cell.arch,
        config=_config(cell),
        compiler=cell.compiler,
        image=compilers.image(cell.arch, cell.compiler),
        make_vars=tuple(make.items()),
    )
    for _, settings in sources:
        target = _apply(target, settings)
    if make.get("LLVM") and compilers.family(cell.compiler) == "gcc":
        blame = next((path for path, settings in reversed(sources) if "LLVM" in settings.make), cell.path)
        raise SettingError(
            (*blame, "make", "LLVM"), f"would build {cell.name} with clang: set it where only clang cells get it"
        )
    return target


def _sources(cell: Cell, file: MatrixFile) -> list[tuple[NodePath, Settings]]:
    sources: list[tuple[NodePath, Settings]] = [(("defaults",), file.defaults)]
    for n, override in enumerate(file.matrix.override):
        if matches(override.match, cell):
            sources.append((("matrix", "override", n), override))
    return sources


def _config(cell: Cell) -> KernelConfig:
    try:
        return kconfig.for_arch(cell.config, catalog.arches()[cell.arch])
    except ValueError as error:
        raise SettingError(cell.path, str(error)) from None


def _apply(target: Target, settings: Settings) -> Target:
    return replace(
        target,
        make_targets=target.make_targets if settings.targets is None else settings.targets,
        timeout_s=target.timeout_s if settings.timeout is None else settings.timeout,
        allow=target.allow if settings.allow is None else settings.allow,
        resources=_resources(target.resources, settings.resources),
    )


def _resources(known: Resources, section: ResourcesSection) -> Resources:
    return Resources(
        jobs=known.jobs if section.jobs is None else section.jobs,
        memory_mb=known.memory_mb if section.memory is None else section.memory,
        pids=known.pids if section.pids is None else section.pids,
    )
