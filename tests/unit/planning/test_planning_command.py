"""The make lines of a target."""

from dataclasses import replace

from factories import a_target

from orchestrator.model.matrix import KernelConfig
from orchestrator.planning import command


def test_a_plain_config_is_one_make_line() -> None:
    """A make target of the tree needs no olddefconfig after it."""
    steps = command.config_steps(a_target(make_vars=(("ARCH", "powerpc"), ("LLVM", "-19"))))
    assert [step.argv for step in steps] == [("make", "O=/out", "ARCH=powerpc", "LLVM=-19", "defconfig")]


def test_fragments_are_merged_where_files_can_be_written() -> None:
    """merge_config.sh writes a temporary file in its working directory, and the sources are read-only."""
    config = KernelConfig(
        name="k", base="defconfig", fragments=("kernel/configs/debug.config",), symbols=("CONFIG_A=y",)
    )
    merge = command.config_steps(a_target(config=config))[1].argv
    assert merge[:4] == ("env", "-C", "/out", "/src/scripts/kconfig/merge_config.sh")
    assert merge[-2:] == ("/src/kernel/configs/debug.config", "/in/wanted.config")


def test_the_users_config_file_is_completed() -> None:
    """A .config of another kernel misses symbols; olddefconfig answers for them."""
    config = KernelConfig(name="mine", base="mine.config", base_is_file=True, base_text="CONFIG_A=y\n")
    steps = command.config_steps(a_target(config=config))
    assert steps[0].argv == ("cp", "/in/base.config", "/out/.config")
    assert steps[-1].argv[-1] == "olddefconfig"


def test_a_build_goes_on_after_errors_and_keeps_groups_together() -> None:
    """DESIGN D1: -k and -O, and the targets last."""
    target = replace(a_target(), make_targets=("mm/", "lib/"))
    argv = command.build_step(target).argv
    assert argv[:3] == ("make", "-k", "-O")
    assert argv[-2:] == ("mm/", "lib/")


def test_the_compiler_is_the_one_that_the_variables_choose() -> None:
    """Documentation/kbuild/llvm.rst: LLVM=1, LLVM=-19, LLVM=/path/; CC wins over all."""

    def version(*variables: tuple[str, str]) -> str:
        return command.version_argv(a_target(make_vars=variables))[0]

    assert version(("ARCH", "arm"), ("CROSS_COMPILE", "arm-linux-gnueabihf-")) == "arm-linux-gnueabihf-gcc"
    assert version(("LLVM", "1")) == "clang"
    assert version(("LLVM", "-19")) == "clang-19"
    assert version(("LLVM", "/opt/llvm/bin/")) == "/opt/llvm/bin/clang"
    assert version(("LLVM", "0"), ("CROSS_COMPILE", "x-")) == "x-gcc"
    assert version(("LLVM", "1"), ("CC", "clang-20")) == "clang-20"
