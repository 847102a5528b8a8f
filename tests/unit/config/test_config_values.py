"""values.py: what single values may look like."""

import pytest

from orchestrator.config import values


@pytest.mark.parametrize(
    ("text", "seconds"), [("45m", 2700), ("2h", 7200), ("90s", 90), (60, 60), ("60", 60), ("1d", 86400)]
)
def test_a_duration_is_whole_units_or_seconds(text: object, seconds: int) -> None:
    """s, m, h, d, or bare seconds."""
    assert values.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0m", "-5", 0, True, 1.5, None, "1h30m", "m", "9" * 30, "8d", [], "\u0664m"])
def test_what_is_no_duration_is_refused(text: object) -> None:
    """Zero, negative, fractions, mixed units and more than 7 days are no timeout."""
    with pytest.raises(ValueError, match=r"time|7 days"):
        values.duration(text)


@pytest.mark.parametrize(("text", "mib"), [("8g", 8192), ("512m", 512), ("1T", 1048576), ("8GiB", 8192)])
def test_memory_has_a_unit(text: str, mib: int) -> None:
    """Binary units; the answer is MiB."""
    assert values.memory(text) == mib


@pytest.mark.parametrize("text", [8, "8", "8k", "1m", "", None, "9" * 30 + "g", True])
def test_what_is_no_memory_is_refused(text: object) -> None:
    """A number without a unit could mean anything."""
    with pytest.raises(ValueError, match=r"memory|between"):
        values.memory(text)


@pytest.mark.parametrize(
    "name", ["ARCH", "O", "KBUILD_OUTPUT", "srctree", "MAKEFLAGS", "V", "SHELL", "M", "KCONFIG_CONFIG", "LC_ALL"]
)
def test_variables_that_kmatrix_owns_are_refused_with_a_reason(name: str) -> None:
    """Setting them would move the build, silence it, or make it another cell."""
    with pytest.raises(ValueError, match=f"^{name} may not be set: .{{10}}"):
        values.variable_name(name)


@pytest.mark.parametrize("name", ["W", "C", "LLVM", "LLVM_IAS", "LD", "CC", "KCFLAGS", "CROSS_COMPILE", "KCONFIG_SEED"])
def test_variables_of_the_user_are_let_through(name: str) -> None:
    """What kernel people set on the make line."""
    assert values.variable_name(name) == name


@pytest.mark.parametrize("name", ["", "a b", "W:", "1W", "W-1", "$(x)", "é"])
def test_what_is_no_variable_is_refused(name: str) -> None:
    """make would read it as something else."""
    with pytest.raises(ValueError, match="no make variable"):
        values.variable_name(name)


def test_a_pair_keeps_further_equals_signs() -> None:
    """KCFLAGS=-DX=1 is one variable."""
    assert values.variable_pair("KCFLAGS=-DX=1") == ("KCFLAGS", "-DX=1")
    with pytest.raises(ValueError, match="not VAR=VALUE"):
        values.variable_pair("mm/")


@pytest.mark.parametrize("target", ["all", "mm/", "drivers/net/phy/phy.o", "dtbs", "C/", "vmlinux"])
def test_real_make_targets_are_let_through(target: str) -> None:
    """Directories, objects and names."""
    assert values.target(target) == target


@pytest.mark.parametrize(
    "target",
    ["-k", "W=1", "a b", "/etc/", "../x", "mm/../..", "clean", "defconfig", "install", "$(shell x)", "", 5, "a;b"],
)
def test_targets_that_would_hurt_are_refused(target: object) -> None:
    """Options, variables, shell text, paths out of the tree, and what deletes or installs."""
    with pytest.raises(ValueError, match=r"."):
        values.target(target)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CONFIG_X=y", "CONFIG_X=y"),
        ("CONFIG_X=n", "# CONFIG_X is not set"),
        ("# CONFIG_X is not set", "# CONFIG_X is not set"),
        ('CONFIG_X="a b"', 'CONFIG_X="a b"'),
        ("CONFIG_X=0x1f", "CONFIG_X=0x1f"),
        ("CONFIG_X=-3", "CONFIG_X=-3"),
    ],
)
def test_config_lines_come_out_as_a_dot_config_has_them(line: str, expected: str) -> None:
    """So that they can be looked for after olddefconfig."""
    assert values.config_line(line) == expected


@pytest.mark.parametrize(
    "line", ["X=y", "CONFIG_X", "CONFIG_X=maybe", "# CONFIG_X", "CONFIG_X=y\nCONFIG_Y=y", None, False]
)
def test_what_is_no_config_line_is_refused(line: object) -> None:
    """One symbol, one value."""
    with pytest.raises(ValueError, match=r"CONFIG_|text|line break"):
        values.config_line(line)


@pytest.mark.parametrize("image", ["-x", "a b", "X/y", "a{b}", "http://x", "../x", "a//b", ""])
def test_what_is_no_image_is_refused(image: str) -> None:
    """An option, a URL or a path would reach docker."""
    with pytest.raises(ValueError, match=r"image|placeholder|empty"):
        values.image(image)


@pytest.mark.parametrize(
    "image", ["kmatrix/gcc-14:{arch}", "localhost:5000/a/b@sha256:" + "0" * 64, "registry.example/kernel-{arch}"]
)
def test_image_references_are_let_through(image: str) -> None:
    """With a registry, a port, a tag or a digest."""
    assert values.image(image) == image
