"""The command line's grammar: what scripts depend on."""

from pathlib import Path

import pytest

from orchestrator.cli.arguments import REPORT_FORMATS, parse, parser, split_words
from orchestrator.cli.commands import series_options
from orchestrator.cli.formats import FORMATS
from orchestrator.series.options import Leniency, SeriesOptions

COMMANDS = (
    ["run"],
    ["plan"],
    ["report"],
    ["parse"],
    ["log"],
    ["reproduce"],
    ["images", "list"],
    ["images", "build"],
    ["bisect"],
    ["probe"],
    ["runs"],
    ["gc"],
    ["init"],
    ["schema"],
)


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a wrong command line; it must be wrong."""
    with pytest.raises(SystemExit) as caught:
        parse(words)
    assert caught.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "A..B", "W=1", "--tree", "x", "--arch", "arm"],
        ["plan", "--tree", "x", "A..B", "--arch", "arm", "W=1"],
        ["plan", "--tree", "x", "--arch", "arm", "A..B", "W=1"],
        ["plan", "A..B", "--tree", "x", "W=1", "--arch", "arm"],
        ["plan", "--tree=x", "A..B", "--arch=arm", "--", "W=1"],
    ],
)
def test_words_stand_on_either_side_of_options(words: list[str]) -> None:
    """As with make: the order of SERIES, VAR=VALUE and options says nothing."""
    args = parse(words)
    assert (args.words, args.tree, args.arch) == (["A..B", "W=1"], Path("x"), ["arm"])


@pytest.mark.parametrize("words", [["run", "-"], ["run", "--tree", "x", "-"], ["run", "W=1", "--tree", "x", "-"]])
def test_a_dash_is_standard_input_wherever_it_stands(words: list[str]) -> None:
    """`-` is a series, no option."""
    assert "-" in parse(words).words


def test_after_two_dashes_nothing_is_an_option() -> None:
    """A file may be called --tree."""
    assert parse(["run", "W=1", "--tree", "x", "--", "--odd"]).words == ["W=1", "--odd"]


def test_series_and_variables_are_told_apart() -> None:
    """VAR=VALUE needs the name of a make variable in front; a path or a range with = in it is a series."""
    assert split_words(["W=1", "A..B", "CONFIG_X=y", "KCFLAGS=-Wa,-b=c"]) == (
        ("A..B",),
        ("W=1", "CONFIG_X=y", "KCFLAGS=-Wa,-b=c"),
    )
    assert split_words(["./a=b.mbox", "x-y=z"]) == (("./a=b.mbox", "x-y=z"), ())


def test_repeatable_options_add_up() -> None:
    """--arch a --arch b, as with tuxmake's lists."""
    args = parse(["run", "--arch", "arm64", "--arch", "s390", "--select", "*-gcc-*", "-j4"])
    assert (args.arch, args.select, args.jobs) == (["arm64", "s390"], ["*-gcc-*"], 4)


def test_lists_of_two_command_lines_are_their_own() -> None:
    """What one parse collects is not in the next one's defaults."""
    parse(["run", "--arch", "arm64", "A..B"])
    assert parse(["run"]).arch == parse(["run"]).words == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """--help exits with 0, on stdout, and no line is wider than 80 columns allow."""
    with pytest.raises(SystemExit) as caught:
        parse([*command, "--help"])
    assert caught.value.code == 0
    assert all(len(line) <= 80 for line in capsys.readouterr().out.splitlines())


def test_an_unknown_option_names_the_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    """In the words of the command it was given to."""
    said = refused(["plan", "A..B", "--selct", "x"], capsys)
    assert said.startswith("kmatrix: unrecognized arguments: --selct")
    assert said.endswith(" (did you mean --select?)\nkmatrix: see `kmatrix plan --help`\n")


def test_an_option_is_not_abbreviated(capsys: pytest.CaptureFixture[str]) -> None:
    """--sel works today and means something else once there is a --self-check."""
    assert "did you mean --select?" in refused(["plan", "--sel", "x"], capsys)


def test_a_command_without_words_takes_none(capsys: pytest.CaptureFixture[str]) -> None:
    """`kmatrix runs last` is a mistake, not all runs."""
    assert "unrecognized arguments: last\nkmatrix: see `kmatrix runs --help`" in refused(["runs", "last"], capsys)
    assert "kmatrix images list --help" in refused(["images", "list", "arm64"], capsys)


@pytest.mark.parametrize("words", [["run", "-j0"], ["run", "-j", "x"], ["run", "--jobs=-1"], ["gc", "--max-age", "0"]])
def test_counts_are_whole_and_above_zero(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """-j without a number, as make takes it, has no meaning here."""
    assert "is not a whole number above 0" in refused(words, capsys)


@pytest.mark.parametrize("file", ["x.json", "./x", "out/x", "../x", "/dev/stdout", "-"])
def test_json_takes_a_file_or_nothing(file: str) -> None:
    """Alone it is stdout; a file is recognised as one."""
    assert parse(["plan", "--json", file]).json == file
    assert parse(["plan", "A..B", "--json"]).json == "-"
    assert parse(["plan", "A..B"]).json is None


@pytest.mark.parametrize("series", ["A..B", "topic", "v6.12", "W=1", "origin/a..origin/b"])
def test_json_does_not_swallow_the_series(series: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json topic` would check HEAD instead and write a file called topic."""
    assert "put --json after the series" in refused(["plan", "--json", series], capsys)


def test_completion_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """For bash, at least, with the commands in it."""
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(["--print-completion", "bash"])
    assert caught.value.code == 0
    assert "reproduce" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--post", "https://x"], ["--format", "kcidb", "--link", "u"], ["--origin", "o"]])
def test_options_of_one_format_are_refused_with_another(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A check that is not posted because the format was forgotten must not look posted."""
    with pytest.raises(SystemExit) as end:
        parse(["report", *words])
    assert end.value.code == 2
    assert "is for --format" in capsys.readouterr().err


def test_every_report_format_has_its_renderer() -> None:
    """`table` and `mail` are not text alone and stand in the command itself."""
    assert set(REPORT_FORMATS) == {*FORMATS, "table", "mail"}


def test_options_of_the_series() -> None:
    """Each reaches the series; --version after a command is the series' own."""
    line = "run a@b --base X --candidate A --candidate B --prerequisite p.mbox --archive m --version 2 --pick 3"
    args = parse(f"{line} --allow-missing --trailers --3way --fuzz 2 --first-parent".split())
    assert series_options(args) == SeriesOptions(
        base="X",
        candidates=("A", "B"),
        prerequisites=("p.mbox",),
        archives=(Path("m"),),
        version=2,
        pick="3",
        allow_missing=True,
        trailers=True,
        leniency=Leniency(three_way=True, fuzz=2),
        first_parent=True,
    )
    assert series_options(parse(["plan"])) == SeriesOptions()
