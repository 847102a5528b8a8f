"""What a set of changed paths can do to a warm build directory: need a new .config, change which objects there are."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from orchestrator.model.matrix import KernelConfig
from orchestrator.model.series import TouchedFile


def needs_configure(config: KernelConfig, touched: Iterable[TouchedFile]) -> bool:
    """True if a clean build of the new tree could get another .config.

    That is Kconfig files, defconfigs and fragments, and whatever Kconfig macros may run: scripts/ and the Makefiles
    that set the compiler up (Documentation/kbuild/kconfig-macro-language.rst).
    """
    return any(_can_change_config(PurePosixPath(file.path), config) for file in touched)


def _can_change_config(path: PurePosixPath, config: KernelConfig) -> bool:
    return (
        path.name.startswith("Kconfig")
        or "configs" in path.parts
        or path.parts[0] == "scripts"
        or str(path) in config.fragments
        or (
            path.name.startswith("Makefile")
            and (len(path.parts) == 1 or (path.parts[0] == "arch" and len(path.parts) == 3))
        )
    )


def may_change_members(touched: Iterable[TouchedFile]) -> bool:
    """True if objects may have entered or left the build: files come and go, or Kbuild's own files changed."""
    return any(file.status != "M" or _is_kbuild(PurePosixPath(file.path)) for file in touched)


RULES = (
    *(f":(glob)**/{name}" for name in ("Makefile*", "Kbuild*", "Kconfig*", "*.mk", "configs/**")),
    ":(top)scripts",
)
"""The pathspecs of what `_is_kbuild` knows, for git."""


def _is_kbuild(path: PurePosixPath) -> bool:
    return (
        path.name.startswith(("Makefile", "Kbuild", "Kconfig"))
        or path.suffix == ".mk"
        or "configs" in path.parts
        or path.parts[0] == "scripts"
    )


# What Kbuild makes of a source by its own name (scripts/Makefile.build, scripts/Makefile.lib).
_MADE_OF_SOURCE = ("o", "s", "i", "lst", "lex.c", "tab.c", "tab.h", "dtb", "dtbo", "asn1.c", "asn1.h", "lds")


def orphans(touched: Iterable[TouchedFile]) -> tuple[str, ...]:
    """Paths under the build directory that stand for deleted sources.

    Make would not miss a source that is gone while its object is there: nothing says how to make it, so it is taken as
    it is, and a build that must fail passes with the old object.
    """
    return tuple(
        f"{PurePosixPath(file.path).with_suffix('')}.{suffix}"
        for file in touched
        if file.status == "D" and PurePosixPath(file.path).suffix not in {"", ".h"}
        for suffix in _MADE_OF_SOURCE
    )


def names_with(touched: Iterable[TouchedFile], statuses: str) -> tuple[str, ...]:
    """Names (without directories) of the files with one of these statuses (`A`, `AD`).

    A header that comes may be found before the one of its name that was used (on an earlier -I); one that comes or
    goes answers a `__has_include` otherwise. Make sees neither: of the files that were read, none changed.
    """
    return tuple(sorted({PurePosixPath(file.path).name for file in touched if file.status in statuses}))


def unset_symbols(wanted: Iterable[str], dot_config: str) -> tuple[str, ...]:
    """`wanted -> got` for each wanted line (`CONFIG_X=y`, `# CONFIG_X is not set`) that .config does not hold.

    A symbol that .config does not mention is not set. The last of several wanted lines for a symbol counts.
    """
    got = dict(_settings(dot_config.splitlines()))
    asked = dict(_settings(wanted))
    return tuple(
        f"{_line(symbol, value)} -> {_line(symbol, got.get(symbol, 'n'))}"
        for symbol, value in asked.items()
        if got.get(symbol, "n") != value
    )


def _settings(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in lines:
        line = text.strip()
        if line.startswith("# CONFIG_") and line.endswith(" is not set"):
            yield line[2 : -len(" is not set")], "n"
        elif line.startswith("CONFIG_") and "=" in line:
            symbol, _, value = line.partition("=")
            yield symbol, value


def _line(symbol: str, value: str) -> str:
    return f"# {symbol} is not set" if value == "n" else f"{symbol}={value}"
