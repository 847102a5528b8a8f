"""Everything that says `tool: message`: compiler drivers, binutils, scripts, shells, rustc's headers."""

import re

from orchestrator.logparse.checkers import doc_reference, header_install, sphinx
from orchestrator.logparse.compiler import split_flag
from orchestrator.logparse.devicetree import dtc_parse
from orchestrator.logparse.found import ERROR, SEVERITY, WARNING, Found
from orchestrator.logparse.kbuild import kconfig_bare, modpost, objtool

BARE = re.compile(r"(fatal error|error|warning)(?:\[([A-Z]\d{1,6})\])?: (.*)", re.DOTALL)
BARE_CHATTER = re.compile(
    r"aborting due to |could not compile |build failed|\d+ warnings? emitted"
    r"|.* generated \d+ warnings?|process didn't exit successfully|redirecting to |Job failed|Process completed with "
    r"|\d+ lines? (?:add|applied)|squelched \d+ whitespace|Your local changes|Running pip as |You are using pip "
)
"""Counts and consequences (rustc, clang), and what git and CI runners say around a build."""

CAPITAL = re.compile(
    r"(FATAL ERROR|ERROR|WARNING|FATAL|Error|Warning|Lexical error|Fatal error|Fatal|FAILED|WARN): (.*)", re.DOTALL
)
KERNEL_DOC_PLACE = re.compile(r"([^\s:]+):(\d{1,9}):? (.*)", re.DOTALL)
DTC_FATAL = re.compile(
    r"(?:Syntax error parsing input tree|Unable to parse input tree|Couldn't open|Error reading|Error opening|Overflow|"
    r"Input tree has errors|Invalid (?:literal|argument|input)|.*device tree|Unrecognized check name|"
    r"Unknown (?:input|output) format|Short |Premature end of data|String offset)",
    re.DOTALL,
)

TOOL = re.compile(
    r"([^\s:]+|<[a-z-]+>|\{standard input\}): (?:([^:]{1,200}(?::\d{1,9}){0,2}): )??"
    r"(fatal error|error|warning|internal compiler error|fatal|Fatal error|Error|Warning|WARNING|ERROR|FATAL|"
    r"Internal error): (.*)",
    re.DOTALL,
)
SOURCE_NAME = re.compile(
    r".*[./](?:[chSsoy]|ko|a|rs|rst|lds|dts[i]?|so|dbg|cc|cpp|awk|pl|py|tmp|tbl|bin|elf)\Z|.*vmlinux\S*|.*/.*\..*"
)
PROGRAM_NAME = re.compile(
    r"(?:\S*/)?(?:[\w.+]+-)*(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|cpp|cc1|cc1plus|collect2|lto1|lto-wrapper|as|ar|nm|objcopy|objdump"
    r"|strip|readelf|ranlib|rustc|bindgen|awk|gawk|mawk|sed|bison|flex|depmod|python3?|perl)(?:-[\d.]+)?\Z"
)

SHELL = re.compile(
    r"(?:(?:\S*/)?(?:sh|bash|dash|ash|ksh|zsh|busybox)|[^\s:]*\.sh): ((?:-c: )?(?:line )?\d{1,9}: |-c: )?(.*)",
    re.DOTALL,
)
SHELL_SCRIPT = re.compile(r"([^\s:]+): (?:line )?(\d{1,9}): (.*)", re.DOTALL)
SHELL_WORDS = re.compile(
    r"not found\Z|Permission denied|No such file|Syntax error|syntax error|unexpected|Illegal |[Ii]nvalid |[Bb]ad |"
    r"cannot |Cannot |can't |unbound variable|parameter not set|expected|too many arguments|command not found|"
    r"Segmentation fault|Aborted|Killed|Terminated|Bus error|Illegal instruction|core dumped|Is a directory|"
    r"File exists|ambiguous redirect|argument|unary operator|fork: |read-only|out of range|overflow|Broken pipe"
)
SIGNAL_LINE = re.compile(
    r"(?:Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception|Trace/breakpoint trap|"
    r"Killed)(?: \(core dumped\))?"
)

KNOWN_TOOL = re.compile(
    r"(?:\S*/)?(?:[\w.+]+-)*(?:sed|awk|gawk|mawk|[ef]?grep|cp|mv|rm|ln|mkdir|rmdir|cat|touch|chmod|install|find|xargs|cmp|diff|"
    r"tar|gzip|bzip2|xz|lzma|lz4c?|lzop|zstd|cpio|perl|python3?|python3\.\d+|bc|dd|cut|sort|head|tail|expr|date|stat|readlink|"
    r"rsync|flex|bison|m4|openssl|depmod|pahole|mkimage|git|xxd|truncate|objcopy|strip|nm|objdump|ar|ranlib|readelf|as|"
    r"rustc|bindgen|rustfmt|fixdep|kallsyms|genksyms|sorttable|recordmcount|relocs|unifdef|resolve_btfids|test|printf|env|"
    r"gcc|cc|clang|cc1|cpp|collect2|libbpf|bpftool|BTF|gen_init_cpio|mksquashfs|which|tee|od|tr|wc|uname|id|ls|realpath|mktemp)(?:-[\d.]+)?\Z"
)
BINUTILS = re.compile(r"(?:\S*/)?(?:[\w.+]+-)*(?:objcopy|strip|nm|objdump|readelf|ar|ranlib)(?:-[\d.]+)?\Z")
BINUTILS_CHATTER = re.compile(r"creating |.*no symbols\Z|supported targets|Usage|a - ")
AROUND_A_BUILD = frozenset({"dpkg", "apt", "apt-get", "git", "curl", "wget", "pip", "pip3", "docker", "npm", "ssh"})
"""What CI runners call before and after a build; its warnings are none of the kernel's."""
TOOL_FAILS = re.compile(
    r"No such file|[Cc]annot |[Cc]an't |[Cc]ouldn't |[Uu]nable to |not found|[Ff]ailed|Permission denied|"
    r"[Uu]nterminated|[Ii]nvalid|[Uu]nknown|[Uu]nrecogni[sz]ed|[Ss]yntax error|[Ee]rror\b|missing |unexpected |"
    r"No space left|Is a directory|not a |[Bb]ad |out of memory|too old|not in executable|extra characters|unsupported|"
    r"not available|[Aa]ssert|No such|exceeds|denied|too long|unmatched|requires |not recogni[sz]ed|is not |Exec format"
)

KERNEL_TOOLS = re.compile(
    r"FAILED unresolved symbol |FAILED: load BTF|Unsupported relocation type|Invalid (?:absolute|relative)? ?R_|"
    r"Invalid absolute |Inconsistent kallsyms data|Failed to (?:sort kernel tables|generate BTF)|"
    r"Cannot find symbol for section |LLVM ERROR: |No valid symbol\.|kallsyms failure: |"
    r"thread '.*' panicked at |\S+: dynamic relocations are not supported|"
    r"Can't locate \S+ in @INC|Can't open perl script "
)
PERL_PLACE = re.compile(r"(.*) at (\S+) line (\d{1,9})(?:, <\S+> (?:line|chunk) \d+)?\.?", re.DOTALL)
PYTHON_ERROR = re.compile(r"(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt)(?:: .*|\Z)", re.DOTALL)
BANNER = re.compile(
    r"\*\*\* .*(?:too old|not found|[Cc]an't |[Cc]annot |[Cc]ould not|[Ee]rror |failed|does not |is not |missing|"
    r"unsupported)",
    re.DOTALL,
)


def bare(text: str) -> Found | None:
    """A message without a tool's name: kbuild's scripts, gcc plugins, rustc (its place is on the next line).

    Accepted formats: `error: M`, `warning: M [-Wx]`, `error[E0277]: M`, `fatal error: M`.
    """
    hit = BARE.match(text)
    if hit is None:
        return None
    word, code, message = hit.groups()
    if BARE_CHATTER.match(message):
        return None
    special = objtool(None, word, message) or header_install(word, message) or kconfig_bare(word, message)
    if special or message.startswith("objtool: "):
        return special
    message, flag = split_flag(message)
    return Found(SEVERITY[word], "rustc" if code else "driver", message, flag=code or flag)


def capital(text: str) -> Found | None:
    """modpost, dtc, kernel-doc since 6.17, documentation checks, kbuild's own scripts.

    Accepted formats: `ERROR: modpost: M`, `WARNING: unmet direct dependencies ..`, `Error: F:L.C-C M`, `FATAL ERROR:
    M`, `Warning: F:L M` (kernel-doc), `Warning: F references a file that doesn't exist: G`, `ERROR: M`.
    """
    hit = CAPITAL.match(text)
    if hit is None:
        return None
    word, message = hit.groups()
    if BARE_CHATTER.match(message):
        return None
    special = modpost(word, message) if word in ("ERROR", "WARNING", "FATAL") else doc_reference(message)
    special = special or kconfig_bare(word, message) or dtc_parse(word, message)
    if special:
        return special
    if word == "FATAL ERROR" or (word in ("ERROR", "Warning") and message.startswith("Input tree has errors")):
        return Found(SEVERITY.get(word.lower(), ERROR), "dtc" if DTC_FATAL.match(message) else "driver", message)
    if word in ("Warning", "Error") and (place := KERNEL_DOC_PLACE.match(message)):
        return Found(SEVERITY[word.lower()], "kernel-doc", place.group(3), place.group(1), int(place.group(2)))
    return Found(SEVERITY.get(word.lower(), ERROR), "driver", message)


def named_tool(text: str) -> Found | None:
    """A message with its tool's or its file's name and a severity.

    Accepted formats: `clang-19: error: M`, `cc1: warning: M [-Wx]`, `kismet: WARNING: M`, `O.o: warning: objtool: M`,
    `F.s: Error: M` (gas), `F.rst: WARNING: M` (sphinx), `F.y: warning: M [-Wx]` (bison), `awk: F:L: warning: M`,
    `objcopy: F: warning: M`.
    """
    hit = TOOL.match(text)
    if hit is None:
        return None
    head, inner, word, message = hit.groups()
    if head in AROUND_A_BUILD:
        return None
    if message.startswith("objtool: "):
        return objtool(head, word, message)
    if head == "kismet":
        return Found(SEVERITY[word.lower()], "kconfig", message)
    is_program = bool(PROGRAM_NAME.match(head))
    file = None if is_program or not (head[0] in "<{" or SOURCE_NAME.match(head)) else head
    if file and inner is None and word in ("Error", "Warning", "Fatal error", "Internal error"):
        return Found(SEVERITY[word.lower()], "as", message, file)
    if file and inner is None and word.isupper() and (said := sphinx(word, message, (file, None, None))):
        return said
    message, flag = split_flag(message)
    if inner is not None:
        message = f"{inner}: {message}"
    return Found(SEVERITY[word.lower()], "driver", message, file, flag=flag)


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


def failing_tool(text: str) -> Found | None:
    """A known program that complains without a severity word; only when its words are those of a failure.

    Accepted formats: `sed: can't read x: No such file or directory`, `m68k-linux-gnu-objcopy: 'x': No such file`,
    `Can't locate X.pm in @INC .. at F line L.`, `ModuleNotFoundError: M`, `FAILED unresolved symbol x`,
    `LLVM ERROR: M`, `*** C compiler is too old.`.
    """
    head, separator, message = text.partition(": ")
    if separator and len(head) < 256 and KNOWN_TOOL.match(head):
        if " warning: " in message:
            return Found(WARNING, "driver", message)
        if BINUTILS.match(head):
            return None if BINUTILS_CHATTER.match(message) else Found(ERROR, "driver", message)
        return Found(ERROR, "driver", message) if TOOL_FAILS.search(message) else None
    if PYTHON_ERROR.fullmatch(text) or BANNER.match(text):
        return Found(ERROR, "driver", text.removeprefix("*** "))
    kernel = KERNEL_TOOLS.match(text)
    perl = PERL_PLACE.fullmatch(text) if " line " in text and (kernel or text.endswith(".")) else None
    if perl and not text.startswith(("BEGIN failed", "Compilation failed")) and perl.group(2).endswith((".pl", ".pm")):
        return Found(ERROR, "driver", perl.group(1), perl.group(2), int(perl.group(3)))
    return Found(ERROR, "driver", text) if kernel else None
