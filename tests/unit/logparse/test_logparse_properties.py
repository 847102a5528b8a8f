"""What must hold of any log: nothing raises, nothing is lost by cutting or mixing."""

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.analysis.fingerprint import exact, neutral
from orchestrator.logparse import parse_lines, to_json_line
from orchestrator.logparse.stream import LINE_CAP
from orchestrator.model.diagnostic import Diagnostic

LOGS = Path(__file__).resolve().parents[2] / "logs"
RECORDED = [log.read_text(encoding="utf-8").splitlines() for log in sorted(LOGS.glob("*/*.log"))]

PIECES = st.sampled_from(
    [
        *(
            "mm/a.c",
            ":",
            "12",
            ": ",
            "error",
            "warning",
            "fatal error",
            "note",
            " [-Wx]",
            "  CC      ",
            "  CC [M]  ",
            "a.o",
        ),
        *(
            "make[2]: *** [",
            "] Error 2",
            "undefined reference to `",
            "'",
            "ld: ",
            "ld.lld: ",
            "sparse: ",
            "\x1b[0m",
            "\r",
        ),
        *("\n", "\x00", "\ud800", "\u2018", "In function '", "In file included from ", "   --> ", "ERROR: modpost: "),
        *("(.text+0x1)", "Kconfig", "Makefile", "12:34:56 ", "[", "]", "(", ")", '"', "`", "error[E0001]: ", "*** "),
        *("/bin/sh: ", "9" * 5000),
    ]
)
TANGLES = st.lists(PIECES, max_size=14).map("".join)


def identities(lines: list[str]) -> Counter[tuple[object, ...]]:
    """What a diagnostic is, without what its surroundings add. rustc's place stands on another line."""
    return Counter(identity(diagnostic) for diagnostic in parse_lines(lines).diagnostics)


def identity(found: Diagnostic) -> tuple[object, ...]:
    """File, line, column, severity and message."""
    place = (None, None, None) if found.kind == "rustc" else (found.file, found.line, found.column)
    return (*place, found.severity, found.message)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_bytes_raise(lines: list[bytes]) -> None:
    """Any bytes are a log."""
    for diagnostic in parse_lines(lines).diagnostics:
        to_json_line(diagnostic)


@settings(max_examples=300, deadline=None)
@given(st.lists(TANGLES, max_size=12), st.booleans())
def test_no_tangle_of_known_words_raises(lines: list[str], as_bytes: bool) -> None:
    """The recognisers' own vocabulary in any order, as text or bytes."""
    log = [line.encode("utf-8", "surrogatepass") for line in lines] if as_bytes else lines
    for diagnostic in parse_lines(log).diagnostics:
        assert to_json_line(diagnostic).isascii()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(RECORDED), st.data())
def test_cutting_a_log_at_a_line_end_loses_nothing(log: list[str], data: st.DataObject) -> None:
    """The diagnostics of both halves are those of the whole."""
    cut = data.draw(st.integers(0, len(log)))
    assert identities(log[:cut]) + identities(log[cut:]) == identities(log)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(RECORDED), st.sampled_from(RECORDED), st.randoms(use_true_random=False))
def test_mixing_two_groups_line_by_line_loses_nothing(one: list[str], other: list[str], random: object) -> None:
    """However parallel make interleaves two groups, all diagnostics of both are there."""
    choose = getattr(random, "random")  # noqa: B009
    mixed: list[str] = []
    left, right = iter(one), iter(other)
    sources = [left, right]
    while sources:
        source = sources[int(choose() * len(sources))]
        line = next(source, None)
        if line is None:
            sources.remove(source)
        else:
            mixed.append(line)
    assert identities(mixed) == identities(one) + identities(other)


STAMPS = st.sampled_from(
    [
        *("12:34:56 ", "[12:34:56] ", "[   12.345678] ", "[  12s] ", "2024-01-01T00:00:00.0000000Z ", "#7 1.25 ", "| "),
        *(
            "2024-05-22T12:43:46.962646Z 00O ",
            "Jan  1 12:34:56 ",
            "build\tmake\t2024-01-01T00:00:00.0000000Z ",
            "12:34:56  ",
        ),
    ]
)
DRESSED = {
    "bare": "{}",
    "carriage return": "{}\r",
    "coloured": "\x1b[01m\x1b[K{}\x1b[m\x1b[K",
    "linked": "\x1b]8;;https://example.org/x\x07{}\x1b]8;;\x07",
}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(RECORDED), STAMPS | st.just(""), st.sampled_from(sorted(DRESSED)), st.booleans())
def test_what_a_runner_adds_to_each_line_changes_nothing(
    log: list[str], stamp: str, dress: str, as_bytes: bool
) -> None:
    """Time stamps, colours, hyperlinks and carriage returns: the same diagnostics, objects and failures."""
    dressed = [f"{stamp}{DRESSED[dress].format(line)}" for line in log]
    read = parse_lines([line.encode() for line in dressed] if as_bytes else dressed)
    plain = parse_lines(log)
    assert [identity(found) for found in read.diagnostics] == [identity(found) for found in plain.diagnostics]
    assert [found.object for found in read.diagnostics] == [found.object for found in plain.diagnostics]
    assert (read.attempted, read.failed, read.lines) == (plain.attempted, plain.failed, plain.lines)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(RECORDED), st.integers(1 << 16, 3 << 20), TANGLES, st.data())
def test_a_line_of_megabytes_hides_nothing_else(log: list[str], size: int, text: str, data: st.DataObject) -> None:
    """Whatever it holds, the diagnostics of all other lines are there."""
    place = data.draw(st.integers(0, len(log)))
    long = "x" + text.replace("\n", " ").replace("\r", " ") + "y: " * (size // 3)
    expected = identities(log)
    assert expected - identities([*log[:place], long, *log[place:]]) == Counter()


HOSTILE = (
    *(
        "a",
        "/",
        "..",
        "a/b",
        "a.o",
        "a-",
        "(",
        "(.text+0x1)",
        "'",
        "'a' ",
        "error: ",
        "a:1:",
        "+0x",
        "__UNIQUE_ID_",
        "[-W",
    ),
    *(
        "undefined reference to `",
        "conversion from 'a' to 'b' ",
        "0x12345678",
        "/tmp/ccAAAAAA.s",
        " at a line 1",
        "{aka ",
    ),
)
SECONDS = 3.0


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("start", ["", "a.c:1:2: error: ", "ld: ", "WARNING: ", "a: ", "a: error: "])
def test_no_line_takes_long(start: str, piece: str) -> None:
    """The longest line that is kept, made of what the patterns look for, is read and fingerprinted in moments."""
    line = start + piece * (LINE_CAP // len(piece))
    before = time.process_time()
    for found in parse_lines([line]).diagnostics:
        assert exact(found)
        assert neutral(found)
    assert time.process_time() - before < SECONDS
