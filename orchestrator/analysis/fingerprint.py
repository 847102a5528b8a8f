"""A diagnostic without what moves: line numbers, build directories, temporary names, offsets, counters, sizes.

`exact` tells old from new between two commits of one target; `neutral` is the same for gcc's and clang's words for
one mistake, and groups targets. Both are readable strings, equal on every machine.
"""

import posixpath
import re
from collections.abc import Callable

from orchestrator.analysis.wording import Mistake, mistake
from orchestrator.model.diagnostic import Diagnostic

_DIRECTORIES = (
    "arch block certs crypto Documentation drivers fs include init io_uring ipc kernel lib mm net rust samples scripts "
    "security sound tools usr virt"
)
_TOP = frozenset(_DIRECTORIES.split())
_SYSTEM = ("/usr/", "/lib/", "/lib64/", "/opt/")
# The compiler driver's own files. A build directory may lie in /tmp as well: that is a prefix like any other.
_TEMPORARY = re.compile(
    r"(?:/tmp|/var/tmp|/dev/shm)/[^\s/:'\",;)]+(?![^\s:'\",;)])|\bcc[A-Za-z0-9]{6}\.(?:[os]|ltrans\S*)(?![\w.])"
)
_WORK_DIR = re.compile(r"^/(?:home/[^/]+|root|(?:var/)?tmp/[^/]+|dev/shm/[^/]+)/")

MAX_MESSAGE = 2048
"""Characters of a message that count: enough for any type that a macro builds, and some patterns are quadratic."""

_QUOTES = str.maketrans(dict.fromkeys('\u2018\u2019\u201c\u201d`"', "'"))
_DID_YOU_MEAN = re.compile(r"[;,]?\s*\(?did you mean\b[^?]*\?\)?")
_PATH = re.compile(r"(?<![\w.<'/-])(?:\.{0,2}/)[\w.+-]+(?:/+[\w.+-]+)+|(?<=')/[\w.+-]+(?:/+[\w.+-]+)+(?=')")
_FILE_LINE = re.compile(r"((?:Makefile|Kconfig|Kbuild)[\w.-]*|\b[\w+-]+\.[A-Za-z]\w*):\d+(?::\d+)?\b")
_SUFFIX = re.compile(r"(?:\.(?:constprop|isra|part|cold|llvm|lto_priv|localalias|clone|cfi_jt|cfi)(?:\.\d+)*)+(?![\w])")

# Each: what moves, what stands for it. Order matters: longer names before the plain offsets.
_MOVING: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(__compiletime_assert_)\d+"), r"\1{n}"),
    (re.compile(r"(__UNIQUE_ID_\w*?)\d+(?!\w)"), r"\1{n}"),
    (re.compile(r"(__initcall__kmod_\w+?__)\d+_\d+_"), r"\1{n}_"),
    (re.compile(r"(\.L[A-Za-z_]*)\d+\b"), r"\1{n}"),
    (re.compile(r"\+0x[0-9a-fA-F]+(?:/0x[0-9a-fA-F]+)?"), "+{offset}"),
    (re.compile(r"\b0x[0-9a-fA-F]{8,16}\b"), "{address}"),
    (re.compile(r"(frame size of )\d+( bytes)(?: is larger than \d+ bytes)?"), r"\1{n}\2"),
    (re.compile(r"(frame size \()\d+(\) exceeds limit \()\d+"), r"\1{n}\2{n}"),
    (re.compile(r"(stack usage (?:is|might be) )\d+"), r"\1{n}"),
    (re.compile(r"(out of range: )-?\d+( is not in \[)[^\]]*"), r"\1{n}\2"),
    (re.compile(r"((?:[Ss]uppressed|Found) )\d+"), r"\1{n}"),
    (re.compile(r"\b(lines? )\d+(?:(?:, ?|-)\d+)*"), r"\1{n}"),
    (re.compile(r"((?:overflowed by|too large:) )\d+( bytes)"), r"\1{n}\2"),
    (re.compile(r"\[[0-9a-f]{8,16},[0-9a-f]{8,16}\]"), "[{address}]"),
    (re.compile(r"\b(make|gmake)\[\d+\]"), r"\1"),
)
_STATIC_LOCAL = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\.\d+(?![\w.])")
_NUMBER = re.compile(r"\b\d+\b")
_AKA = re.compile(r"\s*[{(\[]aka\s+(?:'[^']*'|[^)}\]])*[)}\]]")
_SPACE = re.compile(r"\s+")


def exact(diagnostic: Diagnostic) -> str:
    """`path|severity|kind|flag|function|message`, each normalised; what one tool says again after an edit elsewhere."""
    return "|".join(
        (
            normal_path(diagnostic.file or ""),
            diagnostic.severity.value,
            diagnostic.kind,
            normal_flag(diagnostic.flag),
            _symbol(diagnostic.function or ""),
            normal_message(diagnostic),
        )
    )


def neutral(diagnostic: Diagnostic) -> str:
    """Equal for gcc's and clang's (ld's and lld's) words for the same mistake in the same file.

    A known mistake is `path|severity|class|names`; any other message stands for itself without quotes and `aka`s.
    The enclosing function is left out: clang does not print it.
    """
    message = _AKA.sub("", normal_message(diagnostic))
    known = mistake(diagnostic, message)
    # ld names the source file when there is debug information, lld on a line of its own.
    path = "" if known and known.anywhere else normal_path(diagnostic.file or "")
    if known is None:
        flag = normal_flag(diagnostic.flag)
        words = _SPACE.sub(" ", message.replace("'", "")).strip()
        return "|".join((path, diagnostic.severity.value, diagnostic.kind, flag, words))
    return "|".join((path, diagnostic.severity.value, known.name, *known.names))


def mistake_of(diagnostic: Diagnostic) -> Mistake | None:
    """What a diagnostic complains of, if its words are known; see wording.py."""
    return mistake(diagnostic, _AKA.sub("", normal_message(diagnostic)))


def normal_path(path: str) -> str:
    """`path` as the source tree names it: `./a//b/../c.h`, `../a/c.h` and `/any/build/dir/a/c.h` become `a/c.h`.

    A temporary file is `{tmp}`; a header of the system keeps its absolute name.
    """
    if not path or path.startswith(("<", "{")):
        return path
    if _TEMPORARY.fullmatch(path):
        return "{tmp}"
    tidy = posixpath.normpath(path)
    if tidy.startswith("//"):
        tidy = tidy[1:]
    if tidy.startswith("../") or (tidy.startswith("/") and not tidy.startswith(_SYSTEM)):
        parts = _WORK_DIR.sub("", tidy).strip("/").split("/")
        while parts and parts[0] == "..":
            del parts[0]
        top = next((index for index, part in enumerate(parts[:-1]) if part in _TOP), None)
        if top is not None:
            return "/".join(parts[top:])
        return "/".join(parts) if tidy.startswith("../") else tidy
    return tidy


def normal_flag(flag: str | None) -> str:
    """`-Werror=foo`, `-Werror,-Wfoo` and `-Wfoo=2` are `-Wfoo`: the severity says the rest."""
    if not flag or flag == "-Werror":
        return ""
    plain = flag.removeprefix("-Werror,").replace("-Werror=", "-W", 1)
    return plain.split("=", 1)[0] if plain.startswith("-W") else plain


def normal_message(diagnostic: Diagnostic) -> str:
    """The message without anything that an edit elsewhere, another directory or another locale changes."""
    message = diagnostic.message[:MAX_MESSAGE]
    text = _SPACE.sub(" ", message.translate(_QUOTES)).replace("''", "'").strip()
    if "did you mean" in text:
        text = _DID_YOU_MEAN.sub("", text)
    text = _TEMPORARY.sub("{tmp}", text)
    if "/" in text:
        text = _PATH.sub(_path_of_match, text)
    text = _FILE_LINE.sub(r"\1", text)
    for pattern, replacement in _MOVING:
        text = pattern.sub(replacement, text)
    text = _SUFFIX.sub("", text)
    if diagnostic.kind in {"ld", "lld", "modpost", "objtool"}:
        text = _STATIC_LOCAL.sub(r"\1.{n}", text).removeprefix("modpost: ")
    if diagnostic.kind == "shell":
        text = _NUMBER.sub("{n}", text)
    return text


def _path_of_match(match: re.Match[str]) -> str:
    return normal_path(match.group(0))


def _symbol(name: str) -> str:
    for pattern, replacement in _MOVING[:4]:
        name = pattern.sub(replacement, name)
    return _SUFFIX.sub("", name).removesuffix("()")


class Fingerprints:
    """`exact` and `neutral`, each computed once for equal fields: thousands of states repeat the same diagnostics."""

    def __init__(self) -> None:
        self._exact: dict[tuple[object, ...], str] = {}
        self._neutral: dict[tuple[object, ...], str] = {}

    def exact(self, diagnostic: Diagnostic) -> str:
        """See `exact`."""
        return self._once(self._exact, exact, diagnostic, ())

    def neutral(self, diagnostic: Diagnostic) -> str:
        """See `neutral`. The excerpt counts: gcc names the types of a mismatch in its notes."""
        return self._once(self._neutral, neutral, diagnostic, diagnostic.excerpt)

    @staticmethod
    def _once(
        memo: dict[tuple[object, ...], str], make: Callable[[Diagnostic], str], d: Diagnostic, more: tuple[str, ...]
    ) -> str:
        key = (d.message, d.file, d.function, d.flag, d.kind, d.severity, more)
        found = memo.get(key)
        if found is None:
            found = memo[key] = make(d)
        return found
