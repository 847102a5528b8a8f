"""What the file's names add up to: axes that name something twice, compilers that say too little."""

from collections.abc import Iterator, Sequence

from orchestrator.config.compilers import Compilers
from orchestrator.config.document import Document, NodePath, Problem
from orchestrator.config.schema import MatrixFile


def check_names(document: Document, file: MatrixFile) -> Iterator[Problem]:
    """Every arch and compiler is on its axis once, and every `compilers` entry is enough for the arches it serves."""
    axes = file.matrix
    yield from twice(document, ("matrix", "arch"), axes.arch)
    yield from twice(document, ("matrix", "compiler"), axes.compiler)
    compilers = Compilers(sections=file.compilers)
    for compiler in file.compilers:
        served = [entry.arch for entry in axes.include if entry.compiler == compiler]
        served += axes.arch if compiler in axes.compiler else ()
        if lack := compilers.lacks(compiler, tuple(served)):
            yield document.problem(("compilers", compiler), lack, key=True)


def twice(document: Document, axis: NodePath, names: Sequence[str]) -> Iterator[Problem]:
    """A problem at each name that stood on the axis before."""
    for n, name in enumerate(names):
        first = names.index(name)
        if first < n:
            yield document.problem((*axis, n), f"{name!r} is here twice (first at {document.where((*axis, first))})")
