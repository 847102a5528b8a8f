"""The commands over finished runs: they read the store and files, and need neither an engine nor a tree."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from orchestrator.cli import output
from orchestrator.cli.formats import FORMATS
from orchestrator.cli.tables import shown
from orchestrator.pipeline import past_runs, products
from orchestrator.pipeline.resources import places
from orchestrator.reporting.text import count, printable, shorten
from orchestrator.results import logs
from orchestrator.results.records import RunRecord
from orchestrator.results.store import Store


def report(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix report`."""
    found = past_runs.report_of(places(), args.run)
    if args.format == "table":
        sys.stdout.write(shown(found))
    elif args.format == "mail":
        sys.stdout.buffer.write(products.mailbox(found))
    else:
        output.write_utf8(FORMATS[args.format](found, args))
    return 0


def log(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix log`."""
    with Store.open(places().state) as store:
        path = store.log_path(store.find_run(args.run).id, args.commit, args.cell)
    sys.stdout.buffer.writelines(line.encode("utf-8", "surrogateescape") for line in logs.lines(path))
    return 0


def runs(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix runs`."""
    with Store.open(places().state) as store:
        records = store.runs()
    if args.json:
        output.write_json(runs_json(records), args.json)
    else:
        print(runs_text(records, output.line_width()))
    return 0


def runs_text(records: Sequence[RunRecord], width: int) -> str:
    """A line each, newest first; an id begins with the UTC time of the start."""
    if not records:
        return "no runs yet: `kmatrix run` makes one"
    lines = []
    for record in records:
        ended = record.verdict or record.state.value
        head = f"{record.id}  {ended:<11}  {count(record.squares, 'square'):>11}  "
        lines.append(head + shorten(printable(record.title), max(width - len(head), 20)))
    return "\n".join(lines)


def runs_json(records: Sequence[RunRecord]) -> list[dict[str, Any]]:
    """A list of objects, newest first."""
    return [{**asdict(record), "state": record.state.value, "argv": list(record.argv)} for record in records]
