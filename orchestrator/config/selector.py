"""Which targets of a matrix, and options of the command line that stand above the file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TypeVar

from orchestrator.config import values
from orchestrator.errors import UserError
from orchestrator.model.matrix import Matrix

T = TypeVar("T")
V = TypeVar("V")


def select(
    matrix: Matrix,
    globs: Sequence[str] = (),
    arches: Sequence[str] = (),
    compilers: Sequence[str] = (),
    configs: Sequence[str] = (),
) -> Matrix:
    """The targets whose name matches any of `globs` and whose arch, compiler and config match any of theirs.

    All are shell globs, also several in one word with commas between; none given selects all. Raises UserError for a
    glob that matches nothing, and when nothing matches all of them together.
    """
    targets = matrix.targets
    names = [target.name for target in targets]
    kept = _matching("--select", globs, names)
    kept &= _matching("--arch", arches, [target.arch for target in targets])
    kept &= _matching("--compiler", compilers, [target.compiler for target in targets])
    kept &= _matching("--config", configs, [target.config.name for target in targets])
    if not kept:
        raise UserError(
            "no cell of the matrix matches all of --select, --arch, --compiler and --config; " + _known(names)
        )
    return replace(matrix, targets=tuple(targets[n] for n in sorted(kept)))


def apply_overrides(
    matrix: Matrix,
    *,
    make_vars: Sequence[str] = (),
    targets: Sequence[str] = (),
    jobs: int | None = None,
    timeout: str | int | None = None,
    memory: str | None = None,
) -> Matrix:
    """The matrix with `VAR=VALUE` words, make targets and limits of the command line in every target.

    Raises UserError for the first that is wrong.
    """
    pairs = tuple(_option("VAR=VALUE", word, values.variable_pair) for word in make_vars)
    gcc = [target.name for target in matrix.targets if "gcc" in target.compiler]
    if dict(pairs).get("LLVM") and gcc:
        raise UserError(
            f"LLVM would build {gcc[0]} with clang: say --compiler clang-19 instead, which sets LLVM itself"
        )
    wanted = tuple(_option("--target", word, values.target) for word in targets)
    limits: dict[str, int] = {}
    if jobs is not None:
        limits["jobs"] = _option("--jobs", jobs, lambda value: values.whole(value, 0, 4096))
    if memory is not None:
        limits["memory_mb"] = _option("--memory", memory, values.memory)
    seconds = None if timeout is None else _option("--timeout", timeout, values.duration)
    changed = [
        replace(
            target,
            make_vars=tuple({**dict(target.make_vars), **dict(pairs)}.items()),
            make_targets=wanted or target.make_targets,
            timeout_s=target.timeout_s if seconds is None else seconds,
            resources=replace(target.resources, **limits),
        )
        for target in matrix.targets
    ]
    return replace(matrix, targets=tuple(changed))


def split(words: Iterable[str]) -> tuple[str, ...]:
    """`["arm64,riscv", "s390"]` -> three names."""
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())


def _option(option: str, value: V, check: Callable[[V], T]) -> T:
    try:
        return check(value)
    except ValueError as error:
        raise UserError(f"{option}: {error}") from None


def _matching(option: str, globs: Sequence[str], names: Sequence[str]) -> set[int]:
    patterns = split(globs)
    if not patterns:
        return set(range(len(names)))
    found: set[int] = set()
    for pattern in patterns:
        hits = {n for n, name in enumerate(names) if fnmatchcase(name, pattern)}
        if not hits:
            raise UserError(f"{option} {pattern}: matches no cell of the matrix; {_near(pattern, names)}")
        found |= hits
    return found


def _near(pattern: str, names: Sequence[str]) -> str:
    near = get_close_matches(pattern.replace("*", ""), list(dict.fromkeys(names)), n=3, cutoff=0.4)
    return f"near it: {', '.join(near)}" if near else _known(names)


def _known(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = f" and {len(distinct) - 8} more (see kmatrix plan)" if len(distinct) > 8 else ""
    return f"there is: {', '.join(distinct[:8])}{more}"
