"""One function a command: arguments in, exit status out. What is for people goes to stdout, progress to stderr."""

import contextlib
import dataclasses
import errno
import gzip
import json
import shutil
import signal
import sys
import zlib
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path
from types import FrameType

from orchestrator.cli import arguments, bisecting, inventory
from orchestrator.cli.progress import Progress
from orchestrator.config.schema import json_schema
from orchestrator.errors import InfrastructureError, UserError
from orchestrator.logparse.parser import iter_diagnostics, to_json_line
from orchestrator.logparse.stream import split_blocks
from orchestrator.model.verdict import RunReport
from orchestrator.pipeline import bisect_case, bisect_range, past_runs, probe_commit, products, verification
from orchestrator.pipeline.check_series import Options, check_series, exit_code
from orchestrator.pipeline.request import Request
from orchestrator.pipeline.resources import data, places
from orchestrator.reporting import export
from orchestrator.reporting.table import table
from orchestrator.results import logs
from orchestrator.results.store import Store

_BLOCK = 1 << 18


def run(args: Namespace, argv: tuple[str, ...]) -> int:
    """`kmatrix run`."""
    options = Options(out=args.out, jobs=args.jobs, rebuild=args.rebuild, argv=argv)
    if args.json and args.json != "-":
        products.check_place(Path(args.json).parent, "--json")
    with _termination_is_interruption(), Progress() as progress:
        report, out = check_series(_request(args), options, places(), progress)
    if args.json:
        _write_json(export.to_json(report), args.json)
    if args.json != "-":
        with contextlib.suppress(BrokenPipeError):  # a verdict is a verdict, even if nobody reads on
            sys.stdout.write(_table(report))
            print(f"\nreport.html, results.json, mails/, logs/ and reproduce/ are in\n{out}")
    return exit_code(report)


def plan(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001 - every command takes the same
    """`kmatrix plan`."""
    shown = inventory.planned(_request(args), places(), rebuild=args.rebuild)
    if args.json:
        _write_json(inventory.plan_json(shown), args.json)
    else:
        print(inventory.plan_text(shown))
    return 0


def report(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix report`."""
    found = past_runs.report_of(places(), args.run)
    if args.format == "json":
        _write_json(export.to_json(found), "-")
    elif args.format == "html":
        _write_utf8(products.page(found))
    elif args.format == "mail":
        sys.stdout.buffer.write(products.mailbox(found))
    else:
        sys.stdout.write(_table(found))
    return 0


def parse(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix parse`."""
    with _log_file(args.file) as lines:
        for diagnostic in iter_diagnostics(lines):
            if args.format == "json":
                print(to_json_line(diagnostic))
            else:
                print(inventory.diagnostic_row(diagnostic))
    return 0


def log(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix log`."""
    with Store.open(places().state) as store:
        path = store.log_path(store.find_run(args.run).id, args.commit, args.cell)
    sys.stdout.buffer.writelines(line.encode("utf-8", "surrogateescape") for line in logs.lines(path))
    return 0


def reproduce(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix reproduce`."""
    _write_utf8(past_runs.reproduce(places(), args.run, args.commit, args.cell))
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
        _write_json(export.to_json(report), args.json)
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
        _write_json(bisecting.bisection_json(found), args.json)
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
        _write_json(inventory.verification_json(found), args.json)
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
        _write_json(rows, args.json)
    else:
        print(inventory.images_text(rows, _line_width()))
    return 0


def runs(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix runs`."""
    with Store.open(places().state) as store:
        records = store.runs()
    if args.json:
        _write_json(inventory.runs_json(records), args.json)
    else:
        print(inventory.runs_text(records, _line_width()))
    return 0


def gc(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix gc`."""
    print(inventory.collect(places(), max_age_days=args.max_age, max_size=args.max_size))
    return 0


def init(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix init`."""
    try:
        with args.file.open("x", encoding="utf-8") as file:
            file.write(data("matrix.yaml").read_text(encoding="utf-8"))
    except FileExistsError:
        raise UserError(f"{args.file}: it exists already; give another name") from None
    except OSError as error:
        raise UserError(f"{args.file}: {error.strerror}") from error
    print(f"{args.file}: edit it, then `kmatrix plan` shows what it means")
    return 0


def schema(args: Namespace, argv: tuple[str, ...]) -> int:  # noqa: ARG001
    """`kmatrix schema`."""
    _write_json(json_schema(), "-")
    return 0


COMMANDS: Mapping[str, Callable[[Namespace, tuple[str, ...]], int]] = {
    "run": run,
    "plan": plan,
    "report": report,
    "parse": parse,
    "log": log,
    "reproduce": reproduce,
    "bisect": bisect,
    "probe": probe,
    "verify": verify,
    "images": images,
    "runs": runs,
    "gc": gc,
    "init": init,
    "schema": schema,
}


def _request(args: Namespace) -> Request:
    series, variables = arguments.split_words(args.words)
    if len(series) > 1:
        raise UserError(f"one series at a time, not {' and '.join(series)}; make variables are VAR=VALUE")
    return Request(
        series=series[0] if series else None,
        tree=args.tree,
        base=args.base,
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


def _table(found: RunReport) -> str:
    return table(found, width=_width(), colour=sys.stdout.isatty() and not inventory.no_colour())


def _width() -> int:
    return shutil.get_terminal_size((80, 24)).columns


def _line_width() -> int:
    """For lists: a terminal's width; what a program reads is neither cut nor folded."""
    return _width() if sys.stdout.isatty() else 10_000


def _write_utf8(text: str) -> None:
    """A document that says of itself that it is UTF-8 is that, whatever the locale."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))


def _write_json(value: object, where: str) -> None:
    text = json.dumps(value, indent=1) + "\n"
    if where == "-":
        sys.stdout.write(text)
    else:
        try:
            Path(where).parent.mkdir(parents=True, exist_ok=True)
            Path(where).write_text(text, encoding="utf-8")
        except OSError as error:
            kind = InfrastructureError if error.errno in (errno.ENOSPC, errno.EDQUOT) else UserError
            raise kind(f"--json {where}: {error.strerror}; name another file") from error


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


@contextmanager
def _log_file(name: str) -> Iterator[Iterator[bytes]]:
    """The lines of a file, or of standard input for `-`, that may be gzip'd."""
    try:
        file = BufferedReader(FileIO(sys.stdin.fileno(), closefd=False) if name == "-" else FileIO(name))
        packed = file.peek(2)[:2] == b"\x1f\x8b"
    except OSError as error:
        raise UserError(f"{name}: {error.strerror or error}; expected a build log, plain or gzip'd") from error
    with file:
        try:
            stream = gzip.GzipFile(fileobj=file) if packed else file
            # In blocks: a line of gigabytes must not be held whole.
            yield split_blocks(iter(lambda: stream.read1(_BLOCK), b""))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            sys.stdout.flush()
            raise UserError(f"{name}: the log is cut off or damaged ({error}); what could be read is above") from error
