"""Histories of the toy kernel: a tree is the toy tree with a set of changes in it, a history a list of such sets.

Any set of names of CHANGES can be applied to a fresh copy, in the order of CHANGES; one that does not fit there any
more (its file is gone) changes nothing. So histories can be made, and made smaller, by chance.
"""

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

import toykernel as toy

Change = Callable[[Path], None]


def _add(path: str, block: str) -> Change:
    def change(tree: Path) -> None:
        if (tree / path).is_file():
            toy.append(tree, path, block)

    return change


def _swap(path: str, old: str, new: str) -> Change:
    def change(tree: Path) -> None:
        if (tree / path).is_file() and old in (tree / path).read_text():
            (tree / path).write_text((tree / path).read_text().replace(old, new, 1))

    return change


def _drop(path: str) -> Change:
    return lambda tree: (tree / path).unlink(missing_ok=True)


def _put(path: str, text: str) -> Change:
    def change(tree: Path) -> None:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)

    return change


def _all(*changes: Change) -> Change:
    def change(tree: Path) -> None:
        for one in changes:
            one(tree)

    return change


def _move(old: str, new: str, makefile: str, line: str, now: str) -> Change:
    def change(tree: Path) -> None:
        if (tree / old).is_file():
            (tree / new).write_text((tree / old).read_text())
            (tree / old).unlink()
            _swap(makefile, line, now)(tree)

    return change


_SPDX = "// SPDX-License-Identifier: GPL-2.0-or-later\n"

CHANGES: Mapping[str, Change] = {
    # Files that are not in the toy tree, and not in its Makefiles yet.
    "new-file": _put("mm/zone.c", f"{_SPDX}#include <linux/mm.h>\n{toy.warning('zone')}"),
    "new-file-in-build": _add("mm/Makefile", "obj-y += zone.o\n"),
    "new-header": _put("include/linux/extra.h", f"#define EXTRA 1\n{toy.warning('extra_hint')}"),
    "include-new-header": _add("mm/page.c", "#include <linux/extra.h>\n"),
    "include-it-from-header": _add("include/linux/mm.h", "#include <linux/extra.h>\n"),
    "shadowing-header": _put("arch/x86/include/linux/mm_types.h", "#error the wrong mm_types.h\n"),
    "has-include": _add("lib/string.c", f'#if __has_include("../mm/zone.c")\n{toy.warning("has_zone")}#endif\n'),
    # What a file says.
    **{
        f"{kind}-{path}": _add(path, block(f"{kind}_{Path(path).stem}"))
        for path in ("mm/page.c", "mm/swap.c", "lib/string.c", "drivers/net/core.c", "drivers/net/dev.c")
        for kind, block in (("warning", toy.warning), ("error", toy.error), ("undefined", toy.undefined))
    },
    "second-warning": _add("mm/page.c", toy.warning("second")),
    "shift": _swap("mm/page.c", "#include", "\n\n/* Lines move. */\n#include"),
    "warning-in-header": _add("include/linux/mm_types.h", toy.warning("types_hint")),
    "warning-in-kernel.h": _add("include/linux/kernel.h", toy.warning("kernel_hint")),
    "broken-header": _add("include/linux/mm.h", toy.hash_error("mm_h_is_broken")),
    "arch-warning": _add("arch/x86/kernel/setup.c", toy.warning("arch_hint")),
    # `prepare` compiles it: nothing else is tried when it fails.
    "bounds-warning": _add(toy.BOUNDS, toy.warning("bounds_hint")),
    "bounds-error": _add(toy.BOUNDS, toy.error("bounds_error")),
    # What is in the build.
    "no-swap-default": _swap("arch/x86/configs/defconfig", "CONFIG_SWAP=y", "# CONFIG_SWAP is not set"),
    "net-built-in": _swap("arch/x86/configs/defconfig", "CONFIG_NET=m", "CONFIG_NET=y"),
    "new-symbol": _add("mm/Kconfig", '\nconfig ZONES\n\tbool "Zones"\n\tdefault y\n'),
    "symbol-used": _add("mm/slab.c", f"#ifdef CONFIG_ZONES\n{toy.warning('zones')}#endif\n"),
    "broken-kconfig": _add("mm/Kconfig", "\nconfig\n\tnonsense\n"),
    "drop-slab": _all(_drop("mm/slab.c"), _swap("mm/Makefile", " slab.o", "")),
    "rename-page": _move("mm/page.c", "mm/pages.c", "mm/Makefile", "page.o", "pages.o"),
    "delete-but-keep-in-makefile": _drop("kernel/printk.c"),
    "delete-header": _drop("include/linux/extra.h"),
    "other-flags": _add("mm/Makefile", "ccflags-y += -DNOTHING\n"),
    "more-warnings": _add("kernel/Makefile", "ccflags-y += -Wunused-macros\n"),
    "macro": _add("kernel/fork.c", "#define UNUSED_MACRO 1\n"),
    "broken-makefile": _add("lib/Makefile", "ifdef\n"),
    "werror": _add("mm/Makefile", "ccflags-y += -Werror\n"),
    "words-only": _put("Documentation/toy.rst", "A toy.\n"),
}


def grow(repo: toy.ToyRepo, history: Iterable[Collection[str]]) -> tuple[str, ...]:
    """Commit each set of changes on top of the toy tree, the first on the repository's base; the shas."""
    shas = []
    for number, chosen in enumerate(history, 1):
        for path in repo.path.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(toy.TREE, repo.path, dirs_exist_ok=True)
        for name, change in CHANGES.items():
            if name in chosen:
                change(repo.path)
        shas.append(repo.commit(f"{number}: {', '.join(sorted(chosen)) or 'nothing'}"))
    return tuple(shas)
