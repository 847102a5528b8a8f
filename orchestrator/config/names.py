"""Names that a matrix uses but nobody knows, and names it uses twice."""

from collections.abc import Iterator, Sequence

from orchestrator.config import catalog, values
from orchestrator.config.compilers import Compilers
from orchestrator.config.document import Document, NodePath, Problem
from orchestrator.config.schema import MatrixFile, Rule


def check_names(document: Document, file: MatrixFile) -> Iterator[Problem]:
    """Unknown arches and compilers, names given twice, compilers that say too little."""
    compilers = Compilers(sections=file.compilers)
    axes = file.matrix
    named: list[tuple[NodePath, str]] = [(("matrix", "arch", n), arch) for n, arch in enumerate(axes.arch)]
    for compiler, section in file.compilers.items():
        named += [(("compilers", compiler, "arches", n), arch) for n, arch in enumerate(section.arches or ())]
    used: list[tuple[NodePath, str]] = [(("matrix", "compiler", n), each) for n, each in enumerate(axes.compiler)]
    for n, entry in enumerate(axes.include):
        named.append((("matrix", "include", n, "arch"), entry.arch))
        used.append((("matrix", "include", n, "compiler"), entry.compiler))
    for path, rule in _rules(file):
        named += [((*path, "arch", n), word) for n, word in enumerate(rule.arch or ()) if not is_glob(word)]
        used += [((*path, "compiler", n), word) for n, word in enumerate(rule.compiler or ()) if not is_glob(word)]
    for path, arch in named:
        if arch not in catalog.arches():
            yield document.problem(path, f"unknown arch {arch!r}{_other_arch(arch)}")
    for path, compiler in used:
        if compiler not in compilers.names():
            near = values.did_you_mean(compiler, compilers.names())
            yield document.problem(path, f"unknown compiler {compiler!r}{near}: describe it under compilers")
    yield from twice(document, ("matrix", "arch"), axes.arch)
    yield from twice(document, ("matrix", "compiler"), axes.compiler)
    arches = tuple(arch for arch in axes.arch if arch in catalog.arches())
    for compiler in file.compilers:
        if lack := compilers.lacks(compiler, arches if compiler in axes.compiler else ()):
            yield document.problem(("compilers", compiler), lack, key=True)


def _rules(file: MatrixFile) -> Iterator[tuple[NodePath, Rule]]:
    for n, rule in enumerate(file.matrix.exclude):
        yield ("matrix", "exclude", n), rule
    for n, override in enumerate(file.matrix.override):
        yield ("matrix", "override", n, "match"), override.match


def is_glob(word: str) -> bool:
    return any(char in word for char in "*?[")


def _other_arch(word: str) -> str:
    alias = catalog.arch_aliases().get(word.lower())
    return f" (here it is called {alias!r})" if alias else values.did_you_mean(word, catalog.arches())


def twice(document: Document, axis: NodePath, names: Sequence[str]) -> Iterator[Problem]:
    for n, name in enumerate(names):
        first = names.index(name)
        if first < n:
            yield document.problem((*axis, n), f"{name!r} is here twice (first at {document.where((*axis, first))})")
