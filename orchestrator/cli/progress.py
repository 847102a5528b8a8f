"""What a run is doing, on stderr: a live display on a terminal, else a line per finished build. The only rich import.

Events come from worker threads. The display is redrawn twice a second, whatever happens: kmatrix must
not take a core from the compilers.
"""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

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
    WarmStart,
)
from orchestrator.model.result import Status
from orchestrator.planning.schedule import left_s
from orchestrator.reporting.text import count, printable

REDRAWS_PER_SECOND = 2
ESTIMATE_S = 5.0
"""An estimate of a run with thousands of builds takes some milliseconds; in between it is counted down."""
LANES_SHOWN = 16
NOTHING_PLANNED = BuildsPlanned(total=0, lanes=0, reused=0, commits=0)
_STYLES = {Status.OK: "green", Status.WARNINGS: "yellow", Status.ERRORS: "red", Status.UNKNOWN: "magenta"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What a lane does now. `since` is the clock when its build started."""

    commit: int
    since: float
    objects: int = 0
    name: str = ""


@dataclass(slots=True)
class Tally:
    """The run in numbers. `began` is the clock when the builds did; `seconds` are those of finished builds by lane."""

    plan: BuildsPlanned = NOTHING_PLANNED
    began: float = 0.0
    done: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)
    _estimate: tuple[float, float] | None = None  # (clock, seconds left then)

    def count(self, event: BuildFinished) -> None:
        """One more build."""
        self.done += 1
        result = event.result
        for chain in self.plan.chains:
            if chain.target == result.target and result.commit in chain.commits:
                self.seconds.setdefault(chain.lane, []).append(result.seconds)

    def spare(self, event: WarmStart) -> None:
        """A kept build directory makes some builds of a lane unnecessary."""
        chains = (chain.without(event.spared) if chain.lane == event.lane else chain for chain in self.plan.chains)
        self.plan = replace(self.plan, total=self.plan.total - event.spared, chains=tuple(chains))

    def left_s(self, now: float, running: Mapping[str, float]) -> float | None:
        """Seconds to go; None while nothing can be said. `running`: since when each lane is at its present build."""
        if self._estimate is None or now - self._estimate[0] > ESTIMATE_S:
            since = {lane: now - clock for lane, clock in running.items()}
            elapsed = now - self.began
            left = left_s(self.plan.chains, self.seconds, since, elapsed_s=elapsed, cores=self.plan.jobs)
            self._estimate = None if left is None else (now, left)
        return None if self._estimate is None else max(self._estimate[1] - (now - self._estimate[0]), 0.0)


class Progress:
    """An observer of a run (`model.event.Observer`), and the context manager that its display lives in."""

    def __init__(self, stream: TextIO | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._lock = threading.Lock()  # of what is known
        # Of what is printed, taken first. rich's redraw holds its own lock and wants ours: whoever prints must not
        # hold ours at that time.
        self._printing = threading.Lock()
        self._tally = Tally()
        self._lanes: dict[str, Lane] = {}
        self._stage = ""
        self._output = ""
        self._started = self._stage_since = clock()
        self._live: Live | None = None
        # A dumb terminal cannot move its cursor: it gets the plain lines. rich itself honours NO_COLOR.
        if self._stream.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown"):
            console = Console(file=self._stream, highlight=False, markup=False, emoji=False)
            self._live = Live(
                console=console,
                refresh_per_second=REDRAWS_PER_SECOND,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
                get_renderable=self._draw,
            )

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take note of an event. Any thread may call this; it never raises for a stream that is gone."""
        with self._printing:
            with self._lock:
                line = self._take(event)
            if line is not None:
                self._say(*line)

    def _take(self, event: Event) -> tuple[str, str] | None:
        """Change what is known; (text, style) of a line to print for good, if there is one."""
        match event:
            case StageStarted(text=text):
                self._stage, self._output, self._stage_since = printable(text), "", self._clock()
                return self._stage, "bold"
            case StageOutput(text=text):
                self._output = printable(text)
            case BuildsPlanned():
                self._stage = self._output = ""
                self._tally = Tally(plan=event, began=self._clock())
                known = f", {event.reused} known already" if event.reused else ""
                return f"{count(event.total, 'build')} in {count(event.lanes, 'lane')}{known}", "bold"
            case WarmStart():
                self._tally.spare(event)
            case BuildStarted():
                self._lanes[event.lane] = Lane(commit=event.commit, since=self._clock())
            case ObjectBuilt():
                lane = self._lanes.get(event.lane) or Lane(commit=0, since=self._clock())
                self._lanes[event.lane] = replace(lane, objects=event.count, name=event.name)
            case BuildFinished():
                self._tally.count(event)
                return finished_line(event, self._tally), _STYLES.get(event.result.status, "")
            case LaneFinished():
                self._lanes.pop(event.lane, None)
        return None

    def _say(self, text: str, style: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # stderr is gone: the run matters more than its display
            if self._live:
                self._live.console.print(Text(text, style=style), soft_wrap=True)
            else:
                self._stream.write(text + "\n")
                self._stream.flush()

    def _draw(self) -> RenderableType:
        with self._lock:
            return Group(*self._parts())

    def _parts(self) -> list[RenderableType]:
        now, tally = self._clock(), self._tally
        parts: list[RenderableType] = []
        if self._output:
            parts.append(Text(self._output, style="dim", no_wrap=True, overflow="ellipsis"))
        if self._lanes:
            parts.append(self._lane_table(now))
        if total := tally.plan.total:
            left = tally.left_s(now, {name: lane.since for name, lane in self._lanes.items()})
            eta = "" if left is None or tally.done >= total else f", about {duration(left)} to go"
            elapsed = duration(now - self._started)
            parts.append(Text(f"{tally.done}/{total} builds in {elapsed}{eta}", style="bold"))
        elif self._stage:
            parts.append(
                Text(f"{self._stage} ({duration(now - self._stage_since)})", no_wrap=True, overflow="ellipsis")
            )
        return parts

    def _lane_table(self, now: float) -> Table:
        grid = Table.grid(padding=(0, 2), expand=False)
        grid.add_column(no_wrap=True)
        for _ in ("row", "objects", "time"):
            grid.add_column(no_wrap=True, justify="right")
        grid.add_column(no_wrap=True, overflow="ellipsis", style="dim")
        shown = sorted(self._lanes.items())[:LANES_SHOWN]
        for name, lane in shown:
            row = f"{lane.commit}/{self._tally.plan.commits}" if lane.commit else "base"
            objects = f"{lane.objects} objects" if lane.objects else "starting"
            grid.add_row(printable(name), row, objects, duration(now - lane.since), printable(lane.name))
        if len(self._lanes) > len(shown):
            grid.add_row(f"and {len(self._lanes) - len(shown)} more lanes")
        return grid


def finished_line(event: BuildFinished, tally: Tally) -> str:
    """`[ 7/42] powerpc-ppc64_defconfig-gcc-14  03/18  errors  +2E -1  41 s`: one build, greppable."""
    result = event.result
    total, commits = tally.plan.total, tally.plan.commits
    digits = len(str(total))
    row = f"{result.commit:0{len(str(commits))}d}/{commits}" if result.commit else "base"
    changes = [
        f"+{number}{letter}"
        for number, letter in ((event.introduced_errors, "E"), (event.introduced_warnings, "W"))
        if number and result.commit
    ]
    changes += [f"-{event.fixed}"] if event.fixed else []
    why = "" if result.ending is Ending.EXITED else f"({result.ending}{': ' if result.detail else ''}{result.detail})"
    parts = (
        f"[{tally.done:{digits}d}/{total}] {result.target}",
        row,
        "warm-up" if event.warm_up else str(result.status),
        " ".join(changes),
        f"{result.seconds:.0f} s",
        why,
    )
    return printable("  ".join(part for part in parts if part))


def duration(seconds: float) -> str:
    """`41 s`, `7 min 11 s`, `2 h 05 min`."""
    minutes, rest = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
