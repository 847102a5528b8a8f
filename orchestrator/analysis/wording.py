"""gcc's and clang's (ld's and lld's) words for the same mistakes, as a class and the names it is about.

The pairs were read off both compilers' output; a message without a pair stands for itself (see fingerprint.neutral).
"""

import re
from dataclasses import dataclass

from orchestrator.analysis.mistakes import BY_CLASS, TYPED
from orchestrator.model.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong, whoever says it. `anywhere`: the file is not part of it, as the tools name different ones."""

    name: str
    names: tuple[str, ...] = ()
    anywhere: bool = False


_Q = r"'([^']+)'"
MAX_MESSAGE = 1024
"""Characters of a message that may be a known one: over a hundred patterns are tried, some quadratic."""
_TAG = re.compile(r"\b(?:struct|union|enum) (?=\w)")

_NO_MEMBER_CLANG = re.compile(
    rf"(?:no member named {_Q} in|field designator {_Q} does not refer to any field in type) {_Q}"
)
_FORMAT_GCC = re.compile(rf"format '[^']*' expects argument of type {_Q}, but argument \d+ has type {_Q}")
_FORMAT_CLANG = re.compile(rf"format specifies type {_Q} but the argument has (?:underlying )?type {_Q}")
_FRAME = re.compile(rf"frame size (?:of|\().*?(?: in (?:function )?{_Q})?$")
_NAMELESS = {"too-few-arguments", "too-many-arguments"}
_DECLARED_HERE = re.compile(r"note: ['\u2018]([^'\u2019]+)['\u2019] declared here")
_UNUSED_MACRO = re.compile(rf"^macro (?:{_Q} )?is not used$")
_DEFINED = re.compile(r"#\s*define\s+(\w+)")
_DIRECTIVE = re.compile(r"#\s*(error|warning)\b")

# A value of one type where another is wanted: (from, to) by name, whichever comes first in the sentence.
_CONVERSIONS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        r"passing '(?P<src>[^']+)' to parameter of (?:incompatible )?type '(?P<dst>[^']+)'",
        r"assigning to '(?P<dst>[^']+)' from (?:incompatible type )?'(?P<src>[^']+)'",
        r"initializing '(?P<dst>[^']+)' with an expression of (?:incompatible )?type '(?P<src>[^']+)'",
        r"returning '(?P<src>[^']+)' from a function with (?:incompatible )?(?:result|return) type '(?P<dst>[^']+)'",
        r"(?:assignment to|initialization of) '(?P<dst>[^']+)' from (?:incompatible pointer type )?'(?P<src>[^']+)'",
        r"when assigning to type '(?P<dst>[^']+)' from type '(?P<src>[^']+)'",
        r"when initializing type '(?P<dst>[^']+)' using type '(?P<src>[^']+)'",
        r"when returning type '(?P<src>[^']+)' but '(?P<dst>[^']+)' was expected",
    )
)
_ARGUMENT = re.compile(r"(?:passing|incompatible type for) argument \d+ of '(?P<callee>[^']+)'")
_ARGUMENT_NOTE = re.compile(
    r"expected ['\u2018](?P<dst>[^'\u2019]+)['\u2019](?: \{aka [^}]*\})?"
    r" but argument is of type ['\u2018](?P<src>[^'\u2019]+)['\u2019]"
)
_CONVERSION_CLASSES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("discarded-qualifiers", re.compile(r"discards .*qualifier")),
    ("int-conversion", re.compile(r"makes (?:integer|pointer) from|pointer to integer|integer to pointer")),
    ("incompatible-pointer", re.compile(r"incompatible (?:function )?pointer types?|incompatible return type")),
    ("incompatible-type", re.compile(r"incompatible (?:result |return )?types?")),
)
# What decays where a value is wanted: clang names the function or the array, gcc the pointer to it.
_FUNCTION_TYPE = re.compile(r"^([^()]+)\((?!\*)([^()]*)\)$")
_ARRAY_TYPE = re.compile(r"^([^()\[\]]+?) ?\[\d*\]$")
_PUNCTUATION = re.compile(r"([*\[\](),])")
_LINK: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("undefined-symbol", re.compile(r"undefined (?:reference to|symbol:) '?([^\s']+)'?")),
    ("duplicate-symbol", re.compile(r"(?:multiple definition of|duplicate symbol:) '?([^\s';]+)'?")),
    ("relocation-range", re.compile(r"relocation truncated to fit: (\S+)|relocation (R_\w+) out of range")),
    ("no-library", re.compile(r"(?:cannot find|unable to find library) -l([^\s:]+)")),
    ("no-object", re.compile(r"cannot (?:find|open) ([^\s:]+)")),
    (
        "orphan-section",
        re.compile(rf"orphan section {_Q} from {_Q}|^(?:[^\s()]*\()?([^\s():]+)\)?:\(([^\s()]+)\) is being placed in"),
    ),
)


def mistake(diagnostic: Diagnostic, message: str) -> Mistake | None:
    """The class of a message (normalised by fingerprint.normal_message, `aka`s cut), None if no pair is known."""
    if len(message) > MAX_MESSAGE:
        return None
    if diagnostic.kind in {"ld", "lld"}:
        return _link_mistake(message)
    if diagnostic.kind != "cc":
        return None
    return (
        _directive(diagnostic, message)
        or _conversion(diagnostic, message)
        or _unused_macro(diagnostic, message)
        or _two_named(diagnostic, message)
        or _worded(diagnostic, message)
    )


def _link_mistake(message: str) -> Mistake | None:
    for name, pattern in _LINK:
        if found := pattern.search(message):
            names = tuple(sorted(group for group in found.groups() if group))
            return Mistake(name=name, names=names, anywhere=True)
    return None


def _directive(diagnostic: Diagnostic, message: str) -> Mistake | None:
    """gcc repeats `#warning` before the text, clang does not: the flag, or the source line below, tells."""
    spoken = _DIRECTIVE.match(message)
    if spoken:
        return Mistake(name=f"#{spoken.group(1)}", names=(_plain(message[spoken.end() :]),))
    if diagnostic.flag in {"-W#warnings", "-Werror,-W#warnings"}:
        return Mistake(name="#warning", names=(_plain(message),))
    source = next((line for line in diagnostic.excerpt if line is not diagnostic.raw and "#" in line), "")
    quoted = re.match(r"^\s*(?:\d+\s*\|)?\s*#\s*error\b\s*(.*)$", source)
    if quoted and _plain(quoted.group(1).replace('"', "'")) == _plain(message):
        return Mistake(name="#error", names=(_plain(message),))
    return None


def _conversion(diagnostic: Diagnostic, message: str) -> Mistake | None:
    name = next((name for name, pattern in _CONVERSION_CLASSES if pattern.search(message)), None)
    if name is None:
        return None
    if name == "discarded-qualifiers" and "passing" not in message:
        return Mistake(name=name)  # gcc names no types here
    for pattern in _CONVERSIONS:
        if found := pattern.search(message):
            return Mistake(name=name, names=(_value_type(found["src"]), _c_type(found["dst"])))
    if not (argument := _ARGUMENT.search(message)):
        return None
    # gcc says which types in a note, when the callee was declared with them.
    for line in diagnostic.excerpt:
        if note := _ARGUMENT_NOTE.search(line):
            return Mistake(name=name, names=(_value_type(note["src"]), _c_type(note["dst"])))
    return Mistake(name=name, names=(argument["callee"],))


def _unused_macro(diagnostic: Diagnostic, message: str) -> Mistake | None:
    """clang shows the macro's name in the source line only."""
    found = _UNUSED_MACRO.match(message)
    if found is None:
        return None
    shown = (_DEFINED.search(line) for line in diagnostic.excerpt)
    name = found.group(1) or next((define.group(1) for define in shown if define), "")
    return Mistake(name="unused-macro", names=(name,))


def _two_named(diagnostic: Diagnostic, message: str) -> Mistake | None:
    if found := _NO_MEMBER_CLANG.search(message):
        return Mistake(name="no-member", names=(_TAG.sub("", found.group(3)), found.group(1) or found.group(2)))
    if found := _FORMAT_GCC.search(message) or _FORMAT_CLANG.search(message):
        return Mistake(name="format", names=(_c_type(found.group(1)), _c_type(found.group(2))))
    if (found := _FRAME.search(message)) and "frame-larger-than" in (diagnostic.flag or ""):
        return Mistake(name="frame-size", names=(found.group(1) or diagnostic.function or "",))
    return None


def _worded(diagnostic: Diagnostic, message: str) -> Mistake | None:
    for name, pattern in BY_CLASS:
        if found := pattern.search(message):
            named = (group for group in found.groups() if group is not None)
            names = tuple(_c_type(group) if name in TYPED else _TAG.sub("", _plain(group)) for group in named)
            if name in _NAMELESS:
                names = names or _callee(diagnostic)
            return Mistake(name=name, names=names)
    return None


def _callee(diagnostic: Diagnostic) -> tuple[str, ...]:
    """clang names the function of a bad call in a note only."""
    for line in diagnostic.excerpt:
        if note := _DECLARED_HERE.search(line):
            return (note.group(1),)
    return ("",)


def _plain(text: str) -> str:
    return " ".join(text.replace("'", "").split())


def _value_type(text: str) -> str:
    """The type of a value that was given for another: functions and arrays are pointers there."""
    return _c_type(_ARRAY_TYPE.sub(r"\1 *", _FUNCTION_TYPE.sub(r"\1(*)(\2)", text)))


def _c_type(text: str) -> str:
    """One spelling of a type: gcc says `long unsigned int` where clang says `unsigned long`."""
    return "".join(_specifiers(part) for part in _PUNCTUATION.split(text))


def _specifiers(text: str) -> str:
    words = text.split()
    if {"long", "short", "unsigned", "signed"} & set(words):
        words = [word for word in words if word not in {"int", "signed"}] or ["int"]
    return " ".join(sorted(words))
