"""The make lines of a target."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

from factories import a_target

from orchestrator.model.build import Step
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


def test_symbol_versions_are_left_out_where_nothing_is_linked() -> None:
    """Only modpost reads what genksyms computes; any goal that links, or a default one, computes it."""

    def left_out(*goals: str) -> bool:
        return "cmd_gen_symversions_c=" in command.build_step(replace(a_target(), make_targets=goals)).argv

    assert left_out("mm/")
    assert left_out("mm/", "kernel/fork.o", "lib/string.s")
    for linking in ((), ("all",), ("modules",), ("mm/", "vmlinux"), ("drivers/net/dummy.ko",), ("mm/gup.symtypes",)):
        assert not left_out(*linking)


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


def test_recorded_dependencies_tell_what_is_out_of_date(tmp_path: Path) -> None:
    """By time stamps alone; what has no record, or lost a source, is out of date."""
    for name in ("same", "newer", "config", "gone", "bare"):
        (tmp_path / f"{name}.o").touch()
    for header in ("old.h", "new.h", "include/config/SMP"):
        (tmp_path / header).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / header).touch()
    os.utime(tmp_path / "old.h", (1, 1))
    os.utime(tmp_path / "include/config/SMP", (1, 1))
    for name in ("same", "newer", "config", "gone"):
        os.utime(tmp_path / f"{name}.o", (1000, 1000))
    (tmp_path / ".same.o.cmd").write_text("deps_same.o := \\\n    $(wildcard include/config/SMP) \\\n  old.h \\\n")
    (tmp_path / ".newer.o.cmd").write_text("source_newer.o := old.h\n\ndeps_newer.o := \\\n  old.h \\\n  new.h \\\n")
    (tmp_path / ".gone.o.cmd").write_text("deps_gone.o := \\\n  /src/no/such.h \\\n")
    os.utime(tmp_path / "include/config/SMP", (1, 1))
    step = command.stale_step(("same.o", "newer.o", "gone.o", "bare.o", "absent.o"))
    argv = [word.replace("cd /out", f"cd {tmp_path}") for word in step.argv]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["newer.o", "gone.o", "bare.o", "absent.o"]
    os.utime(tmp_path / "include/config/SMP", (2000, 2000))
    assert "same.o" in subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


def test_records_tell_what_a_new_file_can_change(tmp_path: Path) -> None:
    """What read a file of its name, in whatever directory; what asks for it with __has_include."""
    records = {"mm/.gup.o.cmd": "mm/types.h", "mm/.slab.o.cmd": "lib/a.h", "lib/.x.o.cmd": "include/types.h.in"}
    (tmp_path / "asks.h").write_text('#if __has_include("a+b.h")\n')
    (tmp_path / "plain.h").write_text('#include "a+b.h"\n')
    for number, (record, header) in enumerate(records.items()):
        (tmp_path / record).parent.mkdir(exist_ok=True)
        read = ("asks.h", "plain.h")[number % 2]
        lines = f"deps_x := \\\n    $(wildcard include/config/SMP) \\\n  /src/{header} \\\n  {tmp_path}/{read} \\\n"
        (tmp_path / record).write_text(lines)

    def said(step: Step) -> list[str]:
        argv = [word.replace("/out", str(tmp_path)) for word in step.argv]
        return sorted(subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split())

    assert said(command.readers_step(("types.h", "none.h"))) == [f"{tmp_path}/mm/.gup.o.cmd"]
    assert said(command.asking_step(("a+b.h", "none.h"))) == [f"{tmp_path}/asks.h"]
    assert said(command.asking_step(("aab.h",))) == []
    asking = (f"{tmp_path}/asks.h",)
    assert said(command.readers_step(asking)) == [f"{tmp_path}/lib/.x.o.cmd", f"{tmp_path}/mm/.gup.o.cmd"]
    assert command.made_of_record("/out/mm/.gup.o.cmd") == "mm/gup.o"
    assert command.made_of_record("/out/./.Module.symvers.cmd") == "Module.symvers"
