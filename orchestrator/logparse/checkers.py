"""Static checkers and documentation tools: sparse, smatch, coccinelle, kernel-doc, sphinx, header and SPDX checks."""

import re

from orchestrator.logparse.found import ERROR, SEVERITY, WARNING, Found

KERNEL_DOC = re.compile(
    r"(?:(?:[Ff]unction )?(?:parameter|struct member|union member|member) .* not described in"
    r"|[Ee]xcess .* description in|[Ee]num value .* not described|[Nn]o description found for"
    r"|expecting prototype for|This comment starts with '/\*\*'|[Cc]annot understand|[Cc]an't understand"
    r"|[Cc]annot parse|wrong kernel-doc identifier|missing initial short description|duplicate section name"
    r"|contents before sections|suspicious ending line|bad line: |Incorrect use of kernel-doc format"
    r"|Unrecognized tracepoint format|no structured comments found|'.*' not found$)"
)
"""The messages of scripts/kernel-doc, its Perl and its Python form; gcc without a column looks the same otherwise."""

SPHINX_PLACE = re.compile(r"(?:\S.* )?([^\s:]+):(\d{0,9}): (WARNING|ERROR|SEVERE|CRITICAL): (.*)", re.DOTALL)
"""The place that docutils means is the last one: `F.rst:L: G.h:L: WARNING: M` names the directive's place before it."""

SPARSE_DETAIL = re.compile(r"(?: sparse:)*(?:\s{3,}| {2,}(?:expected|got|the previous|left|right) )")
SMATCH = re.compile(r"([^\s:]+):(\d{1,9}) ([\w.]+)\(\) (warn|warning|error|debug|parse error): (.*)", re.DOTALL)
COCCINELLE = re.compile(r"([^\s:]+):(\d{1,9}):(\d{1,9})-(\d{1,9}): (.*)", re.DOTALL)
INCLUDED_TWICE = re.compile(r"([^\s:]+): (\S+ is included more than once\.)")
VERSION_CHECK = re.compile(
    r"([^\s:]+): (?:(\d{1,9}) (linux/version\.h not needed\.)|(\d{1,9}): (need linux/version\.h))"
)
SPDX_CHECK = re.compile(r"([^\s:]+): (\d{1,9}):(\d{1,9}) ([A-Z].*)", re.DOTALL)
DOC_REFERENCE = re.compile(r"(\S+) (references a file that doesn't exist: .*)", re.DOTALL)
SPHINX_TYPE = re.compile(r"(.*) \[([a-z][a-z_]*(?:\.[a-z_]+)?)\]", re.DOTALL)
DOCUTILS_LEVEL = re.compile(r" ?\((ERROR|WARNING|SEVERE)/\d\)")
HEADER_FILE = re.compile(r"(\S+\.[a-zA-Z]+): ((?:leak |missing ).*)", re.DOTALL)
HEADER_CHECKS = {
    "found __[us]": WARNING,
    "included file '": ERROR,
    "userspace cannot reference": WARNING,
    "extern's make no sense": WARNING,
    "include of <": WARNING,
    "leaks CONFIG": WARNING,
    "leak CONFIG": WARNING,
}


def sparse(rest: str, place: tuple[str, int, int | None]) -> Found | None:
    """sparse as 0-day prints it; plain sparse looks like gcc and is told apart by its CHECK echo line.

    Accepted formats: `F:L:C: sparse: sparse: M`, `F:L:C: sparse: warning: M`, `F:L:C: sparse: error: M`. Its notes
    (`F:L:C: sparse: note: in included file`) are no diagnostics.
    """
    message = rest.strip()
    while message.startswith("sparse: "):
        message = message[8:].lstrip()
    if message.startswith("note: "):
        return None
    severity = WARNING
    for word, level in (("warning: ", WARNING), ("error: ", ERROR)):
        if message.startswith(word):
            message, severity = message[len(word) :], level
    return Found(severity, "sparse", message, *place)


def kernel_doc(found: Found) -> Found:
    """`F:L: warning: M` is kernel-doc's when it has kernel-doc's words (`F:L: error: Cannot parse struct..` too)."""
    if found.column is None and found.flag is None and KERNEL_DOC.match(found.message):
        return found._replace(kind="kernel-doc")
    return found


def sphinx(word: str, message: str, place: tuple[str, int | None, int | None]) -> Found | None:
    """Accepted formats: `F:L: WARNING: M`, `F:L: ERROR: M [docutils]`, `F:L: (SEVERE/4) M`, `F: WARNING: M`."""
    severity = SEVERITY.get(word.lower())
    if severity is None or not word.isupper():
        return None
    typed = SPHINX_TYPE.fullmatch(message)
    message, flag = (typed.group(1), typed.group(2)) if typed else (message, None)
    file, line, column = place
    return Found(severity, "sphinx", message, file, line, column, flag)


def sphinx_anywhere(text: str) -> Found | None:
    """Accepted formats: `F.rst:L: G.h:L: WARNING: M` (a directive's text), `F.rst:: WARNING: M` (no line known)."""
    hit = SPHINX_PLACE.fullmatch(text)
    if hit is None:
        return None
    file, line, word, message = hit.groups()
    return sphinx(word, message, (file, int(line) if line else None, None))


def docutils(rest: str, place: tuple[str, int, int | None]) -> Found | None:
    """Accepted formats: `F:L: (ERROR/3) M`."""
    level = DOCUTILS_LEVEL.match(rest)
    return sphinx(level.group(1), rest[level.end() :].strip(), place) if level else None


def header_check(rest: str, place: tuple[str, int, int | None]) -> Found | None:
    """usr/include/headers_check.pl: only an unexported include fails the build, the rest warns."""
    message = rest.strip()
    for start, severity in HEADER_CHECKS.items():
        if message.startswith(start):
            return Found(severity, "headers_check", message, *place)
    return None


def header_install(severity_word: str, message: str) -> Found | None:
    """scripts/headers_install.sh. Accepted formats: `error: F.h: leak CONFIG_X to user-space`,
    `error: F.h: missing "WITH Linux-syscall-note" for SPDX-License-Identifier`, `warning: F.h: leak ..`.
    """
    header = HEADER_FILE.fullmatch(message)
    if header is None:
        return None
    return Found(SEVERITY[severity_word.lower()], "headers_install", header.group(2), header.group(1))


def smatch(text: str) -> Found | None:
    """Accepted formats: `F:L f() warn: M`, `F:L f() error: M`."""
    hit = SMATCH.match(text)
    if hit is None or hit.group(4) == "debug":
        return None
    file, line, function, word, message = hit.groups()
    severity = WARNING if word.startswith("warn") else ERROR
    return Found(severity, "smatch", message, file, int(line), function=function)


def coccinelle(text: str) -> Found | None:
    """coccicheck in report mode. Accepted formats: `F:L:C-C: WARNING: M`, `F:L:C-C: ERROR: M`, `F:L:C-C: M`."""
    hit = COCCINELLE.match(text)
    if hit is None:
        return None
    file, line, column, _, message = hit.groups()
    severity = ERROR if message.startswith("ERROR") else WARNING
    return Found(severity, "coccinelle", message, file, int(line), int(column))


def tree_checks(text: str) -> Found | None:
    """scripts/checkincludes.pl, checkversion.pl and spdxcheck.py.

    Accepted formats: `F: G is included more than once.`, `F: L linux/version.h not needed.`,
    `F: L: need linux/version.h`, `F: L:C Invalid License ID: M`.
    """
    if text.endswith("once.") and (hit := INCLUDED_TWICE.fullmatch(text)):
        return Found(WARNING, "includecheck", hit.group(2), hit.group(1))
    if "linux/version.h" in text and (hit := VERSION_CHECK.fullmatch(text)):
        line = hit.group(2) or hit.group(4)
        return Found(WARNING, "versioncheck", hit.group(3) or hit.group(5), hit.group(1), int(line))
    if (hit := SPDX_CHECK.match(text)) and ("." in hit.group(1) or "/" in hit.group(1)):
        return Found(WARNING, "spdxcheck", hit.group(4), hit.group(1), int(hit.group(2)), int(hit.group(3)))
    return None


def doc_reference(message: str) -> Found | None:
    """scripts/documentation-file-ref-check: `Warning: F references a file that doesn't exist: G`."""
    hit = DOC_REFERENCE.fullmatch(message)
    return Found(WARNING, "doc", hit.group(2), hit.group(1)) if hit else None
