"""The progress display: plain lines without a terminal, a live one with, nothing on stdout, any thread."""

import io
import re
import threading

import pytest
from factories import a_result, a_state, an_error

from orchestrator.cli.progress import Progress, Tally, duration, finished_line
from orchestrator.model.build import Ending
from orchestrator.model.event import (
    BuildFinished,
    BuildsPlanned,
    BuildStarted,
    Event,
    LaneFinished,
    ObjectBuilt,
    StageOutput,
    StageStarted,
)
from orchestrator.model.result import Status
from orchestrator.model.schedule import Chain

GCC = "powerpc-ppc64_defconfig-gcc-14"
CHAINS = (Chain(lane=GCC, target=GCC, commits=tuple(range(19)), seconds=(60.0, *[6.0] * 18)),)
PLANNED = BuildsPlanned(total=42, lanes=2, reused=3, commits=18, chains=CHAINS, jobs=2)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO, *events: Event) -> str:
    """What is on the stream after these events."""
    with Progress(stream) as progress:
        for event in events:
            progress(event)
    return stream.getvalue()


def a_finish(commit: int = 3, **fields: object) -> BuildFinished:
    """A build of the third commit that broke."""
    return BuildFinished(result=a_result(commit, GCC, state=a_state(an_error()), seconds=41.2), **fields)


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_terminal_there_is_a_line_per_finished_build_and_stage() -> None:
    """Nothing else: no objects, no starts, no escape sequences."""
    text = told(
        io.StringIO(),
        StageStarted(text="Building image kmatrix/gcc-14:powerpc"),
        StageOutput(text="Step 1/4"),
        PLANNED,
        BuildStarted(lane=GCC, commit=3),
        ObjectBuilt(lane=GCC, count=9, name="mm/gup.o"),
        a_finish(introduced_errors=2, fixed=1),
        LaneFinished(lane=GCC),
    )
    assert text.splitlines() == [
        "Building image kmatrix/gcc-14:powerpc",
        "42 builds in 2 lanes, 3 known already",
        "[ 1/42] powerpc-ppc64_defconfig-gcc-14  03/18  errors  +2E -1  41 s",
    ]


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot move its cursor must not be sent escape sequences."""
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in told(Terminal(), PLANNED, a_finish())


@pytest.mark.usefixtures("_terminal")
def test_a_terminal_gets_lanes_and_totals() -> None:
    """Lane, commit, objects, total and time; it is gone when the run is over, the finished lines stay."""
    text = told(
        Terminal(),
        PLANNED,
        BuildStarted(lane=GCC, commit=3),
        ObjectBuilt(lane=GCC, count=917, name="mm/gup.o"),
        a_finish(),
    )
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    for words in (GCC, "3/18", "917 objects", "mm/gup.o", "1/42 builds", "[ 1/42]", "to go"):
        assert words in plain


@pytest.mark.usefixtures("_terminal")
def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://no-color.org: the display moves, but has no colours."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[(?:\d+;)*3\d(?:;\d+)*m", told(Terminal(), PLANNED, a_finish()))


def test_nothing_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """People's progress is on stderr; stdout is the report's alone."""
    with Progress() as progress:
        progress(PLANNED)
        progress(a_finish())
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "[ 1/42]" in captured.err


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("_terminal")
def test_events_may_come_from_any_thread_while_the_display_redraws() -> None:
    """No build is lost and nobody waits for ever, printing and redrawing at once."""
    stream = Terminal()
    with Progress(stream) as progress:
        progress(BuildsPlanned(total=400, lanes=8, reused=0, commits=50))

        def lane(number: int) -> None:
            name = f"arch{number}-defconfig-gcc-14"
            for commit in range(50):
                progress(BuildStarted(lane=name, commit=commit))
                progress(ObjectBuilt(lane=name, count=1, name="a.o"))
                progress(BuildFinished(result=a_result(commit, name)))

        threads = [threading.Thread(target=lane, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert stream.getvalue().count("defconfig-gcc-14  ") >= 400
    assert "[400/400]" in stream.getvalue()


def test_a_closed_stream_does_not_stop_the_run() -> None:
    """A pager that was quit must not cost hours of builds."""
    stream = io.StringIO()
    progress = Progress(stream)
    stream.close()
    progress(PLANNED)
    progress(a_finish())


def test_unknown_squares_say_why_and_foreign_text_is_safe() -> None:
    """A lost host is named; an escape sequence in its words is not obeyed."""
    result = a_result(0, GCC, status=Status.UNKNOWN, ending=Ending.LOST, detail="host\x1b[2J gone", seconds=5)
    line = finished_line(
        BuildFinished(result=result), Tally(plan=BuildsPlanned(total=9, lanes=1, reused=0, commits=3), done=1)
    )
    assert line == f"[1/9] {GCC}  base  unknown  5 s  (lost: host gone)"


def test_the_rest_is_estimated_from_what_the_builds_took_so_far() -> None:
    """Two lanes of a base and two commits on two cores; between two estimates the time is counted down."""
    chains = tuple(Chain(lane=cell, target=cell, commits=(0, 1, 2), seconds=(10, 5, 5)) for cell in ("a-b-c", "d-e-f"))
    tally = Tally(plan=BuildsPlanned(total=6, lanes=2, reused=0, commits=2, chains=chains, jobs=2), began=1000)
    assert tally.left_s(1001, {"a-b-c": 1000, "d-e-f": 1000}) is None
    for cell in ("a-b-c", "d-e-f"):
        tally.count(BuildFinished(result=a_result(0, cell, seconds=20)))
    assert tally.left_s(1020, {}) == pytest.approx(20)
    assert tally.left_s(1024, {}) == pytest.approx(16)
    assert tally.left_s(1100, {}) == pytest.approx(100)  # most of the time went by between the builds


@pytest.mark.parametrize(("seconds", "text"), [(41.2, "41 s"), (431, "7 min 11 s"), (7500, "2 h 05 min"), (-1, "0 s")])
def test_durations(seconds: float, text: str) -> None:
    """Two units at most."""
    assert duration(seconds) == text
