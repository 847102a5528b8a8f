"""Everything that says `tool: message`: compiler drivers, binutils, kbuild's own programs, rustc's headers."""

import re

from orchestrator.logparse import interpreters
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
    r"|Permanently added |skipped changes|quoted CRLF detected|Failed to pull image |.*: no matching files\. "
    r"|File listed twice: |Could not canonicalize hostname|bogus date in %changelog|source_date_epoch_from_changelog "
    r"|Bad exit status from |Installed \(but unpackaged\) file"
    r"|.* do_\w+: oe_runmake failed|Task \(.*\) failed with exit code "
)
"""Counts and consequences (rustc, clang), and what git, packagers and CI runners say around a build."""

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
    r"([^\s:]+|<[a-z -]+>|\{standard input\}): (?:([^:]{1,200}(?::\d{1,9}){0,2}): )??(?:\(FILENAME=[^)]*\) )?"
    r"(fatal error|error|warning|internal compiler error|fatal|Fatal error|Error|Warning|WARNING|ERROR|FATAL|"
    r"Internal error): (.*)",
    re.DOTALL,
)
MAX_NAME = 1024
"""Characters of a program's or a file's name; the patterns below take quadratic time."""
SOURCE_NAME = re.compile(
    r".*[./](?:[chSsoy]|ko|a|rs|rst|lds|dts[i]?|so|dbg|cc|cpp|awk|pl|py|tmp|tbl|bin|elf)\Z|.*vmlinux\S*|.*/.*\..*"
)
PROGRAM_NAME = re.compile(
    r"(?:\S*/)?(?:[\w.+]+-)*(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|cpp|cc1|cc1plus|collect2|lto1|lto-wrapper|as|ar|nm|objcopy|objdump"
    r"|strip|readelf|ranlib|rustc|bindgen|awk|gawk|mawk|sed|bison|flex|depmod|python3?|perl)(?:-[\d.]+)?\Z"
)

KNOWN_TOOL = re.compile(
    r"(?:\S*/)?(?:[\w.+]+-)*(?:sed|awk|gawk|mawk|[ef]?grep|cp|mv|rm|ln|mkdir|rmdir|cat|touch|chmod|install|find|xargs|cmp|diff|"
    r"tar|gzip|bzip2|xz|lzma|lz4c?|lzop|zstd|cpio|perl|python3?|python3\.\d+|bc|dd|cut|sort|head|tail|expr|date|stat|readlink|"
    r"rsync|flex|bison|m4|openssl|depmod|pahole|mkimage|git|xxd|truncate|objcopy|strip|nm|objdump|ar|ranlib|readelf|as|"
    r"rustc|bindgen|rustfmt|fixdep|kallsyms|genksyms|sorttable|recordmcount|relocs|unifdef|resolve_btfids|test|printf|env|"
    r"gcc|cc|clang|cc1|cpp|collect2|libbpf|bpftool|BTF|gen_init_cpio|spatch|mksquashfs|which|tee|od|tr|wc|uname|id|ls|realpath|mktemp)(?:-[\d.]+)?\Z"
)
QUIET_TOOL = re.compile(r"(?:\S*/)?(?:[\w.+]+-)*(?:objcopy|strip|nm|objdump|readelf|ar|ranlib|unifdef)(?:-[\d.]+)?\Z")
"""They speak when something is wrong, whatever their words."""
QUIET_CHATTER = re.compile(r"creating |.*no symbols\Z|supported targets|Usage|a - ")
AROUND_A_BUILD = re.compile(
    r"(?:dpkg|apt|apt-get|git|curl|wget|pip3?|docker|podman|npm|ssh|rpm|rpmbuild|lintian|bitbake|ninja|configure|"
    r"remote|hint|[Nn]ote|help|ok|kselftest|(?:dpkg|dh|debuild|git|rpm)[-_][a-z_-]+|(?!BFD\Z)[A-Z]+)\Z"
)
"""What CI runners call before and after a build, and levels of their logs (`DEBUG: x: error: y`)."""
TOOL_FAILS = re.compile(
    r"No such file|[Cc]annot |[Cc]an't |[Cc]ouldn't |[Uu]nable to |not found|[Ff]ailed|Permission denied|"
    r"[Uu]nterminated|[Ii]nvalid|[Uu]nknown|[Uu]nrecogni[sz]ed|[Ss]yntax error|[Ee]rror\b|missing |unexpected |"
    r"No space left|Is a directory|not a |[Bb]ad |out of memory|"
    r"too old|not in executable|extra characters|unsupported|"
    r"not available|[Aa]ssert|No such|exceeds|denied|too long|[Uu]nmatched|requires |not recogni[sz]ed|is not |"
    r"Exec format"
)
SYSTEM_ERROR = re.compile(
    r"\S+: (?:.*: )?(?:No such file or directory|Permission denied|No space left on device|Not a directory|"
    r"Exec format error|Cannot allocate memory|Input/output error|Read-only file system|Too many open files|"
    r"Argument list too long|"
    r"Operation not permitted|Text file busy|Resource temporarily unavailable|File name too long|Disk quota exceeded)",
    re.DOTALL,
)
"""A program without a name that we know, and what strerror(3) says of its failure."""

KERNEL_TOOLS = re.compile(
    r"FAILED unresolved symbol |FAILED: load BTF|Unsupported relocation type|Invalid (?:absolute|relative)? ?R_|"
    r"Invalid absolute |Inconsistent kallsyms data|Failed to (?:sort kernel tables|generate BTF)|"
    r"Cannot find symbol for section |LLVM ERROR: |No valid symbol\.|kallsyms failure: |"
    r"thread '.*' panicked at |\S+: dynamic relocations are not supported|"
    r"Can't locate \S+ in @INC|Can't open perl script |virtual memory exhausted: |FAILED elf_update|"
    r"no __ex_table in file: |UNREACHABLE executed at |(?:Sphinx|Extension|Configuration|Theme) error\b|"
    r"\S+: error while loading shared libraries: |\S+: \S+: version [`'].*' not found \(required by |"
    r"\S+: .*: Assertion [`'].*' failed\.|terminate called "
)
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
    if len(head) > MAX_NAME or AROUND_A_BUILD.match(head):
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
    kind = "cc" if head[0] == "<" else "driver"
    return Found(SEVERITY[word.lower()], kind, message, file, flag=flag)


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
        if QUIET_TOOL.match(head):
            return None if QUIET_CHATTER.match(message) else Found(ERROR, "driver", message)
        return Found(ERROR, "driver", message) if TOOL_FAILS.search(message) else None
    if BANNER.match(text):
        return Found(ERROR, "driver", text.removeprefix("*** "))
    if said := interpreters.python_error(text) or interpreters.perl(text):
        return said
    return Found(ERROR, "driver", text) if KERNEL_TOOLS.match(text) or SYSTEM_ERROR.fullmatch(text) else None
