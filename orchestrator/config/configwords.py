"""The words of a config request: base, fragment, CONFIG_ line. Pure; `kconfig` makes a KernelConfig of them."""

import hashlib
import re
from collections.abc import Collection

from orchestrator.config import values

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


def check_request(request: tuple[str, ...], named: Collection[str]) -> None:
    """Raises ValueError unless `request` is a base or one of `named`, then fragments and CONFIG_ lines."""
    first, *rest = request
    if first not in named:
        check_base(first, named)
    for item in rest:
        check_item(item)
    lines_by_symbol(request)


def check_base(base: str, named: Collection[str] = ()) -> str:
    """A make target that makes a .config by itself, or a path of the user's."""
    if is_user_path(base):
        return base
    _refuse_url(base)
    if base.startswith("CONFIG_"):
        raise ValueError(f"{base!r} needs a base before it: write [defconfig, {base}]")
    if not base.endswith("config") or not _TREE_PATH.fullmatch(base):
        near = values.did_you_mean(base, (*named, *_GENERIC))
        raise ValueError(f"{base!r} is no config: a make target (defconfig), ./file, or a name under configs{near}")
    if base in _REFUSED_BASES:
        raise ValueError(f"{base} asks questions or needs a .config: use defconfig, allmodconfig, NAME_defconfig...")
    if base.endswith(".config"):
        raise ValueError(f"{base!r} is a fragment: write [defconfig, kernel/configs/{base}], or ./{base} for a file")
    return base


def check_item(item: str) -> str:
    """What may follow a base: a CONFIG_ line, or a fragment."""
    return item if is_line(item) and values.config_line(item) else check_fragment(item)


def check_fragment(item: str) -> str:
    """A path in the tree, or a path of the user's."""
    if is_user_path(item):
        return item
    _refuse_url(item)
    if ".." in item.split("/"):
        raise ValueError(f"{item!r} leaves the tree: start with ./ or ../ for a file of yours")
    if "/" not in item or not _TREE_PATH.fullmatch(item):
        raise ValueError(
            f"{item!r} is no fragment: give a path in the tree (kernel/configs/debug.config), ./file, or CONFIG_X=y"
        )
    return item


def is_line(item: str) -> bool:
    """True if it means to be a line of a .config."""
    return item.startswith(("CONFIG_", "#"))


def is_user_path(item: str) -> bool:
    """True for a path on the user's disk: it starts with `./`, `../`, `/` or `~`."""
    return item.startswith(("./", "../", "/", "~"))


def lines_by_symbol(items: Collection[str]) -> dict[str, str]:
    """The CONFIG_ lines among `items`. Raises ValueError if two contradict each other."""
    symbols: dict[str, str] = {}
    for line in (values.config_line(item) for item in items if is_line(item)):
        known = symbols.setdefault(values.config_symbol(line), line)
        if known != line:
            raise ValueError(f"asks for both {known!r} and {line!r}")
    return symbols


def cell_name(request: tuple[str, ...]) -> str:
    """`[multi_v7_defconfig, CONFIG_THUMB2_KERNEL=y]` -> `multi_v7_defconfig+THUMB2_KERNEL`."""
    name = "+".join(_slug(item) for item in request)
    if len(name) <= MAX_NAME:
        return name
    digest = hashlib.sha256("\0".join(request).encode()).hexdigest()[:8]
    return f"{name[: MAX_NAME - 9]}.{digest}"


def _slug(item: str) -> str:
    if is_line(item):
        symbol = values.config_symbol(values.config_line(item)).removeprefix("CONFIG_")
        value = item.partition("=")[2] if "=" in item else "n"
        item = symbol if value == "y" else f"{symbol}.{value}"
    elif is_user_path(item) or item.endswith(".config"):
        item = item.rsplit("/", 1)[-1].removesuffix(".config")
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", item).strip("-.") or "config"


def _refuse_url(item: str) -> None:
    if "://" in item:
        raise ValueError(f"{item!r} is a URL: builds have no network; download it and name it as ./file")
