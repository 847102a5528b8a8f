"""What runs a recipe's scripts: shells, perl, python, and the readers made with yacc and lex."""

import re

from orchestrator.logparse.compiler import split_flag
from orchestrator.logparse.devicetree import PLACE
from orchestrator.logparse.found import ERROR, SEVERITY, WARNING, Found

SHELL = re.compile(
    r"(?:(?:\S*/)?(?:sh|bash|dash|ash|ksh|zsh|busybox)|[^\s:]*\.sh): ((?:-c: )?(?:line )?\d{1,9}: |-c: )?(.*)",
    re.DOTALL,
)
SHELL_SCRIPT = re.compile(r"([^\s:]+): (?:line )?(\d{1,9}): (.*)", re.DOTALL)
SHELL_WORDS = re.compile(
    r"not found\Z|Permission denied|No such file|Syntax error|syntax error|unexpected|Illegal |[Ii]nvalid |[Bb]ad |"
    r"cannot |Cannot |can't |unbound variable|parameter not set|expected|too many arguments|command not found|"
    r"Segmentation fault|Aborted|Killed|Terminated|Bus error|Illegal instruction|core dumped|Is a directory|"
    r"is not a |File exists|ambiguous redirect|argument|unary operator|fork: |read-only|out of range|"
    r"overflow|Broken pipe"
)
SIGNAL_LINE = re.compile(
    r"(?:Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception|Trace/breakpoint trap|"
    r"Killed)(?: \(core dumped\))?"
)

PERL_PLACE = re.compile(
    r"(.*) at (\S+) line (\d{1,9})(?:, <\S+> (?:line|chunk) \d+|, (?:near .*|at EOF))?\.?", re.DOTALL
)
PERL_FILE = re.compile(r".*\.(?:pl|pm)\Z|(?:\S*/)?scripts/\S+\Z")
PERL_REPEATS = ("BEGIN failed", "Compilation failed")
PERL_WARNING = re.compile(
    r"Use of |Useless use |Possible |Deep recursion |Argument .* isn't numeric|Illegal .* ignored|Wide character |"
    r"Unescaped left brace .*(?:deprecated|passed through)|"
    r".*(?: is deprecated| redefined$| only once: possible typo| masks earlier)"
)
PYTHON_ERROR = re.compile(r"(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt)(?:: .*|\Z)", re.DOTALL)
PYTHON_WARNING = re.compile(
    r" (?:Syntax|Deprecation|PendingDeprecation|Future|User|Runtime|Resource|Import)Warning: .*", re.DOTALL
)

BISON = re.compile(PLACE + r": (fatal error|error|warning): (.*)", re.DOTALL)
CONFLICTS = re.compile(r"(\S+\.y): (conflicts: .*)", re.DOTALL)
FLEX_FILE = re.compile(r".*\.(?:l|lex)\Z")
SYNTAX = re.compile(r" (?:syntax|parse) error(?:[,:]? .*|\Z)", re.DOTALL)


def shell(text: str) -> Found | None:
    """A shell that could not do what a recipe asked of it.

    Accepted formats: `/bin/sh: 1: x: not found`, `/bin/bash: line 1: 123 Segmentation fault  cmd`, `/bin/sh: 0: Illegal
    option --`, `/bin/bash: --: invalid option`, `bash: x: command not found`, `x.sh: line 9: M`, `x.sh: 9: M`,
    `Segmentation fault (core dumped)`. bash repeats the line of a syntax error in a second message: not a diagnostic.
    """
    if SIGNAL_LINE.fullmatch(text):
        return Found(ERROR, "shell", text)
    hit = SHELL.match(text)
    if hit:
        message = f"{'-c: ' if (hit.group(1) or '').startswith('-c: ') else ''}{hit.group(2)}"
        if message.startswith("warning: "):
            return Found(WARNING, "shell", message[9:])
        if hit.group(2).startswith("`"):
            return None
        return Found(ERROR, "shell", message) if hit.group(1) or SHELL_WORDS.search(message) else None
    script = SHELL_SCRIPT.match(text)
    if script and SHELL_WORDS.search(script.group(3)):
        return Found(ERROR, "shell", script.group(3), script.group(1), int(script.group(2)))
    return None


def perl(text: str) -> Found | None:
    """Accepted formats: `M at F.pl line L.`, `M at scripts/F line L, <IN> line N.`, `M at F.pl line L, near "x"`."""
    hit = PERL_PLACE.fullmatch(text) if " line " in text and not text.startswith(PERL_REPEATS) else None
    if hit is None or not PERL_FILE.match(hit.group(2)):
        return None
    message, file, line = hit.groups()
    return Found(WARNING if PERL_WARNING.match(message) else ERROR, "driver", message, file, int(line))


def python_error(text: str) -> Found | None:
    """The last line of a traceback. Accepted formats: `ModuleNotFoundError: M`, `a.b.SomeException: M`."""
    return Found(ERROR, "driver", text) if PYTHON_ERROR.fullmatch(text) else None


def bison(text: str) -> Found | None:
    """Accepted formats: `F.y:L.C-C: warning: M [-Wx]`, `F.y: conflicts: 9 shift/reduce`."""
    hit = BISON.match(text)
    if hit is None:
        hit = CONFLICTS.match(text)
        return Found(WARNING, "driver", hit.group(2), hit.group(1)) if hit else None
    file, line, column, word, message = hit.groups()
    message, flag = split_flag(message)
    return Found(SEVERITY[word], "driver", message, file, int(line), int(column), flag)


def script_place(rest: str, place: tuple[str, int, int | None]) -> Found | None:
    """Readers that print a place and no severity, or a word of their own.

    Accepted formats: `F.py:L: SyntaxWarning: M`, `F.l:L: M` and `F.l:L: warning, M` (flex), `F:L: syntax error ..`
    (genksyms, awk and others made with yacc).
    """
    message = rest.strip()
    if PYTHON_WARNING.fullmatch(rest):
        return Found(WARNING, "driver", message, *place)
    if FLEX_FILE.match(place[0]) and rest.startswith(" ") and message:
        severity = WARNING if message.startswith("warning, ") else ERROR
        return Found(severity, "driver", message.removeprefix("warning, "), *place)
    return Found(ERROR, "driver", message, *place) if SYNTAX.fullmatch(rest) else None
