"""What a compiler's name means for an arch: its image and the make variables that select it."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.config import catalog, values
from orchestrator.config.schema import CompilerSection
from orchestrator.model.matrix import ImageSpec

_SELECTING = ("LLVM", "CC", "CROSS_COMPILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilers:
    """The catalog, with what the matrix's `compilers` section adds to it or says otherwise."""

    sections: Mapping[str, CompilerSection]

    def names(self) -> tuple[str, ...]:
        """Every name the compiler axis may have."""
        return tuple(dict.fromkeys((*self.sections, *catalog.toolchains())))

    def family(self, compiler: str) -> str:
        """`gcc`, `clang`, or "" where the name does not say."""
        known = catalog.toolchains().get(compiler)
        if known:
            return known.family
        return next((family for family in ("gcc", "clang") if family in compiler), "")

    def unsupported(self, arch: str, compiler: str) -> str:
        """Why there can be no such cell, "" if there can."""
        section = self.sections.get(compiler)
        if section and section.arches is not None and arch not in section.arches:
            return f"compilers.{compiler}.arches leaves {arch} out"
        if section and section.image is not None:
            return ""
        found = catalog.image_for(arch, compiler)
        return found if isinstance(found, str) else ""

    def image(self, arch: str, compiler: str) -> ImageSpec:
        """The image of a pair that is supported. kmatrix's own reference stays an image that we can build."""
        section = self.sections.get(compiler)
        own = catalog.image_for(arch, compiler)
        if section is None or section.image is None:
            assert isinstance(own, ImageSpec)
            return own
        reference = section.image.replace("{arch}", arch)
        if isinstance(own, ImageSpec) and reference in (own.reference, *_other_words(arch, compiler)):
            return own
        return ImageSpec(reference=reference)

    def make_vars(self, arch: str, compiler: str) -> dict[str, str]:
        """ARCH and what selects the compiler; the `compilers` section's own variables are not in it."""
        if compiler in catalog.toolchains():
            return dict(catalog.make_vars(arch, compiler))
        chosen = {"ARCH": catalog.arches()[arch].kernel_arch}
        section = self.sections[compiler]
        if any(name in section.make for name in _SELECTING):
            return chosen
        if self.family(compiler) == "clang":
            return {**chosen, "LLVM": "1"}
        return {**chosen, "CROSS_COMPILE": f"{catalog.arches()[arch].gcc.triple}-"}

    def lacks(self, compiler: str, arches: tuple[str, ...]) -> str:
        """What a `compilers` entry still has to say to serve `arches`, "" if it is enough."""
        section = self.sections[compiler]
        family = self.family(compiler)
        if compiler not in catalog.toolchains() and section.image is None:
            near = values.did_you_mean(compiler, catalog.toolchains())
            return f"kmatrix does not know this compiler{near}: give its image"
        if family == "clang" or any(name in section.make for name in _SELECTING):
            return ""
        if not family:
            return "how does make select it? Give make one of LLVM, CC, CROSS_COMPILE"
        wanted = [arch for arch in arches if section.image and (section.arches is None or arch in section.arches)]
        unknown = [arch for arch in wanted if not catalog.arches()[arch].gcc.triple]
        return f"no CROSS_COMPILE is known for {', '.join(unknown)}: give it under make" if unknown else ""


def _other_words(arch: str, compiler: str) -> tuple[str, ...]:
    return (f"kmatrix/{compiler}:{arch}", f"kmatrix/{compiler}")
