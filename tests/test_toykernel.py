"""The toy tree behaves like Kbuild: what is rebuilt, what it says, what a failure blocks, what -n lists.

Each rule was compared with linux 6.12.
"""

import re
import subprocess
from pathlib import Path

import pytest
import toykernel as toy

MM = {"mm/page.o", "mm/slab.o", "mm/swap.o"}
ALWAYS = {"Makefile", "checksyscalls.sh"}
"""What every build says, whatever changed."""


def said(text: str) -> list[str]:
    """The names in the short echo lines of a build."""
    return [name.rpartition("scripts/")[2] for name in re.findall(r"^  [A-Z]+(?: \[M\])? +(\S+)$", text, re.M)]


def compiled(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Objects that a build compiled."""
    return set(re.findall(r"^  CC (?:\[M\])? +(\S+\.[os])$", done.stdout, re.M))


def dry(tree: Path, out: Path, *arguments: str) -> set[str]:
    """C objects that `make -n` would compile."""
    done = toy.make(tree, out, "-k", "-n", "W=1", *arguments)
    return {name for name in re.findall(r"echo '  CC (?:\[M\])? +(\S+)'", done.stdout) if name.endswith(".o")}


@pytest.fixture
def tree(toy_tree: Path) -> Path:
    """A copy of the toy tree."""
    return toy_tree


@pytest.fixture
def out(tree: Path, tmp_path: Path) -> Path:
    """A build directory in which defconfig is built completely."""
    out = tmp_path / "out"
    toy.configure(tree, out)
    done = toy.build(tree, out)
    assert done.returncode == 0, done.stdout
    assert "warning:" not in done.stdout
    return out


def everything(tree: Path) -> set[str]:
    """Objects of C files in a defconfig build."""
    return {path.replace(".c", ".o") for path in (*toy.SOURCES, "arch/x86/kernel/setup.c")}


def test_a_fresh_build_makes_a_kernel_and_a_module(tree: Path, out: Path) -> None:
    """vmlinux, the module and the list of exported symbols come out; each object is announced once."""
    for product in ("vmlinux", "drivers/net/net.ko", "include/generated/bounds.h"):
        assert (out / product).exists()
    assert "alloc_page" in (out / "Module.symvers").read_text()
    again = toy.build(tree, out)
    assert set(said(again.stdout)) == ALWAYS, again.stdout


def test_nothing_is_written_into_the_source_tree(tree: Path, out: Path) -> None:
    """O= keeps the source clean."""
    assert {path.relative_to(tree) for path in tree.rglob("*")} == {
        path.relative_to(toy.TREE) for path in toy.TREE.rglob("*")
    }


def test_other_arches_and_configs(tree: Path, tmp_path: Path) -> None:
    """Another ARCH takes its own files; a symbol that is off takes its objects out; directories are goals."""
    toy.configure(tree, tmp_path / "p", "tiny_defconfig", arch="powerpc")
    done = toy.build(tree, tmp_path / "p", arch="powerpc")
    assert done.returncode == 0, done.stdout
    assert "arch/powerpc/kernel/setup.o" in compiled(done)
    assert not compiled(done) & {"mm/swap.o", "drivers/net/core.o"}
    toy.configure(tree, tmp_path / "m")
    assert compiled(toy.build(tree, tmp_path / "m", "mm/")) == MM | {"kernel/bounds.s"}
    assert compiled(toy.build(tree, tmp_path / "m", "kernel/fork.o")) == {"kernel/fork.o"}


def test_an_edited_file_rebuilds_its_object_and_a_header_all_its_users(tree: Path, out: Path) -> None:
    """Dependencies are those the compiler saw."""
    toy.append(tree, "mm/slab.c", toy.warning("hint"))
    done = toy.build(tree, out)
    assert compiled(done) == {"mm/slab.o"}
    assert f"{tree}/mm/slab.c:" in done.stdout
    assert "[-Wunused-variable]" in done.stdout
    toy.append(tree, "include/linux/mm.h", "/* moved */\n")
    users = {path.replace(".c", ".o") for path in toy.SOURCES if "mm.h" in (tree / path).read_text()}
    assert compiled(toy.build(tree, out)) == users


def test_warnings_are_not_repeated(tree: Path, out: Path) -> None:
    """The trap that DESIGN D2 is about: an object that is not rebuilt does not warn again."""
    toy.append(tree, "mm/slab.c", toy.warning("hint"))
    assert "warning:" in toy.build(tree, out).stdout
    assert "warning:" not in toy.build(tree, out).stdout


def test_a_changed_command_line_rebuilds(tree: Path, out: Path) -> None:
    """ccflags-y of one Makefile rebuilds that directory, and only it."""
    toy.append(tree, "mm/Makefile", "ccflags-y += -DEXTRA\n")
    assert compiled(toy.build(tree, out)) == MM
    toy.append(tree, "mm/Makefile", "CFLAGS_slab.o += -DMORE\n")
    assert compiled(toy.build(tree, out)) == {"mm/slab.o"}


def test_a_config_symbol_rebuilds_those_that_mention_it(tree: Path, out: Path) -> None:
    """fixdep: the whole .config changing rebuilds nothing but the users of the symbol that changed."""
    toy.add_symbol(tree, "EXTRA")
    assert compiled(toy.build(tree, out)) == set()
    assert "CONFIG_EXTRA=y" in (out / ".config").read_text()
    toy.substitute(out, ".config", "CONFIG_SWAP=y", "# CONFIG_SWAP is not set")
    done = toy.build(tree, out)
    assert compiled(done) == {"kernel/fork.o", "mm/page.o", "mm/slab.o", "drivers/net/core.o", "drivers/net/dev.o"}
    assert done.returncode == 0, done.stdout


def test_an_object_that_left_the_makefile_leaves_the_build(tree: Path, out: Path) -> None:
    """Its file may stay in the build directory; the archive is made anew without it."""
    toy.add_object(tree, "mm/extra.c", toy.warning("hint"))
    done = toy.build(tree, out)
    assert compiled(done) == {"mm/extra.o"}
    assert "mm/built-in.a" in said(done.stdout)
    toy.rename_object(tree, "mm/extra.c", "kernel/extra.c")
    assert compiled(toy.build(tree, out)) == {"kernel/extra.o"}
    toy.remove_object(tree, "kernel/extra.c")
    done = toy.build(tree, out)
    assert (compiled(done), done.returncode) == (set(), 0)
    assert "kernel/built-in.a" in said(done.stdout)


def test_a_deleted_header_rebuilds_its_users(tree: Path, out: Path) -> None:
    """A header that is gone is no missing rule: who included it is compiled again, and fails or not by itself."""
    toy.append(tree, "include/linux/extra.h", "#define EXTRA 1\n")
    toy.substitute(tree, "mm/slab.c", "#include <linux/mm.h>\n", "#include <linux/extra.h>\n#include <linux/mm.h>\n")
    toy.build(tree, out)
    (tree / "include/linux/extra.h").unlink()
    done = toy.build(tree, out)
    assert "extra.h: No such file or directory" in done.stdout
    assert compiled(done) == {"mm/slab.o"}


def test_a_source_that_is_gone_but_listed_is_noticed_in_a_clean_build_only(
    tree: Path, out: Path, tmp_path: Path
) -> None:
    """Kbuild keeps the old object without a word, with any make; only without that object does make say so."""
    (tree / "mm/slab.c").unlink()
    done = toy.build(tree, out)
    assert (done.returncode, compiled(done)) == (0, set())
    (out / "mm/slab.o").unlink()
    done = toy.build(tree, out)
    assert re.search(r"make\[3\]: \*\*\* No rule to make target 'mm/slab.o', needed by 'mm/built-in.a'", done.stdout)
    assert done.returncode == 2


def test_one_broken_object_does_not_stop_the_others(tree: Path, out: Path) -> None:
    """-k: all that can be tried is tried; the archives above it and the kernel are not."""
    toy.append(tree, "mm/slab.c", toy.error("oops"))
    toy.append(tree, "kernel/fork.c", toy.warning("hint"))
    done = toy.build(tree, out)
    assert done.returncode == 2
    assert compiled(done) == {"mm/slab.o", "kernel/fork.o"}
    assert re.search(r"make\[3\]: \*\*\* \[.*scripts/Makefile.build:\d+: mm/slab.o\] Error 1", done.stdout)
    assert not {"mm/built-in.a", "vmlinux.o", "vmlinux"} & set(said(done.stdout))
    assert dry(tree, out) == {"mm/slab.o"}


def test_an_errors_lines_stand_under_its_echo_line(tree: Path, out: Path) -> None:
    """-O with stderr joined to stdout keeps an object's output together."""
    for path in ("mm/slab.c", "mm/page.c", "mm/swap.c"):
        toy.append(tree, path, toy.error("oops_" + Path(path).stem))
    groups = re.split(r"^  CC (?:\[M\])? +", toy.build(tree, out).stdout, flags=re.M)[1:]
    for group in groups:
        name = Path(group.split("\n", 1)[0]).stem
        assert set(re.findall(r"undeclared_oops_(\w+)' undeclared", group)) <= {name}
    assert sum("undeclared_oops" in group for group in groups) == 3


def test_a_broken_prepare_blocks_everything(tree: Path, out: Path) -> None:
    """bounds.c is compiled before all else; -n then names what is out of date and was never tried."""
    toy.append(tree, toy.BOUNDS, toy.error("bound"))
    toy.append(tree, "mm/slab.c", toy.warning("hint"))
    done = toy.build(tree, out)
    assert done.returncode == 2
    assert compiled(done) == {"kernel/bounds.s"}
    assert dry(tree, out) == {"mm/slab.o"}
    toy.substitute(tree, toy.BOUNDS, toy.error("bound"), "")
    assert compiled(toy.build(tree, out)) == {"kernel/bounds.s", "mm/slab.o"}


def test_a_bound_that_changes_rebuilds_its_users_and_an_equal_one_does_not(tree: Path, out: Path) -> None:
    """filechk writes the generated header only if its text changes."""
    toy.append(tree, toy.BOUNDS, "\n/* nothing */\n")
    done = toy.build(tree, out)
    assert compiled(done) == {"kernel/bounds.s"}
    assert "UPD" not in done.stdout
    toy.substitute(tree, toy.BOUNDS, "MAX_NR_ZONES, 4", "MAX_NR_ZONES, 5")
    done = toy.build(tree, out)
    assert "  UPD     include/generated/bounds.h" in done.stdout
    assert compiled(done) > MM


def test_a_dry_run_changes_nothing_and_lists_all_when_asked(tree: Path, out: Path) -> None:
    """`make -n cmd-check=1` lists every object; plain -n, after a complete build, no C object."""
    assert dry(tree, out) == set()
    assert dry(tree, out, "cmd-check=1") == everything(tree)
    assert dry(tree, out, "cmd-check=1", "mm/") == MM
    toy.append(tree, "mm/slab.c", "\n")
    assert dry(tree, out) == {"mm/slab.o"}
    assert compiled(toy.build(tree, out)) == {"mm/slab.o"}


def test_the_linker_and_modpost_speak_under_their_own_lines(tree: Path, out: Path) -> None:
    """An undefined symbol is vmlinux's; one that a module lacks is modpost's; both in the words of the real tools."""
    toy.append(tree, "drivers/net/dev.c", toy.undefined("in_module"))
    done = toy.build(tree, out)
    assert 'ERROR: modpost: "missing_in_module" [drivers/net/net.ko] undefined!' in done.stdout
    assert done.returncode == 2
    toy.substitute(tree, "drivers/net/dev.c", toy.undefined("in_module"), "")
    toy.append(tree, "lib/string.c", toy.undefined("in_kernel"))
    done = toy.build(tree, out)
    assert re.search(r"  LD      vmlinux\n.*undefined reference to `missing_in_kernel'", done.stdout, re.S)


def test_a_phony_step_speaks_in_every_build(tree: Path, out: Path) -> None:
    """checksyscalls.sh runs always, so its warning is there always."""
    toy.append(tree, "include/linux/syscalls.h", "long sys_nap(void);\n")
    for _ in range(2):
        assert "#warning syscall nap not implemented [-Wcpp]" in toy.build(tree, out).stdout


def test_a_kconfig_mistake_fails_the_config_step(tree: Path, tmp_path: Path) -> None:
    """With file and line, before anything is built."""
    toy.append(tree, "mm/Kconfig", "boool\n")
    done = toy.make(tree, tmp_path / "o", "defconfig")
    assert re.search(r'^mm/Kconfig:\d+: unknown statement "boool"$', done.stdout, re.M)
    assert done.returncode == 2
    assert not (tmp_path / "o" / ".config").exists()


def test_without_a_config_nothing_is_built(tree: Path, tmp_path: Path) -> None:
    """Kbuild's message, and no object."""
    done = toy.build(tree, tmp_path / "o")
    assert 'Configuration file ".config" not found!' in done.stdout
    assert not compiled(done)


def test_fragments_are_merged_and_dependencies_hold(tree: Path, tmp_path: Path) -> None:
    """merge_config.sh and olddefconfig as the lanes use them: a symbol whose dependency is off does not stick."""
    out = tmp_path / "o"
    toy.configure(tree, out)
    (tmp_path / "f").write_text("CONFIG_COMPACTION=y\n# CONFIG_MODULES is not set\nCONFIG_NO_SUCH=y\n")
    script = [tree / "scripts/kconfig/merge_config.sh", "-m", "-O", out, out / ".config", tmp_path / "f"]
    subprocess.run(script, check=True)
    toy.configure(tree, out, "olddefconfig")
    config = (out / ".config").read_text()
    assert "CONFIG_COMPACTION=y\n" in config
    assert "CONFIG_NET" not in config
    assert "NO_SUCH" not in config


def test_w1_is_another_command_line(tree: Path, out: Path) -> None:
    """Without W=1 everything is rebuilt, and what only W=1 says is not said."""
    toy.append(tree, "mm/slab.c", "\nint cmp(unsigned a);\nint cmp(unsigned a)\n{\n\treturn a < 0;\n}\n")
    assert "[-Wtype-limits]" in toy.build(tree, out).stdout
    plain = toy.make(tree, out, "-k", "-O", "-j2")
    assert compiled(plain) == everything(tree) | {"kernel/bounds.s"}
    assert "warning:" not in plain.stdout


def test_the_example_series_builds_as_it_says(toy_repo: toy.ToyRepo, tmp_path: Path) -> None:
    """Each of its commits does what its subject says, walked in one build directory."""
    shas = toy.example_series(toy_repo)
    out = tmp_path / "out"
    seen = []
    for sha in (toy_repo.base, *shas):
        toy_repo.git("checkout", "-q", sha)
        toy.configure(toy_repo.path, out)
        done = toy.build(toy_repo.path, out)
        seen.append((done.returncode, done.stdout.count("warning:"), done.stdout.count("error:")))
    assert [code for code, _, _ in seen] == [0, 0, 0, 2, 0, 0, 0]
    assert seen[0][1] == seen[1][1] == seen[6][1] == 0
    assert seen[2][1] > 3
    assert seen[3][2] == 1
    assert seen[4][1] > 0
