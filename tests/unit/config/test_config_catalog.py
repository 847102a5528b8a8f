"""catalog.py: the data files say what they must."""

import re
from pathlib import Path

import pytest

from orchestrator.config import catalog
from orchestrator.model.matrix import ImageSpec

REQUIRED = (
    *("x86_64", "i386", "arm64", "arm", "powerpc", "powerpc32", "powerpc64le"),
    *("riscv", "s390", "m68k", "mips", "sparc64", "loongarch"),
)


@pytest.mark.parametrize("arch", REQUIRED)
def test_gcc_14_serves_every_promised_arch(arch: str) -> None:
    """An image that can be built, and make variables that select the compiler."""
    spec = catalog.image_for(arch, "gcc-14")
    assert isinstance(spec, ImageSpec)
    arguments = dict(spec.build_args)
    assert spec.context == "gcc"
    assert arguments["GCC"] == "14"
    assert f"gcc-14-{arguments['TRIPLE'].replace('_', '-')}" in arguments["PACKAGES"].split()
    assert catalog.make_vars(arch, "gcc-14") == (
        ("ARCH", catalog.arches()[arch].kernel_arch),
        ("CROSS_COMPILE", f"{arguments['TRIPLE']}-"),
    )


@pytest.mark.parametrize("arch", [arch for arch in REQUIRED if arch not in ("m68k", "sparc64")])
def test_clang_19_serves_what_the_kernel_supports(arch: str) -> None:
    """One image for all of them."""
    spec = catalog.image_for(arch, "clang-19")
    assert isinstance(spec, ImageSpec)
    assert (spec.reference, spec.context) == ("kmatrix/clang-19:all", "clang")
    assert catalog.make_vars(arch, "clang-19")[1:] == (("LLVM", "-19"),)


@pytest.mark.parametrize("arch", ["m68k", "sparc64"])
def test_an_unsupported_pair_has_a_reason(arch: str) -> None:
    """It is shown by `kmatrix images list`."""
    assert "clang" in str(catalog.image_for(arch, "clang-19"))


def test_every_pair_is_listed_once() -> None:
    """Supported or not."""
    pairs = [(choice.arch, choice.compiler) for choice in catalog.every_image()]
    assert len(pairs) == len(set(pairs)) == len(catalog.arches()) * len(catalog.toolchains())
    assert all((choice.spec is None) == bool(choice.reason) for choice in catalog.every_image())


def test_equal_references_are_equal_images() -> None:
    """Arches that share an image (i386, x86_64) agree on how it is built."""
    specs = [choice.spec for choice in catalog.every_image() if choice.spec]
    assert len({spec.reference for spec in specs}) == len(set(specs))


def test_no_placeholder_is_left_open() -> None:
    """Every template is filled in."""
    assert not re.search(r"[{}]", repr(catalog.every_image()))


def test_no_alias_is_also_a_name() -> None:
    """An alias has one meaning, and it is an arch."""
    assert not set(catalog.arch_aliases()) & set(catalog.arches())
    aliases = [alias for arch in catalog.arches().values() for alias in arch.aliases]
    assert len(aliases) == len(set(aliases))


def test_the_reference_lists_every_arch_as_the_data_has_it() -> None:
    """docs/matrix.md is written by hand; its table must not fall behind."""
    text = (Path(__file__).parents[3] / "docs" / "matrix.md").read_text()
    for arch in catalog.arches().values():
        if arch.gcc.unsupported and arch.clang.unsupported:
            assert arch.name in text
            continue
        gcc = "no" if arch.gcc.unsupported else f"`{arch.gcc.triple}-`"
        clang = "no" if arch.clang.unsupported else f"kernel {arch.clang.since} and later"
        assert f"| `{arch.name}` | `{arch.kernel_arch}` | {gcc} | {clang} |" in text
