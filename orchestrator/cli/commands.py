"""The commands that need an engine: arguments in, exit status out. For people is stdout, progress goes to stderr."""

import contextlib
import dataclasses
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from orchestrator.cli import arguments, bisecting, inventory, output
from orchestrator.cli.progress import Progress
from orchestrator.cli.tables import shown
from orchestrator.errors import UserError
from orchestrator.pipeline import bisect_case, bisect_range, probe_commit, products, verification
from orchestrator.pipeline.check_series import Options, check_series, exit_code
from orchestrator.pipeline.request import Request
from orchestrator.pipeline.resources import places
from orchestrator.reporting import export
from orchestrator.series.options import Leniency, SeriesOptions


def run(args: Namespace, argv: tuple[str, ...]) -> int:
    """`kmatrix run`."""
    options = Options(out=args.out, jobs=args.jobs, rebuild=args.rebuild, argv=argv)
    if args.json and args.json != "-":
        products.check_place(Path(args.json).parent, "--json")
    with _termination_is_interruption(), Progress() as progress:
        report, out = check_series(_request(args), options, places(), progress)
    if args.json:
        output.write_json(export.to_json(report), args.json)
    if args.json != "-":
        with contextlib.suppress(BrokenPipeError):  # a verdict is a verdict, even if nobody reads on
            print(f"report.html, results.json, mails/, logs/ and reproduce/ are in\n{out}\n")
            sys.stdout.write(shown(report))  # its last line is the verdict
    return exit_code(report)


def plan(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001 - every command takes the same
    """`kmatrix plan`."""
    shown = inventory.planned(_request(args), places(), rebuild=args.rebuild)
    if args.json:
        output.write_json(inventory.plan_json(shown), args.json)
    else:
        print(inventory.plan_text(shown))
    return 0


def _question(args: Namespace) -> bisect_case.Question:
    """Every option has the name of the field it gives."""
    names = [field.name for field in dataclasses.fields(bisect_case.Question) if hasattr(args, field.name)]
    question = bisect_case.Question(**{name: getattr(args, name) for name in names})
    bisect_case.check(question)
    return question


def _bisect_all(args: Namespace, argv: tuple[str, ...]) -> int:
    """`kmatrix run` that builds only what it takes to date each finding."""
    if args.match is not None or args.finding is not None or args.dag or args.resume:
        raise UserError("--all dates every finding: it goes with none of --match, --finding, --dag, --continue")
    options = Options(out=args.out, jobs=args.jobs, rebuild=args.rebuild, argv=argv, bisect=True)
    request = _request(args)
    if args.cell:
        request = dataclasses.replace(request, select=(*request.select, args.cell))
    with _termination_is_interruption(), Progress() as progress:
        report, out = check_series(request, options, places(), progress)
    if args.json:
        output.write_json(export.to_json(report), args.json)
    if args.json != "-":
        print(f"{bisecting.dated_text(report)}\nreport.html, results.json, mails/ and logs/ are in\n{out}")
    return exit_code(report)


def probe(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix probe`."""
    with _termination_is_interruption(), Progress() as progress:
        record = probe_commit.probe_commit(_request(args), _question(args), places(), progress)
    print(bisecting.probe_text(record))
    return probe_commit.exit_code(record)


def bisect(args: Namespace, argv: tuple[str, ...]) -> int:
    """`kmatrix bisect`."""
    if args.all:
        return _bisect_all(args, argv)
    question = _question(args)
    if args.out:
        products.check_place(args.out, "--out")
    with _termination_is_interruption(), Progress() as progress:
        if args.resume:
            found = bisect_range.continue_bisection(args.resume, question, places(), progress, out=args.out)
        else:
            found = bisect_range.bisect_range(_request(args), question, places(), progress, out=args.out)
    if args.json:
        output.write_json(bisecting.bisection_json(found), args.json)
    if args.json != "-":
        print(bisecting.bisection_text(found))
    return found.exit_code


def verify(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix verify`."""
    wanted = verification.Wanted(
        run=args.run,
        commits=tuple(args.commit),
        select=tuple(args.select),
        sample=args.sample,
        tree=args.tree,
        jobs=args.jobs,
    )
    with _termination_is_interruption(), Progress() as progress:
        found = verification.verify(wanted, places(), progress)
    if args.json:
        output.write_json(inventory.verification_json(found), args.json)
    if args.json != "-":
        print(inventory.verification_text(found))
    return found.exit_code


def images(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix images list|build`."""
    wanted = inventory.wanted_images(args.arch, args.compiler, args.matrix)
    if args.action == "build":
        with _termination_is_interruption(), Progress() as progress:
            built = inventory.build_images(wanted, progress)
        for reference, image_id in built.items():
            print(f"{reference}  {image_id}")
        return 0
    rows = inventory.image_rows(wanted)
    if args.json:
        output.write_json(rows, args.json)
    else:
        print(inventory.images_text(rows, output.line_width()))
    return 0


def gc(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix gc`."""
    print(inventory.collect(places(), max_age_days=args.max_age, max_size=args.max_size))
    return 0


def _request(args: Namespace) -> Request:
    series, variables = arguments.split_words(args.words)
    if len(series) > 1:
        raise UserError(f"one series at a time, not {' and '.join(series)}; make variables are VAR=VALUE")
    return Request(
        series=series[0] if series else None,
        tree=args.tree,
        of_series=series_options(args),
        matrix=args.matrix,
        select=tuple(args.select),
        arches=tuple(args.arch),
        compilers=tuple(args.compiler),
        configs=tuple(args.config),
        targets=tuple(args.target),
        make_vars=variables,
        timeout=args.timeout,
        memory=args.memory,
        stdin=sys.stdin.buffer.read() if series == ("-",) else None,
    )


def series_options(args: Namespace) -> SeriesOptions:
    """What the command line asks of SERIES."""
    return SeriesOptions(
        base=args.base,
        candidates=tuple(args.candidate),
        prerequisites=tuple(args.prerequisite),
        version=args.version,
        pick=args.pick,
        allow_missing=args.allow_missing,
        trailers=args.trailers,
        leniency=Leniency(three_way=args.three_way, fuzz=args.fuzz),
        first_parent=args.first_parent,
        archives=tuple(args.archive),
    )


@contextmanager
def _termination_is_interruption() -> Iterator[None]:
    """SIGTERM takes the way of Ctrl-C: what runs is stopped in order, what is finished is kept."""

    def on_termination(_signal: int, _frame: FrameType | None) -> None:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a script's background job: Ctrl-C is not for it
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, on_termination)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
