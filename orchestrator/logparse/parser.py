"""A build log in, diagnostics out, as they become complete. Memory is that of one diagnostic and the objects' names.

Every diagnostic is recognised from its own line (recognise.py); this module adds what the lines around it tell: the
object, the function, the excerpt, and rustc's place.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from orchestrator.logparse.compiler import ECHO_ENDS, pieces
from orchestrator.logparse.excerpt import MAX_LEAD, OpenDiagnostic
from orchestrator.logparse.found import Found
from orchestrator.logparse.make import (
    MAKE,
    MAX_OBJECTS,
    ObjectTracker,
    echo_target,
    is_checker,
    needed_by,
)
from orchestrator.logparse.recognise import Aside, recognise
from orchestrator.logparse.stream import STAMP_START, clean, decode
from orchestrator.model.diagnostic import Diagnostic, ParsedLog

RUST_PLACE = re.compile(r"\s*-->\s+(\S+?):(\d{1,9}):(\d{1,9})\s*")
IN_FUNCTION = re.compile(
    r"(?:^|: )In (?:[a-z-]+ ){0,3}(?:function|constructor|destructor) ['\u2018]"
    r"(?:[^(]*[ *&:])?([\w.$~]+)(?:\(.*\))?[\w ]*['\u2019]"
)
INLINED_FROM = re.compile(r"\s+inlined from ['\u2018](?:.*[ *&])?([\w.$]+)['\u2019] at ")
INCLUDE_TRAIL = re.compile(r"\s+from \S+[:,]\d*|\s+inlined from ")
GENERATED = re.compile(
    r"\d+ (?:error|warning)s?(?: and \d+ errors?)? generated\.?|compilation terminated\.|"
    r"\S+: (?:all |some )?warnings being treated as errors"
)
RUST_KINDS = frozenset({"driver", "rustc"})
OUTSIDE = frozenset({"make", "kconfig", "kernel-doc"})
INDENTED = frozenset(["", " ", "\t"])
recent = lru_cache(maxsize=8192)(recognise)
"""A header's warning comes once for every object that includes it."""
MAX_RECENT = 256
MAX_SHAPES = 4096
"""How many first ten columns and last four characters of echo lines are remembered."""


def iter_diagnostics(
    lines: Iterable[str | bytes],
    *,
    source_prefixes: tuple[str, ...] = ("/src",),
    build_prefixes: tuple[str, ...] = ("/out",),
) -> Iterator[Diagnostic]:
    """The diagnostics of a build log, in order, each as soon as its last line was read.

    `lines` may end with a newline or not; bytes are read as UTF-8. The prefixes are directories that are cut from
    `file` and `object` (`/src/mm/gup.c` becomes `mm/gup.c`); nothing else of a path is changed. Never raises on
    any input.
    """
    return LogParser(source_prefixes=source_prefixes, build_prefixes=build_prefixes).feed(lines)


def parse_lines(
    lines: Iterable[str | bytes],
    *,
    source_prefixes: tuple[str, ...] = ("/src",),
    build_prefixes: tuple[str, ...] = ("/out",),
) -> ParsedLog:
    """All that a build log says; see `iter_diagnostics`."""
    parser = LogParser(source_prefixes=source_prefixes, build_prefixes=build_prefixes)
    diagnostics = tuple(parser.feed(lines))
    return ParsedLog(diagnostics=diagnostics, attempted=parser.attempted, failed=parser.failed, lines=parser.lines)


def to_json_line(diagnostic: Diagnostic) -> str:
    """One diagnostic as a JSON object on one line, ASCII: severity, kind, file, line, column, message, flag, function,
    object, log_line, raw.
    """
    return json.dumps(
        {
            "severity": diagnostic.severity.value,
            "kind": diagnostic.kind,
            "file": diagnostic.file,
            "line": diagnostic.line,
            "column": diagnostic.column,
            "message": diagnostic.message,
            "flag": diagnostic.flag,
            "function": diagnostic.function,
            "object": diagnostic.object,
            "log_line": diagnostic.log_line,
            "raw": diagnostic.raw,
        }
    )


class LogParser:
    """The parser with its state, for callers that also want `attempted`, `failed` and `lines` of a streamed log."""

    def __init__(
        self, *, source_prefixes: tuple[str, ...] = ("/src",), build_prefixes: tuple[str, ...] = ("/out",)
    ) -> None:
        self.lines = 0
        self._prefixes = source_prefixes + build_prefixes
        self._starts = tuple(f"{prefix}/" for prefix in self._prefixes)
        self._tracker = ObjectTracker(self._prefixes)
        self._heads: set[str | bytes] = set()
        self._tails: set[str | bytes] = set()
        self._group = self._tracker.current
        self._name = ""
        self._checker = False
        self._open: OpenDiagnostic | None = None
        self._lead: list[str] = []
        self._function: str | None = None

    @property
    def attempted(self) -> tuple[str, ...]:
        """Objects echoed so far, in order, each once."""
        return self._tracker.attempted

    @property
    def failed(self) -> tuple[str, ...]:
        """Objects that make gave up on so far."""
        return self._tracker.failed

    def feed(self, lines: Iterable[str | bytes]) -> Iterator[Diagnostic]:
        """Diagnostics as they are completed; the last one when `lines` ends.

        Most lines of most logs are echo lines of a shape seen before. What makes a clean log cheap is that these need
        look-ups of their first ten columns and of their end (no second line glued on), and are not even decoded.
        """
        tracker, echoed, heads, tails = self._tracker, self._tracker.echoed, self._heads, self._tails
        count, opened = self.lines, self._open is not None
        for count, line in enumerate(lines, self.lines + 1):
            if line[:10] in heads and line[-4:] in tails and len(echoed) < MAX_OBJECTS:
                tracker.current = line
                echoed[line] = None
                if opened and self._open is not None:
                    self.lines, opened = count, False
                    yield self._end_group(self._open)
                continue
            self.lines = count
            text = decode(line)
            if is_plain(text):
                if (done := self._read(text)) is not None:
                    yield done
            else:
                yield from filter(None, [self._take(piece, line) for piece in pieces(clean(text))])
            opened = self._open is not None
        self.lines = count
        if self._open is not None:
            yield self._end_group(self._open)

    def _take(self, text: str, line: str | bytes) -> Diagnostic | None:
        """Take one line, a piece of the log's `line`. Returns the diagnostic that it ends, if it ends one."""
        if text[:2] != "  " or echo_target(text) is None:
            return self._read(text)
        self._tracker.enter(text)
        if len(self._heads) < MAX_SHAPES and len(self._tails) < MAX_SHAPES:
            self._heads.update((text[:10], text[:10].encode("utf-8", "replace")))
            self._tails.add(line[-4:])
        return self._end_group(self._open) if self._open is not None else None

    def _read(self, text: str) -> Diagnostic | None:
        """Take one line that is no echo line."""
        if self._group is not self._tracker.current:
            self._new_group()
        if text[:1] in INDENTED:
            if not text.startswith("  ERROR: "):
                self._indented(text)
                return None
            said = recognise(text[2:])  # the top Makefile, of a configuration that is not valid
        else:
            said = recent(text) if ".h:" in text and len(text) < MAX_RECENT else recognise(text)
        if isinstance(said, Found):
            if said.kind == "make":
                self._tracker.make_line(text)
            return self._start(said, text)
        if "make" in text[:64] and MAKE.match(text):
            self._tracker.make_line(text)
            self._new_group()
        elif said is Aside.LEAD:
            if len(self._lead) < MAX_LEAD:
                self._lead.append(text)
            self._function = function_of_lead(text, self._function)
        elif self._open is not None:
            self._attach(self._open, text, is_note=said is Aside.NOTE)
        return None

    def _start(self, found: Found, raw: str) -> Diagnostic | None:
        done = None if self._open is None else self._open.close(self._starts, self._prefixes)
        kind = found.kind
        if kind == "cc" and self._checker:
            found = found._replace(kind="sparse")
        self._open = opened = OpenDiagnostic(found, raw, self._lead, self.lines)
        opened.object = self._object_of(found) if kind in OUTSIDE else self._name
        opened.function = found.function or (self._function if kind == "cc" else None)
        if self._lead:
            self._lead = []
        return done

    def _object_of(self, found: Found) -> str:
        """The object under whose echo line it stands, but for those who speak outside of any recipe."""
        if found.kind == "make":
            return self._tracker.name(needed_by(found.message))
        current = self._name
        if found.kind == "kconfig":
            return current if current.startswith("include/config/") else ""
        if found.kind == "kernel-doc" and self._checker:
            return f"{current.rpartition('.')[0]}.o"
        return current

    def _indented(self, text: str) -> None:
        """Excerpts, include trails, rustc's places, empty lines: never a diagnostic of its own."""
        if self._lead and INCLUDE_TRAIL.match(text):
            if len(self._lead) < MAX_LEAD:
                self._lead.append(text)
            inlined = INLINED_FROM.match(text)
            self._function = inlined.group(1) if inlined else self._function
            return
        last = self._open
        if last is None:
            return
        if not text:
            last.attached = False
            return
        if "-->" in text and last.found.file is None and last.found.kind in RUST_KINDS:
            place = RUST_PLACE.fullmatch(text)
            if place:
                last.locate(place.group(1), int(place.group(2)), int(place.group(3)))
        last.add(text)

    def _attach(self, last: OpenDiagnostic, text: str, *, is_note: bool) -> None:
        """A note, with the include trail that led to it, or a line that nobody knows right below a diagnostic."""
        if is_note:
            for lead in self._lead:
                last.add(lead)
            self._lead = []
            last.add(text)
        elif text.startswith("--> "):
            self._indented(text)
        elif last.attached and not GENERATED.match(text):
            last.add(text)

    def _end_group(self, last: OpenDiagnostic) -> Diagnostic:
        self._open = None
        return last.close(self._starts, self._prefixes)

    def _new_group(self) -> None:
        """Another recipe's output starts: what was said of the last one's function and includes is void."""
        self._group = self._tracker.current
        self._name = self._tracker.name(self._group)
        self._checker = is_checker(self._group)
        self._function = None
        self._lead = []


def is_plain(text: str) -> bool:
    """Whether a line is one line of one tool for sure: no stamp, no escapes, nothing glued on, and no new echo line."""
    return (
        text[:1] not in STAMP_START
        and text.isprintable()
        and text.count("[-W") < 2
        and not text[2:3].isupper()
        and not text.endswith(ECHO_ENDS)
    )


def function_of_lead(text: str, known: str | None) -> str | None:
    """The function that gcc announces, None at top level, else the one known.

    ld says the same with a grave accent; that holds for its own lines only, which name their symbol themselves.
    """
    if ": In " not in text and not text.startswith("In "):
        return None if "At top level:" in text or "At global scope:" in text else known
    if "unction `" in text or text.startswith("In file included from "):
        return known
    named = IN_FUNCTION.search(text[:4096])
    return named.group(1) if named else None
