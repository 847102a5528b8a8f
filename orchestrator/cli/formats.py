"""`kmatrix report --format`: one function a format, the report and the options in, bytes for stdout out."""

import dataclasses
import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

from orchestrator.errors import UserError
from orchestrator.model.verdict import RunReport
from orchestrator.pipeline import products
from orchestrator.pipeline.patchwork import Patchwork
from orchestrator.reporting import export
from orchestrator.reporting.github import annotations, summary
from orchestrator.reporting.junit import junit
from orchestrator.reporting.kcidb import ORIGIN, kcidb, validate
from orchestrator.reporting.markdown import html_table, markdown
from orchestrator.reporting.patchwork import checks
from orchestrator.reporting.text import count

TOKEN = "KMATRIX_PATCHWORK_TOKEN"  # noqa: S105 - the name of a variable


def _json(report: RunReport, args: Namespace) -> str:  # noqa: ARG001 - every format takes the same
    return json.dumps(export.to_json(report), indent=1) + "\n"


def _html(report: RunReport, args: Namespace) -> str:  # noqa: ARG001
    return products.page(report)


def _html_table(report: RunReport, args: Namespace) -> str:  # noqa: ARG001
    return html_table(report)


def _markdown(report: RunReport, args: Namespace) -> str:  # noqa: ARG001
    return markdown(report)


def _junit(report: RunReport, args: Namespace) -> str:  # noqa: ARG001
    return junit(report)


def _github(report: RunReport, args: Namespace) -> str:  # noqa: ARG001
    """Annotations to stdout; the summary to the file that the runner names, if it does."""
    name = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if name:
        try:
            with Path(name).open("a", encoding="utf-8", errors="replace") as file:
                file.write(summary(report))
        except OSError as error:
            raise UserError(f"GITHUB_STEP_SUMMARY: {name}: {error.strerror}; unset it, or name another file") from error
    return annotations(report)


def _kcidb(report: RunReport, args: Namespace) -> str:
    document = kcidb(report, products.build_lines(report), args.origin or ORIGIN)
    if not validate(document):
        sys.stderr.write("kmatrix: not validated, kcidb-io is not installed: pip install 'kmatrix[kcidb]'\n")
    return json.dumps(document, indent=1) + "\n"


def _patchwork(report: RunReport, args: Namespace) -> str:
    """What was posted, or without --post what would be."""
    patches = checks(report, args.link or "")
    if not patches:
        raise UserError("nothing for patchwork: no commit of this run came as a mail")
    if args.post is None:
        return json.dumps([dataclasses.asdict(patch) for patch in patches], indent=1) + "\n"
    posted = Patchwork(args.post, os.environ.get(TOKEN, "")).post(patches)
    lines = [f"{count(posted.new, 'check')} posted, {posted.known} there already"]
    lines += [f"not known there: {message_id}" for message_id in posted.strangers]
    return "\n".join(lines) + "\n"


FORMATS: Mapping[str, Callable[[RunReport, Namespace], str]] = {
    "html": _html,
    "html-table": _html_table,
    "markdown": _markdown,
    "json": _json,
    "junit": _junit,
    "github": _github,
    "kcidb": _kcidb,
    "patchwork": _patchwork,
}
