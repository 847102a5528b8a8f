"""The command line's grammar (DESIGN section 3: scripts depend on it)."""

import argparse
import re
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from orchestrator import __version__

REPORT_FORMATS = (
    "table",
    "markdown",
    "html",
    "html-table",
    "json",
    "mail",
    "junit",
    "github",
    "kcidb",
    "patchwork",
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)

_SERIES_HELP = (
    "A..B, a branch (its upstream's merge-base is the base; default: HEAD), an mbox file, a maildir or directory of "
    "patches, a message-id or its lore.kernel.org address, or - for an mbox on stdin; "
    "words VAR=VALUE (W=1) are make variables"
)
_EXIT_STATUS = (
    "exit status: 0 the series is clean, 1 it has findings, 2 something must be changed (usage, matrix.yaml, a patch "
    "that does not apply), 3 trouble of this machine, 4 a bug of kmatrix, 130 interrupted"
)

_VERIFY_STATUS = (
    "exit status: 0 every square agrees, 1 one differs (a bug of kmatrix, or a build that is not reproducible), "
    "2 something must be changed (usage, a run that is not there), 3 trouble of this machine, 130 interrupted"
)

_BISECT_STATUS = (
    "exit status: 0 one commit is named, 1 commits that cannot be built leave several, 2 something must be changed "
    "(usage, an end that is not good or not bad), 3 trouble of this machine, 130 interrupted: --continue goes on"
)
_PROBE_STATUS = "exit status: 0 the diagnostic is not there, 1 it is, 125 it cannot be told (`git bisect run` skips it)"
_SEND_STATUS = (
    "exit status: 0 everything is sent (or you said no), 2 something must be changed (git's sendemail.*, an address), "
    "3 no server, a time-out, or the rate limit: the same command sends the rest"
)


class _Parser(argparse.ArgumentParser):
    """Takes options in full only: an abbreviation in a script would break with the next option of that beginning."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})
        self.set_defaults(own=self)  # a command's parser sets this last

    def error(self, message: str) -> NoReturn:
        """Two lines where argparse prints the whole usage first."""
        self.exit(2, f"kmatrix: {message}\nkmatrix: see `{self.prog} --help`\n")

    def strangers(self, words: list[str]) -> NoReturn:
        """Refuse words that are no arguments of this command."""
        options = [name for action in self._actions for name in action.option_strings]
        said = [word.partition("=")[0] for word in words]
        near = get_close_matches(next((word for word in said if word.startswith("-")), ""), options, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        self.error(f"unrecognized arguments: {' '.join(words)}{hint}")


class _PrintCompletion(argparse.Action):
    """What `shtab.add_argument_to` adds, but only who asks for a script waits for the library."""

    def __call__(self, parser: argparse.ArgumentParser, _: object, shell: object, __: str | None = None) -> NoReturn:
        shtab = import_module("shtab")
        if shell not in shtab.SUPPORTED_SHELLS:
            parser.error(f"argument {self.option_strings[0]}: choose from {', '.join(shtab.SUPPORTED_SHELLS)}")
        print(shtab.complete(parser, shell))
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """Every command; `args.command` names the one chosen, `args.own` is its parser."""
    top = _Parser(
        prog="kmatrix",
        description="Know which patch of your series breaks which architecture, before the robot tells the list.",
        epilog=_EXIT_STATUS,
    )
    top.add_argument("--version", action="version", version=f"kmatrix {__version__}")
    top.add_argument(
        "--print-completion",
        action=_PrintCompletion,
        metavar="SHELL",
        help="print a completion script",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _run(commands.add_parser("run", help="build every commit of a series for every cell", epilog=_EXIT_STATUS))
    _plan(commands.add_parser("plan", help="print what `run` would build; build nothing"))
    _report(commands.add_parser("report", help="render a finished run again"))
    _parse(commands.add_parser("parse", help="a build log in, diagnostics out, one JSON object a line"))
    _log(commands.add_parser("log", help="print the raw log of a build"))
    _reproduce(commands.add_parser("reproduce", help="print a script of plain docker and make lines for a build"))
    _bisect(commands.add_parser("bisect", help="find the first commit that shows a diagnostic", epilog=_BISECT_STATUS))
    _probe(
        commands.add_parser(
            "probe", help="one commit: a step of `git bisect run`, `git rebase -x`", epilog=_PROBE_STATUS
        )
    )
    _send(commands.add_parser("send", help="show the mails of a run, ask, send them", epilog=_SEND_STATUS))
    _check(commands.add_parser("check", help="a mail on stdin: what stored runs know of it, as b4 asks for it"))
    _note(commands.add_parser("note", help="write the results into git notes, refs/notes/kmatrix"))
    _verify(commands.add_parser("verify", help="build squares of a run from nothing; compare", epilog=_VERIFY_STATUS))
    _images(commands.add_parser("images", help="toolchain images"))
    _runs(commands.add_parser("runs", help="the history of runs"))
    _gc(commands.add_parser("gc", help="remove old runs, results, logs and cached trees"))
    _init(commands.add_parser("init", help="write a commented matrix.yaml"))
    commands.add_parser("schema", help="print the JSON Schema of matrix.yaml")
    return top


def parse(words: list[str]) -> argparse.Namespace:
    """The arguments of a command line. Exits with 2 on wrong usage, as argparse does.

    SERIES and VAR=VALUE may stand on either side of options, as with make; argparse alone takes the first group only.
    """
    args, rest = parser().parse_known_args(words)
    end = rest.index("--") if "--" in rest else len(rest)  # what follows is no option, whatever it looks like
    before, after = rest[:end], rest[end + 1 :]
    if not hasattr(args, "words") and rest:
        args.own.strangers(rest)
    if any(word.startswith("-") and word != "-" for word in before):
        args.own.strangers(before)
    if rest:
        args.words += before + after
    for option, format_ in (("origin", "kcidb"), ("link", "patchwork"), ("post", "patchwork")):
        if getattr(args, option, None) is not None and args.format != format_:
            args.own.error(f"--{option} is for --format {format_}, not for {args.format}")
    return args


def split_words(words: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Positional words -> (series, VAR=VALUE words)."""
    variables = tuple(word for word in words if _VARIABLE.fullmatch(word))
    return tuple(word for word in words if word not in variables), variables


def _what(command: argparse.ArgumentParser) -> None:
    """The arguments that say what to build."""
    command.add_argument("words", nargs="*", metavar="SERIES|VAR=VALUE", help=_SERIES_HELP)
    command.add_argument("--tree", type=Path, default=Path(), metavar="DIR", help="the kernel tree (default: here)")
    _series(command)
    command.add_argument("--matrix", type=Path, metavar="FILE", help="default: ./matrix.yaml; or a preset's name")
    command.add_argument(
        "--select", action="append", default=[], metavar="GLOB", help="cells whose name matches; repeatable"
    )
    for option, what in (
        ("--arch", "these architectures"),
        ("--compiler", "these compilers"),
        ("--config", "these configs"),
        ("--target", "these make targets"),
    ):
        command.add_argument(option, action="append", default=[], metavar="NAME", help=f"{what}; repeatable")
    command.add_argument("--timeout", metavar="TIME", help="limit of one build: 90s, 45m, 2h")
    command.add_argument("--memory", metavar="SIZE", help="limit of one lane: 512m, 8g")
    command.add_argument("--rebuild", action="store_true", help="build again what is known already, from nothing")


def _series(command: argparse.ArgumentParser) -> None:
    """The arguments about SERIES; `commands.series_options` reads them."""
    group = command.add_argument_group("series", "which patches, and on what (docs/series.md)")
    add = group.add_argument
    add("--base", metavar="REV", help="what the series stands on")
    add("--candidate", action="append", default=[], metavar="REF", help="try this as a base; repeatable, globs too")
    add("--prerequisite", action="append", default=[], metavar="SERIES", help="apply this first; repeatable")
    add("--archive", type=Path, action="append", default=[], metavar="DIR", help="look message-ids up here, not by b4")
    add("--version", type=_positive, metavar="N", help="this version of the series (default: the newest)")
    add("--pick", metavar="WHICH", help="of several series in one mailbox: number, message-id or words of the title")
    add("--allow-missing", action="store_true", help="go without patches that are not in the mailbox")
    add("--trailers", action="store_true", help="add Reviewed-by and the like from replies to the commits")
    add("--3way", action="store_true", dest="three_way", help="merge a patch that does not apply, as git am -3 does")
    add("--fuzz", type=_positive, default=0, metavar="N", help="so many lines of context may differ, as with patch(1)")
    add("--first-parent", action="store_true", help="of a range with merges: each merge as one commit")


def _run(command: argparse.ArgumentParser) -> None:
    _what(command)
    command.add_argument("--out", type=Path, metavar="DIR", help="where the reports go (default: .kmatrix/<run>)")
    command.add_argument("-j", "--jobs", type=_positive, metavar="N", help="make jobs over all lanes (default: cores)")
    _json(command)


def _plan(command: argparse.ArgumentParser) -> None:
    _what(command)
    _json(command)


def _report(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", nargs="?", default="last", metavar="RUN", help="id, its beginning, or results.json")
    formats = f"{', '.join(REPORT_FORMATS)} (default: table)"
    command.add_argument("--format", choices=REPORT_FORMATS, default="table", metavar="NAME", help=formats)
    command.add_argument("--origin", metavar="NAME", help="kcidb: yours at KernelCI (default: kmatrix)")
    command.add_argument("--link", metavar="URL", help="patchwork: where the page of this run can be read")
    command.add_argument(
        "--post", metavar="URL", help="patchwork: post the checks there, with the token in KMATRIX_PATCHWORK_TOKEN"
    )


def _parse(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="a build log, plain or gzip'd; - is stdin"
    )
    command.add_argument("--format", choices=("json", "table"), default="json")


def _square(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", metavar="RUN", help="id, its beginning, or `last`")
    command.add_argument("commit", metavar="COMMIT", help="number in the series (0: the base) or sha")
    command.add_argument("cell", metavar="CELL", help="name of the cell")


def _log(command: argparse.ArgumentParser) -> None:
    _square(command)


def _reproduce(command: argparse.ArgumentParser) -> None:
    _square(command)
    command.add_argument("--shell", action="store_true", help="run it, then open a shell where it built")
    command.add_argument("--tree", type=Path, metavar="DIR", help="with --shell: a repository that has the base")


def _send(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", nargs="?", default="last", metavar="RUN", help="id, its beginning, or results.json")
    command.add_argument(
        "--to",
        default="author",
        metavar="author|list|ADDR",
        help="the author (default), everybody the answered mail went to, or one address",
    )
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.add_argument("--dry-run", action="store_true", help="only show what would be sent")
    command.add_argument(
        "--commit", action="append", default=[], metavar="COMMIT", help="only the mail on this one; repeatable"
    )
    command.add_argument("--no-summary", dest="summary", action="store_false", help="not the mail on the series")
    command.add_argument("--identity", metavar="ID", help="sendemail.ID.* of git's configuration")
    command.add_argument("--again", action="store_true", help="also what may have arrived already, after a time-out")
    command.add_argument("--rate", type=_positive, default=20, metavar="N", help="mails an hour at most (default: 20)")
    command.add_argument("--tree", type=Path, default=Path(), metavar="DIR", help="where git is asked (default: here)")


def _check(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--format",
        choices=("json", "lines"),
        default="json",
        help="json for b4.review-*-check-cmd (default), lines for b4.prep-perpatch-check-cmd",
    )


def _note(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", nargs="?", default="last", metavar="RUN", help="id, its beginning, or results.json")
    command.add_argument("--tree", type=Path, default=Path(), metavar="DIR", help="your repository (default: here)")


def _sought(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cell", metavar="NAME", help="the cell; may be left out if the matrix has one")
    command.add_argument("--match", metavar="TEXT", help="an error or warning with this text in its lines")
    command.add_argument("--finding", metavar="ID", help="a finding of a run, by the beginning of its id")
    command.add_argument("--run", default="last", metavar="RUN", help="whose finding (default: the last run)")


def _bisect(command: argparse.ArgumentParser) -> None:
    _what(command)
    _sought(command)
    command.add_argument(
        "--new", choices=("error", "warning"), default="error", help="without --match and --finding: any new one"
    )
    command.add_argument("--all", action="store_true", help="date every finding of every cell, sharing the builds")
    command.add_argument("--dag", action="store_true", help="every commit of merged branches, not only first parents")
    command.add_argument("--repeat", type=_positive, default=1, metavar="N", help="make each object N times; see flaky")
    command.add_argument("--at-once", type=_positive, metavar="N", help="probes at a time (default: half the jobs)")
    command.add_argument("-j", "--jobs", type=_positive, metavar="N", help="make jobs in all (default: cores)")
    command.add_argument("--out", type=Path, metavar="DIR", help="where bisect.log goes (default: .kmatrix/<id>)")
    command.add_argument(
        "--continue", dest="resume", nargs="?", const="last", metavar="ID", help="go on with one that was interrupted"
    )
    _json(command)


def _probe(command: argparse.ArgumentParser) -> None:
    _what(command)
    _sought(command)
    command.add_argument("-j", "--jobs", type=_positive, metavar="N", help="make jobs (default: cores)")


def _verify(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", nargs="?", default="last", metavar="RUN", help="id, its beginning, or results.json")
    command.add_argument("--sample", type=_positive, metavar="N", help="so many squares, by chance (default: all)")
    command.add_argument(
        "--commit", action="append", default=[], metavar="COMMIT", help="number or sha; repeatable (default: 1 to last)"
    )
    command.add_argument("--select", action="append", default=[], metavar="GLOB", help="cells; repeatable")
    command.add_argument("--tree", type=Path, metavar="DIR", help="a repository with the series, for a results.json")
    command.add_argument("-j", "--jobs", type=_positive, metavar="N", help="make jobs over all lanes (default: cores)")
    _json(command)


def _images(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True, metavar="list|build")
    listing = actions.add_parser("list", help="every toolchain: available, buildable or unsupported")
    building = actions.add_parser("build", help="build images that are missing or out of date")
    for action in (listing, building):
        action.add_argument("--arch", action="append", default=[], metavar="NAME", help="only these; repeatable")
        action.add_argument("--compiler", action="append", default=[], metavar="NAME", help="only these; repeatable")
        action.add_argument("--matrix", type=Path, metavar="FILE", help="only what this matrix needs")
    _json(listing)


def _runs(command: argparse.ArgumentParser) -> None:
    _json(command)


def _gc(command: argparse.ArgumentParser) -> None:
    command.add_argument("--max-age", type=_positive, default=30, metavar="DAYS", help="default: 30")
    command.add_argument("--max-size", metavar="SIZE", help="keep results and logs below this: 500m, 20g")


def _init(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", nargs="?", type=Path, default=Path("matrix.yaml"), metavar="FILE")


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--json",
        nargs="?",
        const="-",
        type=_json_file,
        metavar="FILE",
        help="JSON for machines: into FILE (x.json, ./x), else to stdout",
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _json_file(text: str) -> str:
    """`kmatrix plan --json topic` means the branch, and would quietly check HEAD and write a file called topic."""
    if text == "-" or text.endswith(".json") or ("/" in text and ".." not in text.replace("../", "")):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} does not look like a file for JSON: say {text}.json or ./{text}, or put --json after the series"
    )
