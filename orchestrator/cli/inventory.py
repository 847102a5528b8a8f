"""What the smaller commands show: plans, images, verifications; as text for people and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestrator.cli.progress import Progress, duration
from orchestrator.config import catalog
from orchestrator.config.request import load_matrix
from orchestrator.config.values import memory
from orchestrator.errors import UserError
from orchestrator.model.matrix import ImageSpec
from orchestrator.model.result import CellResult
from orchestrator.pipeline import upkeep
from orchestrator.pipeline.foresight import Forecast, foresee
from orchestrator.pipeline.request import Request
from orchestrator.pipeline.resources import Places
from orchestrator.pipeline.verification import Checked, Verification
from orchestrator.reporting.text import count, printable, wrap
from orchestrator.reporting.words import additions, bases


def planned(request: Request, places: Places, *, rebuild: bool) -> Forecast:
    """What `kmatrix run` would do."""
    return foresee(request, places, rebuild=rebuild)


def plan_text(forecast: Forecast) -> str:
    """Cells, lanes, what is reused, an estimate."""
    series = forecast.series
    commits = count(len(series.commits), "commit")
    lines = [
        printable(series.title),
        f"{commits} on {series.base.sha[:12]} ({printable(series.base_reason)})",
        *bases(series),
        *additions(series),
        *(f"warning: {printable(warning)}" for warning in forecast.warnings),
        "",
    ]
    width = max(len(cell.name) for cell in forecast.cells)
    for cell in forecast.cells:
        todo = f"{cell.builds} to build" if cell.builds else "nothing to build"
        known = f", {cell.reused} known" if cell.reused else ""
        image = "" if cell.image_id else f", image {cell.image} to be had first"
        lines.append(f"  {cell.name:<{width}}  {todo}{known}{image}")
    total = sum(cell.builds for cell in forecast.cells)
    lanes = count(sum(bool(cell.builds) for cell in forecast.cells), "lane")
    estimate = "unknown, nothing like it was built yet" if forecast.seconds is None else duration(forecast.seconds)
    lines += ["", f"{count(total, 'build')} in {lanes}; time: {estimate}" if total else "every result is known already"]
    return "\n".join(lines)


def plan_json(forecast: Forecast) -> dict[str, Any]:
    """The same for machines. `seconds` is null when it cannot be told."""
    return {
        "schema": 1,
        "series": {
            "title": forecast.series.title,
            "base": {
                "sha": forecast.series.base.sha,
                "reason": forecast.series.base_reason,
                "candidates": [asdict(candidate) for candidate in forecast.series.candidates],
            },
            "commits": [
                {"index": row.index, "sha": row.sha, "subject": row.subject} for row in forecast.series.commits
            ],
        },
        "cells": [asdict(cell) for cell in forecast.cells],
        "seconds": forecast.seconds,
        "warnings": list(forecast.warnings),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedImage:
    """A line of `images list`."""

    arch: str
    compiler: str
    spec: ImageSpec | None
    reason: str


def verification_text(found: Verification) -> str:
    """A line a square, what differs below it, a sum."""
    width = max((len(square.said.target) for square in found.checked), default=0)
    digits = len(str(found.commits))
    lines = []
    for square in found.checked:
        row = f"{square.said.commit:0{digits}d}/{found.commits}" if square.said.commit else "base"
        lines.append(f"{square.said.target:<{width}}  {row:>{2 * digits + 1}}  {_agreement(square)}")
        if square.clean and not square.agrees:
            lines += (f"    {line}" for line in _differences(square, square.clean))
    different = sum(bool(square.clean) and not square.agrees for square in found.checked)
    failed = sum(square.clean is None for square in found.checked)
    total = f"{count(len(found.checked), 'square')} of run {found.run} built from nothing: {different or 'none'} differ"
    asides = (f"{failed} could not be built" if failed else "", _unanswered(found))
    return "\n".join((*lines, "; ".join(part for part in (total, *asides) if part)))


def _agreement(square: Checked) -> str:
    if square.clean is None:
        return f"unknown: {printable(square.detail)}"
    if not square.agrees:
        return "DIFFERS"
    return f"agrees on {count(square.compared, 'diagnostic')}" if square.compared else "agrees"


def _differences(square: Checked, clean: CellResult) -> Iterator[str]:
    if (square.said.exit_code == 0) is not (clean.exit_code == 0):
        yield f"make ended with {square.said.exit_code} in the run and with {clean.exit_code} from nothing"
    for difference in square.differences:
        both = f"{difference.incremental} in the run, {difference.clean} from nothing"
        yield f"{both}: {printable(difference.sample.raw)}"


def _unanswered(found: Verification) -> str:
    return f"{found.unanswered} had no answer to check" if found.unanswered else ""


def verification_json(found: Verification) -> dict[str, Any]:
    """The same for machines. `agrees` is null for a square that could not be built."""
    return {
        "schema": 1,
        "run": found.run,
        "unanswered": found.unanswered,
        "squares": [
            {
                "commit": square.said.commit,
                "cell": square.said.target,
                "agrees": square.agrees if square.clean else None,
                "compared": square.compared,
                "detail": square.detail,
                "exit_code": [square.said.exit_code, square.clean.exit_code if square.clean else None],
                "differences": [
                    {"in_run": one.incremental, "from_nothing": one.clean, "raw": one.sample.raw}
                    for one in square.differences
                ],
            }
            for square in found.checked
        ],
    }


def wanted_images(arches: Sequence[str], compilers: Sequence[str], matrix: Path | None) -> tuple[WantedImage, ...]:
    """Of the catalog, or those of a matrix, narrowed by name. Raises UserError if that leaves none."""
    if matrix is not None:
        rows = [
            WantedImage(arch=t.arch, compiler=t.compiler, spec=t.image, reason="") for t in load_matrix(matrix).targets
        ]
    else:
        rows = [
            WantedImage(arch=choice.arch, compiler=choice.compiler, spec=choice.spec, reason=choice.reason)
            for choice in catalog.every_image()
        ]
    kept = tuple(
        dict.fromkeys(
            row for row in rows if (not arches or row.arch in arches) and (not compilers or row.compiler in compilers)
        )
    )
    if not kept:
        raise UserError("no toolchain of that arch and compiler; `kmatrix images list` shows all")
    return kept


def build_images(wanted: Sequence[WantedImage], progress: Progress) -> Mapping[str, str]:
    """Build what can be built; ids by reference."""
    return upkeep.build_images(tuple(row.spec for row in wanted if row.spec is not None), progress)


def image_rows(wanted: Sequence[WantedImage]) -> list[dict[str, str | None]]:
    """{arch, compiler, state, image_id, reason} of each."""
    ids = upkeep.image_ids(tuple(row.spec for row in wanted if row.spec is not None))
    rows: list[dict[str, str | None]] = []
    for row in wanted:
        image_id = ids.get(row.spec.reference) if row.spec else None
        state = "unsupported" if row.spec is None else "available" if image_id else "buildable"
        rows.append(
            {
                "arch": row.arch,
                "compiler": row.compiler,
                "state": state,
                "image_id": image_id,
                "reason": row.reason or None,
            }
        )
    return rows


def images_text(rows: Sequence[Mapping[str, str | None]], width: int) -> str:
    """A line each, ids as short as Docker shows them; a reason that needs more goes on below itself."""
    first = max((len(row["arch"] or "") for row in rows), default=0)
    second = max((len(row["compiler"] or "") for row in rows), default=0)
    lines: list[str] = []
    for row in rows:
        head = f"{row['arch']:<{first}}  {row['compiler']:<{second}}  {row['state']:<11}  "
        said = (row["image_id"] or "").removeprefix("sha256:")[:12] or row["reason"] or ""
        lines += wrap(said, width, head, " " * len(head)) or (head.rstrip(),)
    return "\n".join(lines)


def collect(places: Places, *, max_age_days: int, max_size: str | None) -> str:
    """Run the clean-up; one line of what it freed. Raises UserError for a size it cannot read."""
    try:
        megabytes = None if max_size is None else memory(max_size)
    except ValueError as error:
        raise UserError(f"--max-size: {error}") from None
    freed = upkeep.collect(places, max_age_days=max_age_days, max_bytes=None if megabytes is None else megabytes << 20)
    removed = (
        f"removed {count(freed.runs, 'run')}, {count(freed.results, 'result')}, {count(freed.logs, 'log')} "
        f"({freed.bytes / 1e6:.1f} MB), {count(freed.trees, 'checked-out tree')}, "
        f"{count(freed.warm, 'kept build')}"
    )
    return f"{removed}\nnot looked for what dead runs left: {freed.trouble}" if freed.trouble else removed
