"""What the kernel's own build says: modpost, objtool, Kconfig."""

import re

from orchestrator.logparse.found import ERROR, SEVERITY, WARNING, Found

UNDEFINED = re.compile(r"\"([^\"]*)\" \[([^\]]*)\] (?:undefined!|was exported without definition|.*)", re.DOTALL)
MISMATCH = re.compile(
    r"(\S+?)(?:\(([^()]*)\))?: [Ss]ection mismatch in reference"
    r"(?:: (?P<new>[^\s+]+)| from the (?:function|variable|\(unknown reference\)) (?P<old>[^\s(]+))"
)
MODPOST_FILE = re.compile(
    r"([^\s:\"']+\.(?:o|ko|c)|vmlinux|[^\s:\"']+/[^\s:\"']+)(?::| \(|$)|.*(?: in|module) (\S+\.(?:o|ko))(?:$| )"
)
OLD_MODPOST = re.compile(
    r"[\"'][^\"']*[\"'] \[|(?:modpost: )?\S+\([^()]*\): Section mismatch|EXPORT symbol |missing MODULE_|"
    r"Symbol version dump|Module\.symvers is missing|could not (?:find|open) |GPL-incompatible module |"
    r"module \S+ uses symbol |Symbol info of |\S+ \([^()]*\): unexpected |Found \d+ section mismatch|"
    r"\S+: (?:sizeof\(|struct \w+_device_id|'\S+' exported twice)|parse error in symbol dump|modpost: "
)

OBJTOOL_FUNCTION = re.compile(r"([A-Za-z_$][\w.$]*)(?:\(\)|\+0x)|\.text\.([\w.$]+): ")
OBJTOOL_TRACE = "  "

KCONFIG_NAME = re.compile(r"(?:.*/)?(?:Kconfig[^/]*|\.config[^/]*|[^/]*_defconfig|[^/]*\.config)$")
KCONFIG_WORDS = {"warning": WARNING, "error": ERROR}
KCONFIG_TRAIL = re.compile(
    r" (?:symbol \S+ (?:is selected by|is implied by|depends on|(?:default|prompt) is visible|\w+ value contains)|"
    r"choice |location of the |(?:\S+ )?\w+ is part of choice)|\t"
)
"""Lines of a dependency loop; the diagnostic is `recursive dependency detected!`."""
OLD_UNMET = re.compile(r"\(.*\) selects \S+ which has unmet direct dependencies", re.DOTALL)


def modpost(word: str, message: str) -> Found | None:
    """modpost since 5.7 (`modpost: M`) and before.

    Accepted formats, after `ERROR: `, `WARNING: ` or `FATAL: `: `modpost: M`, `"S" [M.ko] undefined!`,
    `O.o(.text+0x1): Section mismatch in reference from the function F() to ..`, `modpost: O: section mismatch in
    reference: F+0x1 (section: .text) -> G (section: .init.text)`, `EXPORT symbol "S" [O] version generation failed ..`.
    The unindented lines of an old mismatch's block follow up to an empty line.
    """
    if not OLD_MODPOST.match(message):
        return None
    message = message.removeprefix("modpost: ")
    severity = SEVERITY[word.lower()]
    if hit := MISMATCH.match(message):
        return Found(severity, "modpost", message, hit.group(1), function=hit.group("new") or hit.group("old"))
    if hit := UNDEFINED.match(message):
        return Found(severity, "modpost", message, hit.group(2), function=hit.group(1))
    place = MODPOST_FILE.match(message)
    return Found(severity, "modpost", message, place.group(1) or place.group(2) if place else None)


def objtool(head: str | None, word: str, message: str) -> Found | None:
    """Accepted formats: `O.o: warning: objtool: F()+0x1: M`, `O.o: error: objtool: M`, `error: objtool: M`.

    A message that starts with two more spaces is a step of a backtrace and belongs to the line above.
    """
    if not message.startswith("objtool: ") or message.startswith(OBJTOOL_TRACE, 9):
        return None
    message = message[9:]
    named = OBJTOOL_FUNCTION.match(message)
    function = (named.group(1) or named.group(2)) if named else None
    return Found(SEVERITY[word], "objtool", message, head, function=function)


def kconfig_located(rest: str, place: tuple[str, int, int | None]) -> Found | None:
    """Kconfig with a place. Only the file's name, or a missing space, tells it from a compiler.

    Accepted formats: `F:L:warning: M`, `F:L:error: M`, `Kconfig:L: M` (a syntax error), `Kconfig:L: warning: M`,
    `.config:L:warning: M`.
    """
    file, line, column = place
    word, _, message = rest.partition(": ")
    if word in KCONFIG_WORDS:
        return Found(KCONFIG_WORDS[word], "kconfig", message.strip(), file, line, column)
    if column is not None or not KCONFIG_NAME.match(file) or KCONFIG_TRAIL.match(rest):
        return None
    severity = KCONFIG_WORDS.get(word.strip())
    if severity is not None:
        return Found(severity, "kconfig", message.strip(), file, line)
    return Found(ERROR, "kconfig", rest.strip(), file, line) if rest[:1] == " " and rest.strip() else None


def kconfig_bare(word: str, message: str) -> Found | None:
    """Accepted formats: `WARNING: unmet direct dependencies detected for X`, `warning: (A && ..) selects X which has
    unmet direct dependencies (..)` (before 4.20), `error: recursive dependency detected!` (since 6.11).
    """
    if (
        message.startswith("unmet direct dependencies detected")
        or message == "recursive dependency detected!"
        or OLD_UNMET.match(message)
    ):
        return Found(SEVERITY[word.lower()], "kconfig", message)
    return None
