"""The architectures and toolchains that kmatrix knows, read from the data files beside this module.

Adding one adds a file under arches/ or toolchains/ (docs/matrix.md). An arch is a name in the table; its kernel ARCH
may be shared (powerpc, powerpc32 and powerpc64le are one ARCH with other generic configs).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestrator.config import load
from orchestrator.model.matrix import ImageSpec

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What one compiler family needs for an arch.

    `triple` is the prefix of the tools without the last dash. `packages` are Debian packages, `{version}` open.
    `image` is the tag of the image that has them. `since` is the first kernel release that builds so (clang: where
    `LLVM=-N` works with lld). `unsupported` is the reason if it cannot be done at all.
    """

    triple: str = ""
    packages: tuple[str, ...] = ()
    image: str = ""
    since: str = ""
    unsupported: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arch:
    """An architecture. `configs` says what generic configs mean here (None: the kernel has no such target for it)."""

    name: str
    kernel_arch: str
    srcarch: str
    image_target: str
    gcc: Support
    clang: Support
    aliases: tuple[str, ...] = ()
    configs: tuple[tuple[str, str | None], ...] = ()

    def support(self, family: str) -> Support:
        """What `gcc` or `clang` needs for it."""
        return self.clang if family == "clang" else self.gcc


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """A compiler. Placeholders in `image`, `make`, `build_args`: {triple} {image} {version} {packages}."""

    name: str
    family: str
    version: str
    context: str
    image: str
    make: tuple[tuple[str, str], ...]
    build_args: tuple[tuple[str, str], ...]
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageChoice:
    """A line of `kmatrix images list`: `spec` is None where the pair is unsupported, for `reason`."""

    arch: str
    compiler: str
    spec: ImageSpec | None
    reason: str = ""


@cache
def arches() -> Mapping[str, Arch]:
    """Every arch by name, in order of name."""
    return MappingProxyType({arch.name: arch for arch in map(_arch, _data("arches"))})


@cache
def toolchains() -> Mapping[str, Toolchain]:
    """Every toolchain by name, in order of name."""
    return MappingProxyType({toolchain.name: toolchain for toolchain in map(_toolchain, _data("toolchains"))})


@cache
def arch_aliases() -> Mapping[str, str]:
    """Names that others use (`aarch64`, `ppc64le`) -> ours."""
    return MappingProxyType({alias: arch.name for arch in arches().values() for alias in arch.aliases})


def image_for(arch: str, compiler: str) -> ImageSpec | str:
    """The image that has `compiler` for `arch`, or the reason why there is none."""
    known, toolchain = arches().get(arch), toolchains().get(compiler)
    if known is None:
        return f"unknown arch {arch!r}"
    if toolchain is None:
        return f"unknown compiler {compiler!r}"
    support = known.support(toolchain.family)
    if support.unsupported:
        return support.unsupported
    return ImageSpec(
        reference=_fill(toolchain.image, toolchain, support),
        context=toolchain.context,
        build_args=tuple((key, _fill(value, toolchain, support)) for key, value in toolchain.build_args),
    )


def make_vars(arch: str, compiler: str) -> tuple[tuple[str, str], ...]:
    """ARCH, then what selects a known compiler."""
    known, toolchain = arches()[arch], toolchains()[compiler]
    support = known.support(toolchain.family)
    chosen = ((key, _fill(value, toolchain, support)) for key, value in toolchain.make)
    return (("ARCH", known.kernel_arch), *chosen)


def every_image() -> tuple[ImageChoice, ...]:
    """Every pair of arch and compiler, supported or not."""
    return tuple(_choice(arch, compiler) for arch in arches() for compiler in toolchains())


def _choice(arch: str, compiler: str) -> ImageChoice:
    found = image_for(arch, compiler)
    if isinstance(found, str):
        return ImageChoice(arch=arch, compiler=compiler, spec=None, reason=found)
    return ImageChoice(arch=arch, compiler=compiler, spec=found)


def _fill(template: str, toolchain: Toolchain, support: Support) -> str:
    packages = " ".join((*support.packages, *toolchain.packages))
    return (
        template.replace("{packages}", packages)
        .replace("{triple}", support.triple)
        .replace("{image}", support.image)
        .replace("{version}", toolchain.version)
    )


def _data(folder: str) -> Iterator[dict[str, Any]]:
    for path in sorted((_HERE / folder).glob("*.yaml")):
        document = load.parse(load.read_text(path), str(path))
        if document.problems or not isinstance(document.data, dict) or document.data.get("name") != path.stem:
            raise ValueError(f"{path}: a data file of kmatrix is damaged")
        yield document.data


def _arch(data: dict[str, Any]) -> Arch:
    return Arch(
        name=data["name"],
        kernel_arch=data["kernel_arch"],
        srcarch=data["srcarch"],
        image_target=data["image_target"],
        gcc=_support(data["name"], data["gcc"]),
        clang=_support(data["name"], data["clang"]),
        aliases=tuple(data.get("aliases", ())),
        configs=tuple(data.get("configs", {}).items()),
    )


def _support(arch: str, data: dict[str, Any]) -> Support:
    return Support(**{"image": arch, **data, "packages": tuple(data.get("packages", ()))})


def _toolchain(data: dict[str, Any]) -> Toolchain:
    pairs = {key: tuple(data[key].items()) for key in ("make", "build_args")}
    return Toolchain(**{**data, **pairs, "packages": tuple(data.get("packages", ()))})
