"""A finished run's files under --out (DESIGN D11), and any report rendered again from a run."""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.model.matrix import Target
from orchestrator.model.result import CellResult
from orchestrator.model.verdict import RunReport
from orchestrator.pipeline import extracts
from orchestrator.pipeline.resources import data, own_templates
from orchestrator.planning import command
from orchestrator.reporting import outbox
from orchestrator.reporting.letters import Draft
from orchestrator.reporting.mail import drafts
from orchestrator.reporting.page import page as page_of
from orchestrator.reporting.reproduce import BuildLines
from orchestrator.reporting.templates import Templates

# Drafts are the operator's to send: `kmatrix` itself has no address.
DRAFT_SENDER = "kmatrix <kmatrix@localhost>"

_FROM = b"From kmatrix@localhost Thu Jan  1 00:00:00 1970\n"
_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)


def write(report: RunReport, out: Path) -> RunReport:
    """Write everything; the report whose log paths are relative to `out`. Raises InfrastructureError."""
    report = replace(report, results=tuple(_with_log(result, out) for result in report.results))
    outbox.write_products(
        report,
        out,
        templates(),
        sender=DRAFT_SENDER,
        date=datetime.now(UTC),
        lines=build_lines(report),
        extracts=outbox.Extracts(texts=extracts.source_texts(report), packs=extracts.packs(report)),
    )
    return report


def check_place(directory: Path, option: str) -> None:
    """Raise UserError if a directory can be neither made nor written in: better now than when all is built."""
    place = directory.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise UserError(f"{option}: {directory} cannot be made: {place} is a file; choose another place with {option}")
    if not os.access(place, os.W_OK | os.X_OK):
        read_only = os.statvfs(place).f_flag & os.ST_RDONLY
        why = "its file system is read-only" if read_only else "permission denied"
        raise UserError(f"{option}: cannot write in {place}: {why}; choose another place with {option}")


def page(report: RunReport) -> str:
    """The HTML page of a report."""
    return page_of(report, templates(), build_lines(report))


def mailbox(report: RunReport) -> bytes:
    """All drafts of a report as an mbox (RFC 4155, `From ` lines quoted the mboxrd way)."""
    letters = letters_of(report, DRAFT_SENDER)
    return b"".join(_FROM + _FROM_LINE.sub(rb">\1", bytes(letter.message)) + b"\n" for letter in letters)


def letters_of(report: RunReport, sender: str, to: str = "author") -> tuple[Draft, ...]:
    """All drafts of a report, dated now; `sender` and `to` as for `mail.drafts`."""
    return drafts(
        report,
        templates(),
        sender=sender,
        date=datetime.now(UTC),
        lines=build_lines(report),
        texts=extracts.source_texts(report),
        to=to,
    )


def templates() -> Templates:
    """Those of `reports/`, the user's own before them."""
    return Templates(data("reports"), own_templates())


def build_lines(report: RunReport) -> Mapping[str, BuildLines]:
    """The plain commands of each target, by its name."""
    return {facts.target.name: _lines(facts.target) for facts in report.targets}


def _lines(target: Target) -> BuildLines:
    files = []
    if target.config.base_is_file:
        files.append((command.BASE_CONFIG, target.config.base_text))
    if wanted := command.wanted_config(target):
        files.append((command.WANTED_CONFIG, wanted))
    return BuildLines(commands=command.shell_lines(target), env=command.BUILD_ENV, files=tuple(files))


def _with_log(result: CellResult, out: Path) -> CellResult:
    """The result with its log under `out`: a hard link where that works, for the store keeps its own."""
    if not result.log:
        return result
    relative = Path("logs") / f"{result.commit:02d}" / f"{result.target}.log.gz"
    try:
        (out / relative).parent.mkdir(parents=True, exist_ok=True)
        (out / relative).unlink(missing_ok=True)
        try:
            os.link(result.log, out / relative)
        except OSError:
            shutil.copyfile(result.log, out / relative)
    except OSError as error:
        raise InfrastructureError(f"{out / relative}: {error.strerror}: cannot write the log") from error
    return replace(result, log=str(relative))
