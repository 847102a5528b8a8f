"""make: its own errors, its progress, and kbuild's echo lines that say whose output follows."""

import re
from itertools import islice

from orchestrator.logparse.found import ERROR, WARNING, Found
from orchestrator.logparse.stream import read

ECHO = re.compile(r"  [A-Z][A-Z0-9._+-]+(?: \[[A-Z]\]| [A-Z]{1,2}(?=  ?\S))?[ \t]+([^\s=:][^\s]*)(?: (modules)$)?")
"""kbuild's quiet command: two spaces, the command padded to seven columns, the target."""

MAKE = re.compile(r"(?:\S*/)?g?make(?:-[\d.]+)?(?:\[(\d{1,4})\])?: (.*)", re.DOTALL)
FAILURE = re.compile(
    r"\*\*\* \[(?:[^\s:\]]+:\d{1,9}: )?(.+)\] (?:Error (\d{1,9})|([A-Z][\w/ ]+?)(?: \(core dumped\))?)(?: shuffle=\S+)?"
)
PROGRESS = re.compile(
    r"\*\*\* (?:Waiting for unfinished jobs|Deleting (?:intermediate )?file|\[)|(?:Entering|Leaving) directory "
    r"|Nothing to be done for |Target .* not remade |[`']?.*' is up to date|\[.*\] Error \d+ \(ignored\)"
)
NO_RULE = re.compile(r"No rule to make target [`'](.*?)'(?:, needed by [`'](.*?)')?\.")
CRASHES = frozenset({"Segmentation fault", "Aborted", "Bus error", "Illegal instruction", "Floating point exception"})
COMMAND_FAILED = re.compile(
    r"(?:.*: )?(?:(?:Command|command) not found|No such file or directory|Permission denied|Exec format error|"
    r"Argument list too long|Cannot allocate memory|Resource temporarily unavailable|write error(?:: .*)?)$",
    re.DOTALL,
)

MAKEFILE_NAME = re.compile(r"(?:.*/)?(?:GNUm|[Mm])akefile[^/]*$|(?:.*/)?Kbuild[^/]*$|.*\.(?:mk|make|kbuild)$|Build$")
MAKEFILE_CHATTER = re.compile(
    r" (?:recipe for target |update target |target '.*' does not exist|not recognized|Reading makefile|Must remake)"
)


def echo_target(text: str) -> str | None:
    """The object whose recipe starts here, None if this is no echo line.

    Accepted formats: `  CC      mm/gup.o`, `  CC [M]  a/b.o`, `  RUSTC L rust/core.o`, `  CHECK   mm/gup.c`,
    `  MODPOST Module.symvers`, `  MODPOST 123 modules`, `  LD      .tmp_vmlinux1`. The target is the object's name, so
    a checker's object is the source file (`mm/gup.c`). Two have another: `modpost` where it prints only a count,
    `vmlinux` for every step of scripts/link-vmlinux.sh (they are one recipe, and one object to make).
    """
    echo = ECHO.match(text)
    if echo is None:
        return None
    target = echo.group(1)
    if echo.start(1) < 10 and "\t" not in text[: echo.start(1)]:
        return None
    if echo.group(2) is not None and target.isdigit():
        return "modpost"
    return object_name(target)


def is_checker(echo: str | bytes) -> bool:
    """Whether an echo line announces sparse or another $(CHECK): `  CHECK   mm/gup.c`."""
    text = read(echo)
    return text.startswith("  CHECK ") and text.endswith((".c", ".S", ".h"))


def object_name(target: str) -> str:
    """The name under which a target is remembered; see `echo_target`."""
    if target == "__modpost":
        return "modpost"
    if target.startswith((".tmp_vmlinux", ".tmp_kallsyms", ".btf.vmlinux")) or target == "vmlinux.unstripped":
        return "vmlinux"
    return target


def make_message(text: str) -> Found | None:
    """make's own voice. Failures that only pass on another's (`*** [..] Error 1`) are never diagnostics.

    Accepted formats: `make[1]: *** No rule to make target 'x', needed by 'y'.`, `make: *** M.  Stop.`, `make[2]: ***
    [F:L: x] Segmentation fault`, `make: warning: M`, `make: Circular a <- b dependency dropped.`, `make: cc: No such
    file or directory`.
    """
    hit = MAKE.match(text)
    if hit is None:
        return None
    message = hit.group(2)
    if message.startswith("*** "):
        failure = FAILURE.fullmatch(message)
        if failure and failure.group(3) in CRASHES:
            return Found(ERROR, "make", message[4:])
        return None if PROGRESS.match(message) else Found(ERROR, "make", _without_stop(message[4:]))
    if PROGRESS.match(message):
        return None
    lowered = message[:9].lower()
    if lowered.startswith("warning:"):
        return Found(WARNING, "make", message[8:].strip())
    if message.startswith("Circular "):
        return Found(WARNING, "make", message)
    return Found(ERROR, "make", message) if COMMAND_FAILED.match(message) else None


def makefile_message(rest: str, place: tuple[str, int, int | None]) -> Found | None:
    """What a makefile's line says: `$(error)`, `$(warning)`, a missing include.

    Accepted formats: `F:L: *** M.  Stop.` in any file; in makefiles `Makefile:L: warning: M`, `Makefile:L: F: No such
    file or directory`, `scripts/Makefile.build:L: M` (only `$(warning)` prints that).
    """
    file, line, column = place
    if column is not None or rest[:1] != " ":
        return None
    if rest.startswith(" *** "):
        return Found(ERROR, "make", _without_stop(rest[5:]), file, line)
    if not MAKEFILE_NAME.match(file) or MAKEFILE_CHATTER.match(rest):
        return None
    message = rest.strip()
    if message.startswith("warning: "):
        return Found(WARNING, "make", message[9:], file, line)
    return Found(ERROR if COMMAND_FAILED.match(f": {message}") else WARNING, "make", message, file, line)


def _without_stop(message: str) -> str:
    return message.removesuffix("Stop.").rstrip()


def needed_by(message: str) -> str:
    """The object that make's message is about: who needs the missing target, whose recipe crashed; else ""."""
    if hit := NO_RULE.match(message):
        return str(hit.group(2) or hit.group(1))
    crash = FAILURE.fullmatch(f"*** {message}")
    return str(crash.group(1)) if crash else ""


MAX_OBJECTS = 1 << 18
"""Distinct echo lines remembered: eight times what allyesconfig has. Keeps a hostile log from filling the memory."""


class ObjectTracker:
    """Whose output the present line is: the target of the last echo line, until make says that it ended.

    Echo lines are kept as they stand in the log and get their names when somebody asks: a clean log has a million.
    """

    def __init__(self, prefixes: tuple[str, ...]) -> None:
        self.echoed: dict[str | bytes, None] = {}
        self.current: str | bytes = ""
        self._names: dict[str, None] = {}
        self._named = 0
        self._failed: dict[str, None] = {}
        self._prefixes = prefixes
        self._deepest = -1

    @property
    def attempted(self) -> tuple[str, ...]:
        """All targets echoed, once, in order."""
        return tuple(self._all_names())

    @property
    def failed(self) -> tuple[str, ...]:
        """The targets that make gave up on, without the directories and phony targets above them."""
        return tuple(self._failed)

    def name(self, echo: str | bytes) -> str:
        """The object that an echo line, or a target alone, stands for; without our own directories."""
        text = read(echo)
        if text[:2] == "  ":
            text = echo_target(text) or ""
        return object_name(strip_prefix(text, self._prefixes))

    def enter(self, line: str | bytes) -> None:
        """An echo line was read."""
        self.current = line
        if len(self.echoed) < MAX_OBJECTS:
            self.echoed[line] = None

    def _all_names(self) -> dict[str, None]:
        fresh = islice(self.echoed, self._named, None)
        self._named = len(self.echoed)
        self._names.update(dict.fromkeys(name for name in map(self.name, fresh) if name))
        return self._names

    def make_line(self, text: str) -> None:
        """A line of make itself was read: an object may have failed, and what follows is not under its echo line.

        `Error 2` is what a make above reports of a make below, and so is `Terminated` when all are stopped. It counts
        as passed on when a deeper make has failed before and the target was never echoed itself; a tool may well exit
        with 2.
        """
        hit = MAKE.match(text)
        if hit is None:
            return
        level, message = int(hit.group(1) or 0), hit.group(2)
        if message.startswith(("Leaving", "Target", "*** Waiting", "Nothing")):
            return
        self.current = ""
        failure = FAILURE.fullmatch(message)
        if failure is None:
            return
        target = failure.group(1)
        own = failure.group(2) not in (None, "2") or failure.group(3) in CRASHES
        if own or self._deepest <= level or self.name(target) in self._all_names():
            self._failed[self.name(target)] = None
        self._deepest = max(self._deepest, level)


def strip_prefix(path: str, prefixes: tuple[str, ...]) -> str:
    """The path below the first of the directories that holds it; as it is if none does."""
    for prefix in prefixes:
        if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] == "/":
            return path[len(prefix) :].lstrip("/") or path
    return path
