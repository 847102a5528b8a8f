"""One error or warning, as the tool printed it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`fatal error` and `FATAL` are errors."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One error or warning.

    `kind` names the tool that spoke: cc, clang-analyzer, as, ld, lld, modpost, objtool, kconfig, kernel-doc, sparse,
    smatch, dtc, dtschema, rustc, sphinx, make, driver, shell, headers_install, headers_check, includecheck,
    coccinelle, doc. `file` is relative to the source tree where that can be told, else as printed, None if the tool
    named none. `line` and `column` are 1-based, None when absent. `flag` is the bracket text without brackets
    (`-Wunused-variable`, `-Werror=foo`), cut from `message`. `function` is the enclosing function or the symbol of a
    linker message. `object` is the make target whose recipe printed it (`mm/gup.o`, `vmlinux`, `modpost`), "" if no
    echo line stood above. `log_line` is 1-based. `raw` is the line that carries it; `excerpt` the lines that belong
    to it: include chain, notes, macro expansions, source and carets, in log order, `raw` included, capped.
    """

    severity: Severity
    kind: str
    message: str
    raw: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    flag: str | None = None
    function: str | None = None
    object: str = ""
    log_line: int = 0
    excerpt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLog:
    """What a build log says. `attempted`: objects whose recipe ran (echo lines), in order, each once.

    `failed`: objects that make gave up on (`*** [Makefile:N: mm/gup.o] Error 1`).
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    attempted: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    lines: int = 0
