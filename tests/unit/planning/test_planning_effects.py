"""What changed paths can do to a warm build directory."""

import pytest

from orchestrator.model.matrix import KernelConfig
from orchestrator.model.series import TouchedFile
from orchestrator.planning import effects

CONFIG = KernelConfig(name="k", base="defconfig", fragments=("tools/my.fragment",))


def touched(path: str, status: str = "M") -> tuple[TouchedFile, ...]:
    return (TouchedFile(path=path, status=status),)


@pytest.mark.parametrize(
    ("path", "anew"),
    [
        ("mm/Kconfig.debug", True),
        ("arch/powerpc/configs/ppc64_defconfig", True),
        ("kernel/configs/debug.config", True),
        ("scripts/cc-version.sh", True),
        ("Makefile", True),
        ("arch/x86/Makefile", True),
        ("tools/my.fragment", True),
        ("mm/Makefile", False),
        ("arch/x86/mm/Makefile", False),
        ("mm/gup.c", False),
        ("Documentation/kbuild/index.rst", False),
    ],
)
def test_what_can_change_the_config(path: str, anew: bool) -> None:
    """Kconfig files, configs, fragments, and what Kconfig's macros run."""
    assert effects.needs_configure(CONFIG, touched(path)) is anew


@pytest.mark.parametrize(
    ("path", "status", "may"),
    [
        ("mm/gup.c", "M", False),
        ("mm/new.c", "A", True),
        ("mm/gone.c", "D", True),
        ("mm/link.c", "T", True),
        ("mm/Makefile", "M", True),
        ("fs/Kbuild", "M", True),
        ("mm/Kconfig", "M", True),
        ("scripts/Makefile.lib", "M", True),
    ],
)
def test_what_can_add_or_drop_objects(path: str, status: str, may: bool) -> None:
    """Files that come and go, and Kbuild's own."""
    assert effects.may_change_members(touched(path, status)) is may


def test_objects_of_a_deleted_source_are_orphans() -> None:
    """Make takes an object whose source is gone as it is; a header leaves none."""
    assert "mm/gone.o" in effects.orphans(touched("mm/gone.c", "D"))
    assert effects.orphans(touched("mm/gone.c", "M")) == ()
    assert effects.orphans(touched("include/linux/gone.h", "D")) == ()


def test_names_of_what_comes_and_goes() -> None:
    """By name alone: an #include names the end of a path."""
    files = (*touched("include/asm/a.h", "A"), *touched("lib/a.h", "A"), *touched("mm/b.h", "D"), *touched("c.h", "M"))
    assert effects.names_with(files, "A") == ("a.h",)
    assert effects.names_with(files, "AD") == ("a.h", "b.h")


def test_wanted_symbols_that_did_not_stick() -> None:
    """The last of two wishes counts; a symbol that .config does not name is not set."""
    wanted = ("CONFIG_A=y", "CONFIG_B=m", "# CONFIG_C is not set", "CONFIG_D=n", 'CONFIG_E="x"', "CONFIG_B=y")
    got = '# comment\nCONFIG_A=y\nCONFIG_B=m\nCONFIG_C=y\nCONFIG_E="x"\n'
    assert effects.unset_symbols(wanted, got) == (
        "CONFIG_B=y -> CONFIG_B=m",
        "# CONFIG_C is not set -> CONFIG_C=y",
    )
