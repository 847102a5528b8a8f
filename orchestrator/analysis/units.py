"""Whose a diagnostic is, and which diagnostics a failed attempt at an object still shows.

A *unit* is what make remakes as a whole: an object, the config step (CONFIG), make's own words about a target
(`make: mm/gup.o`), or "" for lines without an owner; every run of make prints the last two anew.
A *phase* orders a recipe's tools: what stops one hides what the later ones would say.
"""

import re
from collections.abc import Iterable

from orchestrator.model.diagnostic import Diagnostic, Severity

CONFIG = "<config>"
_MAKE = "make: "

# A sub-make prints no echo line for a target it has no rule for: its own words name the target.
_NEEDED_BY = re.compile(r"needed by ['`\u2018\"]([^'\u2019\"]+)['\u2019\"]")

# Tools whose errors do not fail the recipe by themselves: make's own words (ParsedLog.failed) decide there.
_CHECKERS = "sparse smatch clang-analyzer kernel-doc objtool dtschema sphinx headers_check includecheck coccinelle doc"
_ADVISORY = frozenset({"modpost", "kconfig", *_CHECKERS.split()})
_STOPPED = re.compile(
    r"\bfatal error\b|\bFATAL\b|too many errors|-fmax-errors|internal compiler error|PLEASE submit a (full )?bug report"
    r"|frontend command failed|\bStop\.|Segmentation fault",
    re.IGNORECASE,
)
# Said by the middle end or the back end, or (clang) by analyses that a first error switches off.
_LATE_MESSAGE = re.compile(
    r"^call to .* declared with |impossible constraint|inconsistent operand constraints|invalid .asm."
    r"|inlining failed in"
)
_LATE_FLAG = re.compile(
    r"-W(?:maybe-uninitialized|uninitialized|sometimes-uninitialized|conditional-uninitialized|array-bounds|stringop-\w+"
    r"|format-(?:overflow|truncation)|frame-larger-than|stack-usage|restrict|null-dereference|free-nonheap-object"
    r"|alloc-size-larger-than|vla-larger-than|attribute-warning|use-after-free|dangling-pointer|nonnull|return-type"
    r"|implicit-fallthrough|unreachable-code|zero-length-bounds|aggressive-loop-optimizations)\b"
)
_FRONT, _MIDDLE, _BINARY, _CHECK = 1, 2, 3, 4
_PHASE_OF_KIND = {"as": _BINARY, "ld": _BINARY, "lld": _BINARY, "modpost": _BINARY}
_PHASE_OF_KIND |= dict.fromkeys(_CHECKERS.split(), _CHECK)


def unit_of(diagnostic: Diagnostic) -> str:
    """The unit whose next attempt replaces this diagnostic."""
    if diagnostic.kind == "kconfig":
        return CONFIG
    if diagnostic.kind == "make":
        needed = _NEEDED_BY.search(diagnostic.message)
        target = diagnostic.object or (needed.group(1) if needed else "")
        return makes_own(target) if target else ""
    return diagnostic.object


def is_makes_own(unit: str) -> bool:
    """True for what make itself says of a target: it says so in every build that gets there."""
    return unit.startswith(_MAKE)


def target_of(unit: str) -> str:
    """The name that echo lines, `blocked` and `failed` know the unit by."""
    return unit.removeprefix(_MAKE)


def place_of(diagnostic: Diagnostic) -> tuple[object, ...]:
    """Where one instance of a fingerprint is: two diagnostics of one fingerprint and one place are the same one.

    A header's line is one place however many objects include it; without a line, each line of each object is one.
    """
    if diagnostic.line is not None:
        return (diagnostic.line, diagnostic.column)
    return (unit_of(diagnostic), diagnostic.raw)


def makes_own(target: str) -> str:
    """The unit of make's own words about `target`."""
    return f"{_MAKE}{target}"


def owner_of(unit: str) -> str:
    """The make target whose recipe makes `unit`, as make lists it.

    scripts/link-vmlinux.sh echoes `LD .tmp_vmlinux1` in the recipe of vmlinux; `CHECK mm/gup.c` is part of the recipe
    of mm/gup.o (scripts/Makefile.build, rule_cc_o_c) and is not reached when the compiler fails.
    """
    unit = target_of(unit)
    if unit.startswith((".tmp_vmlinux", ".btf.vmlinux")):
        return "vmlinux"
    return f"{unit[:-2]}.o" if unit.endswith((".c", ".S")) else unit


def fails_recipe(diagnostic: Diagnostic) -> bool:
    """True for an error whose tool exits non-zero for it, so that make tries the object again next time."""
    return diagnostic.severity is Severity.ERROR and diagnostic.kind not in _ADVISORY


def phase_of(diagnostic: Diagnostic) -> int:
    """1 front end, 2 the compiler behind it, 3 assembler and linker, 4 checkers. A compiler's warning is never 1."""
    by_kind = _PHASE_OF_KIND.get(diagnostic.kind)
    if by_kind is not None:
        return by_kind
    if any(line.startswith("<inline asm>:") for line in diagnostic.excerpt):
        return _BINARY  # clang assembles by itself, and only what the compiler got through with
    if diagnostic.severity is Severity.WARNING:
        return _MIDDLE
    late = _LATE_MESSAGE.search(diagnostic.message)
    if late is None and diagnostic.flag:
        late = _LATE_FLAG.search(diagnostic.flag.replace("-Werror=", "-W"))
    return _MIDDLE if late else _FRONT


def reach_of(errors: Iterable[Diagnostic]) -> int:
    """How far a failed attempt got: the phase it stopped in, 0 if it showed nothing reliably.

    0 for a `fatal error`, a limit on the number of errors, a crash, a tool that was never started, rustc (whose
    passes stop at the first that fails), and for a failure that no message explains.
    """
    reach = 0
    for error in errors:
        if _stopped_short(error):
            return 0
        phase = phase_of(error)
        reach = min(reach, phase) if reach else phase
    return reach


def shown_at(reach: int, diagnostic: Diagnostic) -> bool:
    """True if an attempt that got as far as `reach` prints `diagnostic` whenever its cause is there.

    A front end shows all its errors. Warnings count as shown only when the compiler itself ran to its end.
    """
    phase = phase_of(diagnostic)
    return phase < reach or (phase == reach and diagnostic.severity is Severity.ERROR)


def _stopped_short(error: Diagnostic) -> bool:
    if error.kind in {"rustc", "shell", "make"}:
        return True
    if error.kind == "driver":
        return "command failed with exit code" not in error.message
    return _STOPPED.search(error.raw) is not None or _STOPPED.search(error.message) is not None
