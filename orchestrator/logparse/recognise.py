"""One line in, what it says out: which recogniser to ask, cheapest test first. Knows nothing of the lines around it.

That a line is read by itself is what makes the parser survive a cut log and lines mixed by parallel make.
"""

from enum import Enum

from orchestrator.logparse import checkers, compiler, devicetree, interpreters, kbuild, linker, make, tools
from orchestrator.logparse.found import Found

Place = tuple[str, int, int | None]


class Aside(Enum):
    """A line that is no diagnostic. NOTE belongs to the one before, LEAD to the one after, SILENT to none."""

    NOTE = "note"
    LEAD = "lead"
    SILENT = "silent"


LEAD_STARTS = (
    "In file included from ",
    "In function ",
    "In member function ",
    "In constructor ",
    "during RTL pass: ",
    "during GIMPLE pass: ",
    "during IPA pass: ",
    "Traceback (most recent",
)
LEAD_MARKS = (
    ": In ",
    ": At top level:",
    "Assembler messages:",
    ": in function `",
    ": in function '",
    ": note: in included file",
    ": At global scope:",
)
# sphinx's word behind a place of any form
SPHINX_MARKS = (": WARNING: ", ": ERROR: ", ": SEVERE: ", ": CRITICAL: ")
SYMBOL_MARKS = ("undefined reference", "multiple definition of", "relocation truncated to fit")


def recognise(text: str) -> Found | Aside | None:
    """What a line that starts in column 1 says; None if nobody knows it (a source line, a command, chatter)."""
    hit = compiler.LOCATED.match(text)
    if hit is not None:
        file, line, column, rest = hit.groups()
        word, _, message = rest.partition(": ")
        if column is None:
            return located(rest, (file, int(line), None)) or unlocated(text)
        said = compiler.compiler_message(word, message, file, int(line), int(column))
        return said or located(rest, (file, int(line), int(column))) or unlocated(text)
    if text.startswith(LEAD_STARTS) or (text[-1:] in ":," and any(mark in text for mark in LEAD_MARKS)):
        return Aside.LEAD
    if ":" in text:
        return unlocated(text)
    return interpreters.shell(text) or tools.failing_tool(text) or checkers.tree_checks(text)


def located(rest: str, place: Place) -> Found | Aside | None:
    """The rest of a line after `F:L:` or `F:L:C:`."""
    word, separator, message = rest.partition(": ")
    if separator:
        if (
            place[2] is None
            and not message.startswith("undefined reference to ")
            and (said := compiler.compiler_message(word, message, *place))
        ):
            return without_column(said)
        if word in compiler.NOTE_WORDS:
            return Aside.NOTE
        if word == " sparse":
            detail = checkers.SPARSE_DETAIL.match(rest)
            return Aside.NOTE if detail else checkers.sparse(rest, place) or Aside.NOTE
        if word[-1:] == "]" and (said := compiler.rustc_short(word, message, place)):
            return said
        if said := compiler.assembler_message(word, message, place) or checkers.sphinx(word[1:], message, place):
            return said
    elif word in compiler.NOTE_WORDS:
        return Aside.NOTE
    if any(mark in rest for mark in SYMBOL_MARKS):
        return None
    if checkers.SPARSE_DETAIL.match(rest):
        return Aside.NOTE
    return (
        checkers.header_check(rest, place)
        or kbuild.kconfig_located(rest, place)
        or make.makefile_message(rest, place)
        or checkers.docutils(rest, place)
        or devicetree.yamllint(rest, place)
        or devicetree.dt_schema_located(rest, place)
        or compiler.assembler_abort(rest, place)
        or interpreters.script_place(rest, place)
    )


def without_column(said: Found) -> Found:
    """`F:L: warning: M` is said by many tools; the file's name or the words tell which."""
    file = said.file or ""
    if kbuild.KCONFIG_NAME.match(file):
        return said._replace(kind="kconfig")
    if make.MAKEFILE_NAME.match(file):
        return said._replace(kind="make")
    return checkers.kernel_doc(said)


def unlocated(text: str) -> Found | Aside | None:
    """A line that does not start with a place, or whose place nobody above made sense of."""
    if make.MAKE.match(text):
        return make.make_message(text)
    if any(mark in text for mark in SYMBOL_MARKS) and (said := linker.symbol_line(text)):
        return said
    if "+0x" in text and (said := linker.section_line(text)):
        return said
    if linker.LINKER.match(text) or linker.LLD.match(text):
        return linker.lld(text) or linker.gnu_ld(text)
    if any(mark in text for mark in SPHINX_MARKS) and (said := checkers.sphinx_anywhere(text)):
        return said
    if (said := tools.bare(text)) or (said := tools.capital(text)):
        return said
    if tools.BARE.match(text) or tools.CAPITAL.match(text):
        return Aside.SILENT
    if " (" in text and (said := devicetree.dtc_check(text)):
        return said
    return (
        tools.named_tool(text)
        or interpreters.bison(text)
        or linker.unnamed_ld(text)
        or interpreters.shell(text)
        or checkers.smatch(text)
        or checkers.coccinelle(text)
        or devicetree.dt_schema(text)
        or checkers.tree_checks(text)
        or compiler.recover(text)
        or tools.failing_tool(text)
    )
