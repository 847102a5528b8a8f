"""GNU ld (bfd, gold) and lld."""

import re

from orchestrator.logparse.found import ERROR, SEVERITY, WARNING, Found

LINKER = re.compile(r"((?:\S*[/-])?ld(?:\.bfd|\.gold)?(?:-[\d.]+)?): ?(.*)", re.DOTALL)
"""`ld`, `/usr/bin/ld`, `m68k-linux-gnu-ld.bfd`. ld prints `LD:FILE.lds:L: M` without a space."""
LLD = re.compile(
    r"((?:\S*[/-])?(?:ld\.lld|ld64\.lld|wasm-ld|lld)(?:-[\d.]+)?): (error|warning|fatal|fatal error): (.*)", re.DOTALL
)

SYMBOL_LINE = re.compile(
    r"(more undefined references to|undefined reference to|multiple definition of)"
    r"(?: symbol)? [`'\u2018]([^'\u2019]{0,1024})['\u2019]"
)
"""What is said of a symbol. Everything before it is the place."""
TRUNCATED = re.compile(
    r"relocation truncated to fit: \S+(?: \(stub\))? against (?:undefined )?(?:symbol )?"
    r"[`'\u2018]([^'\u2019]{0,1024})['\u2019]"
)
SECTION_LINE = re.compile(
    r"(?:(?:\S*[/-])?ld(?:\.bfd|\.gold)?(?:-[\d.]+)?: )?([^\s()]*)\([^\s()]+\+0x[0-9a-fA-F]+\): (.*)", re.DOTALL
)
DISCARDED = re.compile(
    r"[`'\u2018]([^'\u2019]{1,1024})['\u2019] referenced in section [`'\u2018].*: defined in discarded section ",
    re.DOTALL,
)
UNREADABLE = re.compile(r"([^\s:]+): (file not recognized: .*|member \S+ in archive is not an object)", re.DOTALL)
PLACE_END = re.compile(r"(?::function [^:()]*|\([^()]*\)|\berror:\s*|:\s*)+$")
PLACE_LINE = re.compile(r"(?:^|:)([^:\s()]+)(?::(\d{1,9}))?$")
LLD_SYMBOL = re.compile(r"(?:undefined|duplicate) (?:hidden |protected |internal )?symbol: (.*)", re.DOTALL)
FILE_WARNING = re.compile(r"(?:([^\s:]+): )?([Ww]arning|error|fatal error|internal error): (.*)", re.DOTALL)
SCRIPT_LINE = re.compile(r"([^\s:]+):(\d{1,9}): (.*)", re.DOTALL)
CHATTER = re.compile(
    r"(?:\S+: )?(?:NOTE|note|[Ss]upported emulations|supported targets|use the --help|emulation specific options|"
    r"link errors found, deleting|have you installed the static version|[Pp]lease report this bug)|"
    r"additional relocation overflows omitted|"
    r".*(?:in function [`'\u2018]|(?:first defined|previous definition) here$|no symbols$)"
)


def symbol_line(text: str) -> Found | None:
    """Undefined references and multiple definitions: one diagnostic each.

    Accepted formats: `[LD: ][O.o:]F.c:(.text+0x1): undefined reference to `S'`, `[LD: ]F.c:L: undefined reference
    to `S'`, `(.text+0x1): ..`, `LD: O.o: more undefined references to `S' follow`, `F.h:L: multiple definition of `S';
    O.o:F.h:L: first defined here`, `O.o:(.text+0x1): relocation truncated to fit: R_X against undefined symbol `S'`.
    """
    hit = SYMBOL_LINE.search(text) or TRUNCATED.search(text)
    if hit is None:
        return None
    symbol = hit.group(hit.lastindex or 1)
    head, _, detail = text.partition(hit.group(0))
    named = LINKER.match(head)
    file, line = _place(named.group(2) if named else head)
    return Found(ERROR, "ld", hit.group(0) + detail, file, line, function=symbol)


def section_line(text: str) -> Found | None:
    """Anything else that ld says of a place in a section.

    Accepted formats: `[LD: ][O.o:]F.c:(.text+0x1): dangerous relocation: M`, `O.o(.text+0x1): M`, `F.c:(.text+0x1):
    warning: M`.
    """
    hit = SECTION_LINE.match(text)
    if hit is None or CHATTER.match(hit.group(2)):
        return None
    file, line = _place(hit.group(1))
    message = hit.group(2)
    severity = WARNING if message.startswith("warning: ") else ERROR
    return Found(severity, "ld", message.removeprefix("warning: "), file, line)


def _place(head: str) -> tuple[str | None, int | None]:
    """The innermost file of `O.o:F.c:(.text+0x1): `, with its line if ld had debug information."""
    place = PLACE_LINE.search(PLACE_END.sub("", head[-4096:]))
    if place is None:
        return None, None
    file, line = place.groups()
    if file.isdigit():
        return None, None
    return file, int(line) if line else None


def lld(text: str) -> Found | None:
    """Accepted formats: `ld.lld: error: M`, `ld.lld-19: warning: M`; `>>>` lines that follow belong to it."""
    hit = LLD.match(text)
    if hit is None:
        return None
    message = hit.group(3)
    symbol = LLD_SYMBOL.match(message)
    return Found(SEVERITY[hit.group(2)], "lld", message, function=symbol.group(1) if symbol else None)


def gnu_ld(text: str) -> Found | None:
    """Anything else GNU ld says; what it does not call a warning is an error.

    Accepted formats: `LD: warning: M`, `LD: F: warning: M`, `LD:F.lds:L: M`, `LD: cannot find -lx`, `LD: final link
    failed: M`, `LD: O.o: relocation R_X against S can not be used ..`.
    """
    hit = LINKER.match(text)
    if hit is None:
        return None
    message = hit.group(2)
    if not message or CHATTER.match(message):
        return None
    worded = FILE_WARNING.match(message)
    if worded:
        file, word, detail = worded.groups()
        return Found(SEVERITY[word.lower()], "ld", detail, file)
    script = SCRIPT_LINE.match(message)
    if script:
        severity = WARNING if script.group(3).startswith("warning: ") else ERROR
        return Found(severity, "ld", script.group(3), script.group(1), int(script.group(2)))
    severity = WARNING if message.startswith("skipping incompatible ") else ERROR
    return Found(severity, "ld", message)


def unnamed_ld(text: str) -> Found | None:
    """What older versions of GNU ld say without their own name.

    Accepted formats: ``S' referenced in section `.x' of O.o: defined in discarded section `.y' of P.o``, `O.o: file not
    recognized: M`, `O.o: member P.o in archive is not an object`.
    """
    if "discarded section" in text and (hit := DISCARDED.match(text)):
        return Found(ERROR, "ld", text, function=hit.group(1))
    hit = UNREADABLE.match(text)
    return Found(ERROR, "ld", hit.group(2), hit.group(1)) if hit else None
