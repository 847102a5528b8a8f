"""The toy Kbuild tree in tests/toykernel/: copy it, change it as patches do, commit it, build it with the host's tools.

The changes are functions of a directory, so a history can be made with or without git. Each block of code that one of
them appends has a name and can be taken out again by it.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).parent / "toykernel"
SOURCES = (
    "init/main.c",
    "kernel/fork.c",
    "kernel/printk.c",
    "mm/page.c",
    "mm/slab.c",
    "mm/swap.c",
    "lib/string.c",
    "drivers/net/core.c",
    "drivers/net/dev.c",
)
"""C files that defconfig builds for any arch, besides arch/$(SRCARCH)/kernel/setup.c."""
HEADERS = ("include/linux/kernel.h", "include/linux/mm.h", "include/linux/mm_types.h")
BOUNDS = "kernel/bounds.c"
"""What `prepare` compiles: broken, nothing else is tried."""
_GONE = ("GIT_", "MAKE", "MFLAGS", "KBUILD", "KCFLAGS")


def environment() -> dict[str, str]:
    """The environment of git and make: C locale, an author, a fixed time, nothing of the user's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_GONE)}
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()}
    return {**kept, **who, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


_WHO = {"NAME": "A U Thor", "EMAIL": "author@example.org", "DATE": "2025-01-01T00:00:00Z"}


def missing_tools() -> str:
    """Why the toy tree cannot be built on this machine, "" if it can."""
    missing = [tool for tool in ("make", "gcc", "ld", "ar", "nm", "awk") if not shutil.which(tool)]
    return f"the toy kernel needs {', '.join(missing)} on this machine" if missing else ""


# Building


def make(tree: Path, out: Path, *arguments: str, arch: str = "x86") -> subprocess.CompletedProcess[str]:
    """`make O=out ARCH=arch ARGUMENTS` in the tree; stdout has stderr in it, in order, as DESIGN D1 asks."""
    return subprocess.run(
        ["make", f"O={out}", f"ARCH={arch}", "CROSS_COMPILE=", *arguments],
        cwd=tree,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="surrogateescape",
        check=False,
    )


def configure(tree: Path, out: Path, config: str = "defconfig", *, arch: str = "x86") -> None:
    """Make a .config that must work."""
    done = make(tree, out, config, arch=arch)
    assert done.returncode == 0, done.stdout


def build(tree: Path, out: Path, *goals: str, arch: str = "x86") -> subprocess.CompletedProcess[str]:
    """Build as a lane does: `make -k -O -j2 W=1`."""
    return make(tree, out, "-k", "-O", "-j2", "W=1", *goals, arch=arch)


# Changing


def append(tree: Path, path: str, block: str) -> None:
    """Add text to the end of a file, making the file if need be."""
    file = tree / path
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text() if file.exists() else ""
    file.write_text(before + block)


def substitute(tree: Path, path: str, old: str, new: str) -> None:
    """Replace the one occurrence of a text."""
    text = (tree / path).read_text()
    assert text.count(old) == 1, f"{path} has {old!r} {text.count(old)} times"
    (tree / path).write_text(text.replace(old, new))


def has(tree: Path, path: str, block: str) -> bool:
    """Whether a file is there and holds a block."""
    return (tree / path).is_file() and block in (tree / path).read_text()


def warning(name: str) -> str:
    """A block for a C file or a header: -Wunused-variable in a function called `name`, once an including object."""
    return f"\nstatic inline int {name}(void)\n{{\n\tint unused;\n\n\treturn 0;\n}}\n"


def error(name: str) -> str:
    """A block for a C file: an undeclared identifier in a function called `name`."""
    return f"\nint {name}(void);\nint {name}(void)\n{{\n\treturn undeclared_{name};\n}}\n"


def undefined(name: str) -> str:
    """A block for a C file: compiles, and fails when vmlinux (or, in a module, modpost) looks for `missing_NAME`."""
    return f"\nint missing_{name}(void);\nint {name}(void);\nint {name}(void)\n{{\n\treturn missing_{name}();\n}}\n"


def hash_error(name: str) -> str:
    """A line that stops whatever includes it."""
    return f"#error {name}\n"


def add_object(tree: Path, path: str, block: str = "", *, when: str = "y") -> None:
    """Add a C file with `block` in it and its line in the directory's Makefile; `when`: `y` or `$(CONFIG_X)`."""
    append(tree, path, "// SPDX-License-Identifier: GPL-2.0-or-later\n#include <linux/mm.h>\n" + block)
    append(tree, _makefile(path), _line(path, when))


def remove_object(tree: Path, path: str, *, when: str = "y") -> None:
    """Take back what add_object did."""
    (tree / path).unlink()
    substitute(tree, _makefile(path), _line(path, when), "")


def rename_object(tree: Path, old: str, new: str) -> None:
    """Move a C file that add_object added; the object is another one afterwards."""
    (tree / new).parent.mkdir(parents=True, exist_ok=True)
    (tree / old).rename(tree / new)
    substitute(tree, _makefile(old), _line(old, "y"), "")
    append(tree, _makefile(new), _line(new, "y"))


def _makefile(path: str) -> str:
    return str(Path(path).parent / "Makefile")


def _line(path: str, when: str) -> str:
    return f"obj-{when} += {Path(path).stem}.o\n"


def add_symbol(tree: Path, symbol: str, *, default: str = "y", kconfig: str = "mm/Kconfig") -> None:
    """A new Kconfig symbol (without CONFIG_). Symbols that no defconfig names take their default."""
    append(tree, kconfig, f'\nconfig {symbol}\n\tbool "{symbol}"\n\tdefault {default}\n')


# Committing


@dataclass(frozen=True)
class ToyRepo:
    """A git repository whose first commit, `base`, is the toy tree; branch `main` is checked out at `path`."""

    path: Path
    base: str

    def git(self, *arguments: str) -> str:
        """Run git in the repository; its output without the last newline."""
        return _git(self.path, *arguments)

    def commit(self, subject: str, files: Mapping[str, str | None] | None = None) -> str:
        """Write (None: delete) `files`, then commit whatever changed in the work tree; the sha."""
        for path, text in (files or {}).items():
            if text is None:
                (self.path / path).unlink()
            else:
                (self.path / path).parent.mkdir(parents=True, exist_ok=True)
                (self.path / path).write_text(text)
        return _commit(self.path, subject)


def copy(where: Path) -> Path:
    """A copy of the toy tree at `where`, which must not exist yet."""
    return Path(shutil.copytree(TREE, where))


def repository(where: Path) -> ToyRepo:
    """A new git repository at `where` with the toy tree as its one commit."""
    copy(where)
    _git(where, "init", "-q", "-b", "main")
    return ToyRepo(path=where, base=_commit(where, "Toy kernel"))


def example_series(repo: ToyRepo) -> tuple[str, ...]:
    """Six commits that show what matters: harmless, warns, breaks prepare, mends it, drops a file, only words."""
    tree = repo.path
    append(tree, "mm/page.c", "\n/* Pages are few. */\n")
    shas = [repo.commit("mm: say that pages are few")]
    append(tree, "include/linux/mm.h", warning("page_hint"))
    shas.append(repo.commit("mm: page_hint(), with a warning in every user"))
    append(tree, BOUNDS, error("bound"))
    append(tree, "mm/slab.c", warning("slab_hint"))
    shas.append(repo.commit("kernel: a bound that does not compile; a slab_hint() that nobody can see yet"))
    substitute(tree, BOUNDS, error("bound"), "")
    shas.append(repo.commit("kernel: mend the bound"))
    (tree / "mm/swap.c").unlink()
    substitute(tree, "mm/Makefile", "obj-$(CONFIG_SWAP) += swap.o\n", "")
    shas.append(repo.commit("mm: drop swap"))
    append(tree, "Documentation/toy.rst", "A toy.\n")
    shas.append(repo.commit("Documentation: toy"))
    return tuple(shas)


def _commit(where: Path, subject: str) -> str:
    _git(where, "add", "-A")
    _git(where, "commit", "-q", "--allow-empty", "-m", subject)
    return _git(where, "rev-parse", "HEAD")


def _git(where: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=where, env=environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.rstrip("\n")
