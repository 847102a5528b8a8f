"""What single values of a matrix may look like. Every function takes plain data and raises ValueError with a reason."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DURATION = re.compile(r"([1-9][0-9]*)(s|m|h|d)?")
_MEMORY = re.compile(r"([1-9][0-9]*)([mgt])i?b?", re.IGNORECASE)
_IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9._:/@-]*")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MIB = {"m": 1, "g": 1024, "t": 1024 * 1024}
MAX_TIMEOUT_S = 7 * 86400

# What would change where the build lands, what it prints, or which column of the table it is.
_REFUSED_VARIABLES = {
    **dict.fromkeys(("ARCH", "SRCARCH", "SUBARCH"), "the arch axis sets it"),
    **dict.fromkeys(
        ("O", "KBUILD_OUTPUT", "srctree", "objtree", "src", "obj", "VPATH", "KBUILD_SRC", "abs_srctree", "abs_objtree"),
        "kmatrix decides where sources and objects are",
    ),
    **dict.fromkeys(
        ("M", "MO", "KBUILD_EXTMOD", "KBUILD_EXTMOD_OUTPUT"), "kmatrix builds kernels, not external modules"
    ),
    **dict.fromkeys(("KCONFIG_CONFIG", "KBUILD_DEFCONFIG", "KBUILD_KCONFIG"), "the config axis decides the .config"),
    **dict.fromkeys(
        (
            "MAKEFLAGS",
            "MFLAGS",
            "GNUMAKEFLAGS",
            "MAKEOVERRIDES",
            "MAKEFILES",
            "MAKE",
            "MAKELEVEL",
            "MAKECMDGOALS",
            "CURDIR",
        ),
        "kmatrix gives make its flags; use jobs for -j",
    ),
    **dict.fromkeys(("V", "KBUILD_VERBOSE", "Q", "quiet"), "diagnostics are attributed by Kbuild's short echo lines"),
    **dict.fromkeys(("SHELL", "CONFIG_SHELL", "PATH", "HOME"), "the container decides it"),
    **dict.fromkeys(("LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE"), "messages are read in the C locale"),
}
_REFUSED_TARGETS = {
    **dict.fromkeys(("clean", "mrproper", "distclean"), "it would delete the warm build directory"),
    **dict.fromkeys(
        ("install", "zinstall", "modules_install", "dtbs_install", "vdso_install"), "a check installs nothing"
    ),
    **dict.fromkeys(("help", "cscope", "tags", "TAGS", "gtags"), "it builds nothing"),
}
_SET_LINE = re.compile(r"CONFIG_([A-Za-z0-9_]+)=(y|m|n|-?[0-9]{1,20}|0[xX][0-9A-Fa-f]{1,16}|\"[^\"\\]*\")")
_UNSET_LINE = re.compile(r"# *CONFIG_([A-Za-z0-9_]+) is not set")
SEVERITIES = ("error", "warning")
FAIL_ON = ("error", "new-warning")
BUILD = ("all", "bisect")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'arm64'?)`, or nothing if no known word is near."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f" (did you mean {by_lower[near[0]]!r}?)" if near else ""


def is_glob(word: str) -> bool:
    """True if a shell would look for matches. Names have none of these characters."""
    return any(char in word for char in "*?[")


def text(value: object) -> str:
    """A non-empty string of one line."""
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {kind(value)}")
    if not value.strip():
        raise ValueError("is empty")
    if not value.isprintable():
        raise ValueError("has a line break or control character in it")
    return value


def kind(value: object) -> str:
    """What a value is, in words of YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else f"the number {value}"


def name(value: object) -> str:
    """A name that is also a path component and part of a cell's name."""
    word = text(value)
    if not _NAME.fullmatch(word) or len(word) > 100:
        raise ValueError(f"{word[:60]!r} is no name: use letters, digits, and . _ + - (at most 100)")
    return word


def listed(value: object) -> list[object]:
    """A list as it is, one value as a list of one. Empty is refused."""
    if isinstance(value, dict) or value is None:
        raise ValueError(f"expected text or a list, got {kind(value)}")
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("is empty: name at least one")
        return list(value)
    return [value]


def duration(value: object) -> int:
    """`45m`, `2h`, `90s`, `1d` or whole seconds -> seconds."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"expected a time such as 45m, 2h or 90s, got {kind(value)}")
    match = _DURATION.fullmatch(str(value).strip())
    if not match or len(match[1]) > 9:
        raise ValueError(f"{str(value)[:40]!r} is no time: write 45m, 2h, 90s or whole seconds")
    seconds = int(match[1]) * _SECONDS[match[2] or "s"]
    if seconds > MAX_TIMEOUT_S:
        raise ValueError(f"{value} is more than 7 days")
    return seconds


def memory(value: object) -> int:
    """`8g`, `512m` -> MiB."""
    match = _MEMORY.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match or len(match[1]) > 9:
        shown = repr(value[:40]) if isinstance(value, str) else kind(value)
        raise ValueError(f"{shown} is no amount of memory: write 8g or 512m")
    mib = int(match[1]) * _MIB[match[2].lower()]
    if not 64 <= mib <= 64 * _MIB["t"]:
        raise ValueError(f"{value} is not between 64m and 64t")
    return mib


def whole(value: object, low: int, high: int) -> int:
    """A whole number in [low, high]; true is not 1."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"expected a whole number, got {kind(value)}")
    if not low <= value <= high:
        raise ValueError(f"{value} is not between {low} and {high}")
    return value


def variable_name(word: str) -> str:
    """A make variable that a user may set."""
    if not _VARIABLE.fullmatch(word):
        raise ValueError(f"{word[:60]!r} is no make variable: use letters, digits and _")
    reason = _REFUSED_VARIABLES.get(word)
    if reason:
        raise ValueError(f"{word} may not be set: {reason}")
    return word


def variable_value(value: object) -> str:
    """Text or a whole number of one line; may be empty (`CROSS_COMPILE: ""`)."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"expected text or a whole number, got {kind(value)}")
    if value != "" and not str(value).isprintable():
        raise ValueError("has a line break or control character in it")
    return str(value)


def variable_pair(word: str) -> tuple[str, str]:
    """`W=1` of the command line."""
    key, equals, value = word.partition("=")
    if not equals:
        raise ValueError(f"{word!r} is not VAR=VALUE")
    return variable_name(key), variable_value(value)


def config_line(value: object) -> str:
    """`CONFIG_X=y|m|n|number|"text"` or `# CONFIG_X is not set`, in the form a .config has it (no `=n`)."""
    if value is None:
        raise ValueError('is empty: # begins a comment in YAML: write "# CONFIG_X is not set" with the quotes')
    word = text(value).strip()
    match = _SET_LINE.fullmatch(word)
    if match and match[2] != "n":
        return word
    match = match or _UNSET_LINE.fullmatch(word)
    if not match:
        hint = f": write CONFIG_{word}" if _SET_LINE.fullmatch(f"CONFIG_{word}") else ""
        raise ValueError(f"{word[:80]!r} is neither CONFIG_X=value nor '# CONFIG_X is not set'{hint}")
    return f"# CONFIG_{match[1]} is not set"


def config_symbol(line: str) -> str:
    """`CONFIG_X` of a line that `config_line` let pass."""
    return line.removeprefix("# ").split("=")[0].split(" ")[0]


def target(value: object) -> str:
    """A real make target: `all`, `mm/`, `drivers/net/phy/phy.o`, `dtbs`."""
    word = text(value)
    if word.startswith("-"):
        raise ValueError(f"{word!r} starts with -: make would take it for an option")
    if "=" in word:
        raise ValueError(f"{word!r} is a variable, not a target: put it under make")
    if any(char.isspace() or char in "\"'$`;|&<>()*?[]\\#%:~" for char in word):
        raise ValueError(f"{word!r} is no make target: it has spaces or characters of the shell in it")
    if word.startswith("/") or ".." in word.split("/"):
        raise ValueError(f"{word!r} leaves the tree: targets are relative to its top")
    if word in _REFUSED_TARGETS:
        raise ValueError(f"{word} is no target here: {_REFUSED_TARGETS[word]}")
    if word.endswith("config"):
        raise ValueError(f"{word} is no target here: put it on the config axis")
    return word


def image(value: object) -> str:
    """An image reference; the only placeholder is `{arch}`."""
    word = text(value)
    plain = word.replace("{arch}", "x")
    if "{" in plain or "}" in plain:
        raise ValueError(f"{word!r}: the only placeholder is {{arch}}")
    if not _IMAGE.fullmatch(plain) or "//" in plain or ".." in plain or len(plain) > 255:
        raise ValueError(f"{word[:80]!r} is no image reference such as registry.example/group/gcc-14:{{arch}}")
    return word


def one_of(value: object, known: tuple[str, ...]) -> str:
    """A word of a closed list."""
    word = text(value)
    if word not in known:
        raise ValueError(f"expected one of {', '.join(known)}; got {word!r}{did_you_mean(word, known)}")
    return word
