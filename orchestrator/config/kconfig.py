"""A config as the matrix asks for it -> KernelConfig. Files of the user's are read here, files of the tree are not."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.config import load, values
from orchestrator.config.catalog import Arch
from orchestrator.config.schema import ConfigSection
from orchestrator.errors import ConfigError
from orchestrator.model.matrix import KernelConfig

MAX_CONFIG_BYTES = 4 * 1024 * 1024
MAX_NAME = 100

_TREE_PATH = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9_.+-]*(/[A-Za-z0-9_+][A-Za-z0-9_.+-]*)*")
_GENERIC = ("defconfig", "allmodconfig", "allyesconfig", "allnoconfig", "tinyconfig", "alldefconfig", "randconfig")
# These ask the user, need a .config that is already there, or depend on the machine they run on.
_REFUSED_BASES = frozenset(
    (
        "config",
        "nconfig",
        "menuconfig",
        "xconfig",
        "gconfig",
        "oldconfig",
        "syncconfig",
        "olddefconfig",
        "oldaskconfig",
        "localmodconfig",
        "localyesconfig",
        "savedefconfig",
        "listnewconfig",
        "helpnewconfig",
        "testconfig",
        "mod2yesconfig",
        "yes2modconfig",
        "mod2noconfig",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configs:
    """What a request can refer to: the named configs, and the folder that `./x.config` is relative to."""

    named: Mapping[str, ConfigSection]
    root: Path

    def resolve(self, request: tuple[str, ...], where: str) -> KernelConfig:
        """A request is a make target, a file or a named config, then fragments and CONFIG_ lines.

        Raises ValueError with the reason if it is none of these.
        """
        first, *rest = request
        section = self.named.get(first)
        if section is None:
            return self._build(first, tuple(rest), _cell_name(request), where)
        items = (*section.fragments, *section.set, *rest)
        return self._build(section.base, items, _cell_name((first, *rest)), where)

    def _build(self, base: str, items: tuple[str, ...], name: str, where: str) -> KernelConfig:
        config = self._base(base, name, where)
        fragments: list[str] = []
        texts: list[str] = []
        symbols: dict[str, str] = {}
        for item in items:
            if item.startswith(("CONFIG_", "#")):
                line = values.config_line(item)
                if symbols.setdefault(values.config_symbol(line), line) != line:
                    raise ValueError(f"asks for both {symbols[values.config_symbol(line)]!r} and {line!r}")
            elif is_user_path(item):
                texts.append(self._read(item))
            else:
                fragments.append(_tree_fragment(item))
        return replace(config, fragments=tuple(fragments), fragment_texts=tuple(texts), symbols=tuple(symbols.values()))

    def _base(self, base: str, name: str, where: str) -> KernelConfig:
        if is_user_path(base):
            text = self._read(base)
            return KernelConfig(name=name, base=base, base_is_file=True, base_text=text, where=where)
        _refuse_url(base)
        if base.startswith("CONFIG_"):
            raise ValueError(f"{base!r} needs a base before it: write [defconfig, {base}]")
        if not base.endswith("config") or not _TREE_PATH.fullmatch(base):
            near = values.did_you_mean(base, (*self.named, *_GENERIC))
            raise ValueError(f"{base!r} is no config: a make target (defconfig), ./file, or a name under configs{near}")
        if base in _REFUSED_BASES:
            raise ValueError(
                f"{base} asks questions or needs a .config: use defconfig, allmodconfig, NAME_defconfig..."
            )
        if base.endswith(".config"):
            raise ValueError(
                f"{base!r} is a fragment: write [defconfig, kernel/configs/{base}], or ./{base} for a file"
            )
        return KernelConfig(name=name, base=base, where=where)

    def _read(self, item: str) -> str:
        try:
            path = self.root / Path(item).expanduser()
            text = load.read_text(path, limit=MAX_CONFIG_BYTES)
        except ConfigError as error:
            raise ValueError(error.problems[0]) from None
        except RuntimeError as error:
            raise ValueError(f"{item!r}: {error}") from None
        for number, line in enumerate(text.splitlines(), 1):
            # The line itself is not shown: whatever this file is, it is not ours to print.
            if line.strip() and not line.startswith(("CONFIG_", "#")):
                raise ValueError(f"{path}:{number}: is no line of a .config (CONFIG_X=y or a # comment)")
        return text


def for_arch(config: KernelConfig, arch: Arch) -> KernelConfig:
    """`defconfig` of powerpc32 is pmac32_defconfig. Raises ValueError if the kernel has no such target for it."""
    meanings = dict(arch.configs)
    if config.base_is_file or config.base not in meanings:
        return config
    meaning = meanings[config.base]
    if meaning is None:
        known = ", ".join(name for name in meanings.values() if name)
        raise ValueError(f"the kernel has no {config.base} for {arch.name} (it has {known})")
    return replace(config, base=meaning)


def is_user_path(item: str) -> bool:
    """True for a path on the user's disk: it starts with `./`, `../`, `/` or `~`."""
    return item.startswith(("./", "../", "/", "~"))


def _tree_fragment(item: str) -> str:
    _refuse_url(item)
    if ".." in item.split("/"):
        raise ValueError(f"{item!r} leaves the tree: start with ./ or ../ for a file of yours")
    if "/" not in item or not _TREE_PATH.fullmatch(item):
        raise ValueError(
            f"{item!r} is no fragment: give a path in the tree (kernel/configs/debug.config), ./file, or CONFIG_X=y"
        )
    return item


def _refuse_url(item: str) -> None:
    if "://" in item:
        raise ValueError(f"{item!r} is a URL: builds have no network; download it and name it as ./file")


def _cell_name(request: tuple[str, ...]) -> str:
    """`[multi_v7_defconfig, CONFIG_THUMB2_KERNEL=y]` -> `multi_v7_defconfig+THUMB2_KERNEL`."""
    name = "+".join(_slug(item) for item in request)
    if len(name) <= MAX_NAME:
        return name
    digest = hashlib.sha256("\0".join(request).encode()).hexdigest()[:8]
    return f"{name[: MAX_NAME - 9]}.{digest}"


def _slug(item: str) -> str:
    if item.startswith(("CONFIG_", "#")):
        symbol = values.config_symbol(values.config_line(item)).removeprefix("CONFIG_")
        value = item.partition("=")[2] if "=" in item else "n"
        item = symbol if value == "y" else f"{symbol}.{value}"
    elif is_user_path(item) or item.endswith(".config"):
        item = item.rsplit("/", 1)[-1].removesuffix(".config")
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", item).strip("-.") or "config"
