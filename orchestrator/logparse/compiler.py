"""gcc, clang, clang-tidy, bindgen and the assemblers: lines that start with file:line[:column]."""

import re

from orchestrator.logparse.found import ERROR, SEVERITY, WARNING, Found

LOCATED = re.compile(r"([^\s:]++|<[a-z][a-z -]{0,30}>|\{standard input\}):(\d{1,9}):(?:(\d{1,9}):)?(.*)", re.DOTALL)
"""`file:line:` or `file:line:column:` and the rest. Linux is never built below a path with a space or a colon."""

COMPILER_WORDS = {
    " error": ERROR,
    " warning": WARNING,
    " fatal error": ERROR,
    " internal compiler error": ERROR,
    " sorry, unimplemented": ERROR,
}
WORDED_KINDS = frozenset({" internal compiler error", " sorry, unimplemented"})
"""Kinds of error that stay in the message: it says little without them."""
ASSEMBLER_WORDS = {" Error": ERROR, " Warning": WARNING, " Fatal error": ERROR, " Internal error": ERROR}
NOTE_WORDS = frozenset(
    {" note", " remark", " Info", "  Info", " Note", " message", " help", " confused by earlier errors, bailing out"}
)

RUSTC_CODE = re.compile(r" (error|warning)\[([A-Z]\d{1,6})\]")
TIDY_CHECK = re.compile(
    r"(?:clang-analyzer|clang-diagnostic|linuxkernel|bugprone|performance|portability|readability|misc|cert|"
    r"concurrency|modernize|hicpp|llvm|google|altera|cppcoreguidelines)-[\w.,-]+"
)

GLUED = re.compile(
    r"(?:\[-W[^\s\[\]]+\]|^  [A-Z][A-Z0-9]+(?: \[[A-Z]\])? +[^\s:]{1,300}?\.(?:o|s|a|ko))"
    r"(?=[\w./][^\s:]{0,1000}+:\d{1,9}:\d{1,9}: (?:fatal error|error|warning): )"
)
"""Two lines that parallel make wrote as one: the first ends at its flag, or is an echo line."""

GLUED_ECHO = re.compile(r"(?<=\S)(?=  [A-Z][A-Z0-9]+(?: \[[A-Z]\])? +[^\s:]{1,300}\.(?:o|s|a|ko)\Z)")
"""An echo line in the middle of another's last line: standard output and standard error came through two pipes."""
ECHO_ENDS = (".o", ".s", ".a", ".ko")

LINE_ENDS = re.compile("[\r\n]+")

SEVERITY_INSIDE = re.compile(r":(\d{1,9}):(\d{1,9}): (fatal error|error|warning): ")

FUNCTION_IN_MESSAGE = re.compile(r"\bin (?:inlined )?(?:function )?['`\u2018\"]([A-Za-z_.$][\w.$]*)['\u2019\"](?:$| )")


def split_flag(message: str) -> tuple[str, str | None]:
    """The message without its trailing flag, and the flag without brackets.

    Accepted formats: `M [-Wx]`, `M [-Wx=]`, `M [-Werror=x]`, `M [-Werror,-Wx]`, `M [-W#warnings]`,
    `M [clang-analyzer-core.NullDereference]`. Other brackets are text.
    """
    if not message.endswith("]"):
        return message, None
    text, _, inside = message[:-1].rpartition(" [")
    if " " in inside or not (inside.startswith("-") or (text and TIDY_CHECK.fullmatch(inside))):
        return message, None
    return text.rstrip(), inside


def compiler_message(word: str, message: str, file: str, line: int, column: int | None) -> Found | None:
    """What gcc, clang or clang-tidy says at a place.

    Accepted formats: `F:L:C: (fatal error|error|warning): M [-Wx]`, `F:L: warning: M` (gcc at the start of a line),
    `F:L:C: internal compiler error: M`, `F:L:C: sorry, unimplemented: M`.
    """
    severity = COMPILER_WORDS.get(word)
    if severity is None:
        return None
    if word in WORDED_KINDS:
        message = f"{word[1:]}: {message}"
    message, flag = split_flag(message)
    kind = "clang-analyzer" if flag is not None and flag.startswith("clang-analyzer") else "cc"
    function = function_in(message) if " in " in message else None
    return Found(severity, kind, message, file, line, column, flag, function)


def rustc_short(word: str, message: str, place: tuple[str, int, int | None]) -> Found | None:
    """Accepted formats: `F.rs:L:C: error[E0425]: M` (rustc's short form of an error with a code)."""
    hit = RUSTC_CODE.fullmatch(word)
    return Found(SEVERITY[hit.group(1)], "rustc", message, *place, flag=hit.group(2)) if hit else None


def assembler_message(word: str, message: str, place: tuple[str, int, int | None]) -> Found | None:
    """What gas says. Accepted formats: `F:L: Error: M`, `F:L: Warning: M`, `{standard input}:L: Fatal error: M`."""
    severity = ASSEMBLER_WORDS.get(word)
    if severity is None:
        return None
    return Found(severity, "as", message, *place)


def assembler_abort(rest: str, place: tuple[str, int, int | None]) -> Found | None:
    """Accepted formats: `F.s:L: Internal error in F at X.c:L.`, `F.s:L: Internal error, aborting at X.c:L`."""
    message = rest.strip()
    return (
        Found(ERROR, "as", message, *place) if message.startswith(("Internal error in ", "Internal error, ")) else None
    )


def function_in(message: str) -> str | None:
    """The function that the message itself names as its place (`stack frame size (..) exceeds limit (..) in 'f'`)."""
    found = FUNCTION_IN_MESSAGE.search(message)
    return found.group(1) if found else None


def recover(text: str) -> Found | None:
    """A compiler's line behind something else: `clang diag: F:L:C: warning: M` (bindgen), lines mixed by make -j.

    The place is the last word before `:L:C:`. An empty one (`:165:5: warning: M`: its file name went to another
    line) is kept as a diagnostic without a file.
    """
    inside = SEVERITY_INSIDE.search(text)
    if inside is None or text[:1].isspace():
        return None
    head = text[: inside.start()]
    file = re.split(r"[\s\"(]", head)[-1] if head and not head[-1].isspace() else None
    if file is not None and not re.search(r"[\w>}]", file):
        return None
    message, flag = split_flag(text[inside.end() :])
    return Found(SEVERITY[inside.group(3)], "cc", message, file, int(inside.group(1)), int(inside.group(2)), flag, None)


def pieces(text: str) -> list[str]:
    """The lines in a line: line ends and carriage returns separate them, and parallel make may have glued two."""
    found: list[str] = []
    for piece in LINE_ENDS.split(text) if "\r" in text or "\n" in text else (text,):
        start = 0
        for cut in GLUED.finditer(piece) if "[-W" in piece or piece[:2] == "  " else ():
            found.append(piece[start : cut.end()])
            start = cut.end()
        if piece.endswith(ECHO_ENDS) and (echo := GLUED_ECHO.search(piece, start)):
            found.append(piece[start : echo.end()])
            start = echo.end()
        found.append(piece[start:])
    return found
