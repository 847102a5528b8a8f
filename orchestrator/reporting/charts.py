"""Bar charts for the page: where the time went, and which commits brought and took findings. Geometry alone, no markup.

A chart is `width` x `height` in its own units; the template draws it as inline SVG that scales.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.reporting.text import count, printable, shorten
from orchestrator.reporting.view import View, is_error
from orchestrator.reporting.words import row_name

WIDTH = 720
SLOWEST = 24  # cells in the chart of cells
_TOP, _FOOT, _SIDE = 14, 18, 44
_PLOT = 130
_ROW = 18
_NAME = 300  # units that the names of cells get; about 48 letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A rectangle with its style class and what it says to who points at it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text at a place; `anchor` is SVG's text-anchor."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`summary` says in words what the picture shows. `axis` is the height of the zero line, None without one."""

    title: str
    summary: str
    height: float
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    axis: float | None = None
    width: float = WIDTH


def charts(seen: View) -> tuple[Chart, ...]:
    """Findings over commits, time per commit, time per cell; those that would be empty are left out."""
    return tuple(chart for chart in (_findings(seen), _commits(seen), _cells(seen)) if chart)


def _findings(seen: View) -> Chart | None:
    """New errors and warnings of each commit above the line, fixed ones below."""
    last = seen.last
    new = {kind: [0] * (last + 1) for kind in ("error", "warning")}
    fixed = [0] * (last + 1)
    for finding in seen.report.findings:
        new["error" if is_error(finding) else "warning"][finding.seen_at] += 1
    for finding in (*seen.report.findings, *seen.report.preexisting):
        if finding.fixed_by is not None:
            fixed[finding.fixed_by] += 1
    most_up = max((e + w for e, w in zip(new["error"], new["warning"], strict=True)), default=0)
    if not most_up and not any(fixed):
        return None
    unit = _PLOT / (most_up + max(fixed))
    axis = round(_TOP + most_up * unit, 1)
    step = (WIDTH - _SIDE) / (last + 1)
    bars = []
    for index in range(last + 1):
        x, wide = _SIDE + index * step + step * 0.15, step * 0.7
        errors, warnings, gone = new["error"][index], new["warning"][index], fixed[index]
        text = f"{row_name(index)}: {count(errors, 'new error')}, {count(warnings, 'new warning')}, {gone} fixed"
        for kind, number, low in (("error", errors, axis), ("warning", warnings, axis - errors * unit)):
            if number:
                bars.append(_bar((x, low - number * unit, wide, number * unit), kind, text))
        if gone:
            bars.append(_bar((x, axis, wide, gone * unit), "fixed", text))
    scale = [Label(x=_SIDE - 6, y=_TOP + 4, text=f"+{most_up}", anchor="end")] if most_up else []
    scale += [Label(x=_SIDE - 6, y=_TOP + _PLOT + 4, text=f"-{max(fixed)}", anchor="end")] if any(fixed) else []
    worst = max(range(last + 1), key=lambda index: new["error"][index] + new["warning"][index])
    brought = count(new["error"][worst] + new["warning"][worst], "new finding")
    return Chart(
        title="Findings over commits",
        summary=f"New errors (red) and warnings (yellow) of each commit upwards, what it fixed (green) downwards. "
        f"{row_name(worst)} has the most: {brought}.",
        height=_TOP + _PLOT + _FOOT + 4,
        bars=tuple(bars),
        labels=(*scale, *_commit_labels(seen, step, _TOP + _PLOT + _FOOT)),
        axis=axis,
    )


def _commits(seen: View) -> Chart | None:
    """Seconds of each commit over all cells."""
    times = [sum(seen.result(index, name).seconds for name in seen.names) for index in range(seen.last + 1)]
    most = max(times, default=0)
    if most <= 0:
        return None
    step = (WIDTH - _SIDE) / len(times)
    bars = tuple(
        _bar(
            (_SIDE + index * step + step * 0.15, _TOP + _PLOT * (1 - time / most), step * 0.7, _PLOT * time / most),
            "time",
            f"{row_name(index)}: {duration(time)}",
        )
        for index, time in enumerate(times)
        if time
    )
    slowest = times.index(most)
    return Chart(
        title="Build time per commit",
        summary=f"All cells together. {row_name(slowest)} took the longest: {duration(most)}.",
        height=_TOP + _PLOT + _FOOT + 4,
        bars=bars,
        labels=(
            Label(x=_SIDE - 6, y=_TOP + 4, text=_brief(most), anchor="end"),
            *_commit_labels(seen, step, _TOP + _PLOT + _FOOT),
        ),
        axis=_TOP + _PLOT,
    )


def _cells(seen: View) -> Chart | None:
    """Seconds of each cell over all commits, the slowest first."""
    times = {name: sum(seen.result(index, name).seconds for index in range(seen.last + 1)) for name in seen.names}
    ranked = [name for name in sorted(seen.names, key=lambda name: -times[name]) if times[name] > 0][:SLOWEST]
    if not ranked:
        return None
    room = WIDTH - _NAME - 70
    bars, labels = [], []
    for row, name in enumerate(ranked):
        y, wide = row * _ROW, room * times[name] / times[ranked[0]]
        bars.append(_bar((_NAME, y + 3, wide, _ROW - 6), "time", f"{printable(name)}: {duration(times[name])}"))
        labels.append(Label(x=_NAME - 6, y=y + 13, text=shorten(printable(name), 46), anchor="end"))
        labels.append(Label(x=round(_NAME + wide + 6, 1), y=y + 13, text=duration(times[name]), anchor="start"))
    left = len(seen.names) - len(ranked)
    return Chart(
        title="Build time per cell",
        summary="All commits together, the slowest first" + (f"; {left} more took less." if left else "."),
        height=len(ranked) * _ROW + 4,
        bars=tuple(bars),
        labels=tuple(labels),
    )


def _commit_labels(seen: View, step: float, y: float) -> Sequence[Label]:
    """Names of the commits below their bars, as many as there is room for."""
    every = max(1, round(34 / step + 0.49))
    return [
        Label(x=round(_SIDE + (index + 0.5) * step, 1), y=y, text=row_name(index))
        for index in range(0, seen.last + 1, every)
    ]


def _bar(box: tuple[float, float, float, float], kind: str, text: str) -> Bar:
    x, y, width, height = (round(number, 1) for number in box)
    return Bar(x=x, y=y, width=width, height=max(height, 0.5), kind=kind, text=text)


def _brief(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} m" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def duration(seconds: float) -> str:
    """`2 h 5 min`, `7 min 11 s`, `9 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
