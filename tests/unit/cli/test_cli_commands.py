"""The commands that need no engine and no tree, run in this process: what they print and how they end."""

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from factories import a_finding, a_report, a_series, an_error
from patchwork_server import TOKEN, Server, patchwork

from orchestrator.cli import dispatch, inventory, stored
from orchestrator.cli.arguments import REPORT_FORMATS
from orchestrator.cli.main import main
from orchestrator.errors import InfrastructureError, Interrupted, UserError
from orchestrator.pipeline import products, upkeep
from orchestrator.pipeline.foresight import CellForecast, Forecast
from orchestrator.pipeline.resources import places
from orchestrator.reporting import export
from orchestrator.results.records import NewRun, ResultKey
from orchestrator.results.store import Store

LOG = b"  CC      mm/gup.o\nmm/gup.c:12:3: error: 'x' undeclared (first use in this function)\n"
CELL = "x86_64-defconfig-gcc-14"
Said = pytest.CaptureFixture[str]


@pytest.fixture
def a_run(tmp_path: Path) -> str:
    """The id of a finished run in the store, with one finding, a log for every square, and its products."""
    report = a_report(names=(CELL,), findings=(a_finding(sample=an_error("no \xe9 here \udcff")),))
    with Store.open(places().state) as store:
        run = NewRun(id=report.run, title="t" * 200, origin="a..b", out=str(tmp_path), argv=("run",), started="")
        store.start_run(run)
        for result in report.results:
            commit = report.series.all[result.commit]
            key = ResultKey(tree=commit.tree, recipe="r", lineage="")
            store.link(run.id, commit.sha, key, store.put(key, result, gzip.compress(LOG)))
        store.finish_run(run.id, finished="now", verdict="findings", exit_code=1, report=report)
        products.write(store.report(run.id), tmp_path / "out")
    return report.run


def test_parse_writes_a_json_object_a_line(tmp_path: Path, capsys: Said) -> None:
    """Plain and gzip'd alike."""
    (tmp_path / "log").write_bytes(LOG)
    (tmp_path / "log.gz").write_bytes(gzip.compress(LOG))
    for name in ("log", "log.gz"):
        assert main(["parse", str(tmp_path / name)]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        found = json.loads(line)
        assert (found["file"], found["line"], found["object"]) == ("mm/gup.c", 12, "mm/gup.o")


def test_parse_as_a_table(tmp_path: Path, capsys: Said) -> None:
    """As compilers print it, with the object; what could move the cursor is shown, not done."""
    (tmp_path / "log").write_bytes(LOG.replace(b"undeclared", b"\x1b[2Jundeclared"))
    assert main(["parse", str(tmp_path / "log"), "--format", "table"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("mm/gup.c:12:3: error: 'x'")
    assert said.endswith("  (mm/gup.o)\n")
    assert "\x1b" not in said


def test_a_cut_log_gives_what_it_has(tmp_path: Path, capsys: Said) -> None:
    """First what can be read, then the complaint, and exit status 2."""
    whole = gzip.compress(b"".join(b"mm/gup.c:%d:1: error: no\n" % number for number in range(2000)))
    (tmp_path / "log.gz").write_bytes(whole[:-100])
    assert main(["parse", str(tmp_path / "log.gz")]) == 2
    said = capsys.readouterr()
    assert len(said.out.splitlines()) > 100
    assert "the log is cut off or damaged" in said.err


@pytest.mark.parametrize("format_", [name for name in REPORT_FORMATS if name != "patchwork"])
def test_a_report_is_the_same_from_store_file_and_directory(
    format_: str, a_run: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """RUN is `last`, an id or its beginning, a results.json or the directory of one."""
    said = []
    for run in ("last", a_run, a_run[:9], str(tmp_path / "out/results.json"), str(tmp_path / "out")):
        assert main(["report", run, "--format", format_]) == 0
        said.append([line for line in capsysbinary.readouterr().out.splitlines() if b"Date:" not in line])
    assert said[0] == said[1] == said[2]
    assert said[3] == said[4]
    if format_ in ("table", "markdown", "html-table", "github", "kcidb"):  # the others say where the logs are
        assert said[0] == said[3]
    assert any(b"here" in line for line in said[0]) or format_ == "html-table"


def test_a_terminal_gets_colour_and_signs(a_run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR takes the colour, a terminal without UTF-8 the signs, a pipe both; the verdict is the last line."""

    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    def said(encoding: str) -> str:
        raw = io.BytesIO()
        terminal = Terminal(raw, encoding=encoding)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", terminal)
            assert main(["report"]) == 0
        terminal.flush()
        return raw.getvalue().decode(encoding)

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    coloured = said("utf-8")
    assert coloured.splitlines()[-1] == "\x1b[1mVerdict: findings: 1 new error by patch 2\x1b[0m"
    assert "\u2713" in coloured
    assert "\u2713" not in said("iso-8859-1")
    monkeypatch.setenv("NO_COLOR", "1")
    plain = said("utf-8")
    assert "\x1b" not in plain
    assert "\u2713" in plain
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in said("utf-8")
    assert "\u2713" not in said("utf-8")


def test_in_github_actions(a_run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """Annotations on stdout, the summary appended to the runner's file; of a table the runner obeys no line."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert main(["report", "--format", "github"]) == 0
    assert capsys.readouterr().out.startswith("::error title=new error by patch 2,file=mm/gup.c,line=12,col=3::")
    assert summary.read_text().startswith("before\n## kmatrix: ")
    assert main(["report"]) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert last == f"::{first.removeprefix('::stop-commands::')}::"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/no/where")
    assert main(["report", "--format", "github"]) == 2
    assert "GITHUB_STEP_SUMMARY: /no/where: No such file or directory" in capsys.readouterr().err


def test_kcidb_takes_an_origin(a_run: str, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """Yours in every id; without the library the document is written, and that it was not validated is said."""
    assert main(["report", "--format", "kcidb", "--origin", "my_lab"]) == 0
    said = capsys.readouterr()
    assert {build["origin"] for build in json.loads(said.out)["builds"]} == {"my_lab"}
    assert said.err == ""
    assert main(["report", "--format", "kcidb", "--origin", "My-Lab"]) == 2
    assert "no origin of KCIDB" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "kcidb_io", None)
    assert main(["report", "--format", "kcidb"]) == 0
    assert "not validated" in capsys.readouterr().err


def test_patchwork_posts_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """Shown without --post; posted with it and a token; nothing without one, or for a run of no mails."""
    report = a_report(series=a_series(3, mails=True), findings=(a_finding(),))
    (tmp_path / "results.json").write_text(json.dumps(export.to_json(report)))
    words = ["report", str(tmp_path), "--format", "patchwork", "--link", "https://ci.example.org/1"]
    monkeypatch.delenv("KMATRIX_PATCHWORK_TOKEN", raising=False)
    with patchwork(Server(patches={7: report.series.commits[1].message_id or ""})) as server:
        assert main(words) == 0
        shown = json.loads(capsys.readouterr().out)
        assert [patch["message_id"] for patch in shown] == [commit.message_id for commit in report.series.commits]
        assert main([*words, "--post", server.url]) == 2
        assert "set KMATRIX_PATCHWORK_TOKEN" in capsys.readouterr().err
        assert server.tokens == []
        monkeypatch.setenv("KMATRIX_PATCHWORK_TOKEN", TOKEN)
        assert main([*words, "--post", server.url]) == 0
        said = capsys.readouterr().out
        assert said.startswith("3 checks posted, 0 there already\nnot known there: ")
        assert server.checks[7][0]["target_url"] == "https://ci.example.org/1"
    (tmp_path / "results.json").write_text(json.dumps(export.to_json(a_report())))
    assert main(words) == 2
    assert "no commit of this run came as a mail" in capsys.readouterr().err


def test_a_report_from_a_file_needs_no_store(
    a_run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """results.json of another machine can be read where no state can be kept."""
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    assert main(["report", str(tmp_path / "out/results.json")]) == 0
    assert "Verdict: findings" in capsys.readouterr().out
    assert main(["report"]) == 3


def test_the_log_of_a_square(a_run: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Byte for byte, by number or sha."""
    for commit in ("2", f"{2 + 0xA0:040x}"):
        assert main(["log", "last", commit, CELL]) == 0
        assert capsysbinary.readouterr().out == LOG


def test_the_script_of_a_square(a_run: str, capsys: Said) -> None:
    """A shell script with docker and make in it."""
    assert main(["reproduce", "last", "2", CELL]) == 0
    said = capsys.readouterr().out
    assert said.startswith("#!/bin/sh\n")
    assert "docker run" in said
    assert "make " in said


def test_runs_as_text_and_json(a_run: str, capsys: Said) -> None:
    """A line a run for people; a list of objects for machines."""
    assert main(["runs"]) == 0
    assert capsys.readouterr().out == f"{a_run}  findings       4 squares  {'t' * 200}\n"
    assert main(["runs", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["exit_code"], row["state"], row["squares"]) == (a_run, 1, "finished", 4)


def test_runs_fit_a_terminal(a_run: str) -> None:
    """The title is cut, nothing else."""
    with Store.open(places().state) as store:
        assert [len(line) for line in stored.runs_text(store.runs(), 80).splitlines()] == [80]


def test_no_runs_yet(capsys: Said) -> None:
    """An empty history is no error."""
    assert main(["runs"]) == 0
    assert capsys.readouterr().out == "no runs yet: `kmatrix run` makes one\n"
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_gc_works_without_an_engine(a_run: str, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """A full disk may be why there is no engine: room is made all the same, and the rest is said."""

    def refuse() -> None:
        raise InfrastructureError("no Docker engine answers")

    monkeypatch.setattr(upkeep, "connect", refuse)
    assert main(["gc", "--max-size", "64m"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("removed 0 runs, 0 results, 0 logs (0.0 MB), 0 checked-out trees, 0 kept builds\n")
    assert "not looked for what dead runs left: no Docker engine answers" in said


def test_init_writes_the_example_once(tmp_path: Path, capsys: Said) -> None:
    """What is there already is left alone."""
    file = tmp_path / "matrix.yaml"
    assert main(["init", str(file)]) == 0
    written = file.read_text()
    assert written.startswith("# The matrix that")
    assert main(["init", str(file)]) == 2
    assert file.read_text() == written
    assert main(["init", str(tmp_path / "no/matrix.yaml")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


def test_schema_is_json_schema(capsys: Said) -> None:
    """An editor can use it."""
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["type"] == "object"
    assert "matrix" in schema["properties"]


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (UserError("this\nand that"), 2, "kmatrix: this\nkmatrix: and that\n"),
        (InfrastructureError("no disk"), 3, "kmatrix: no disk\n"),
        (KeyboardInterrupt(), 130, "kmatrix: interrupted; "),
        (Interrupted(), 130, "kmatrix: interrupted; "),
        (OSError(28, "No space left on device", "/x"), 3, "kmatrix: /x: No space left on device; free some space"),
        (BrokenPipeError(), 0, ""),
        (ZeroDivisionError(), 4, "Traceback"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_end_has_its_exit_status(
    error: BaseException, status: int, text: str, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """DESIGN section 3; only a bug of ours shows a traceback."""

    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(dispatch, "MODULES", {"schema": lambda: SimpleNamespace(schema=fail)})
    assert main(["schema"]) == status
    said = capsys.readouterr().err
    assert said.startswith(text)
    assert ("Traceback" in said) is (status == 4)


class _Gone(io.StringIO):
    """A pipe that nobody reads."""

    def write(self, text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def test_a_broken_pipe_is_no_failure(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """`kmatrix schema | head`."""
    monkeypatch.setattr(sys, "stdout", _Gone())
    assert main(["schema"]) == 0
    assert capsys.readouterr().err == ""


def test_a_full_stdout_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """`kmatrix schema > /dev/full`: nothing was written, so this is not 0."""
    with open("/dev/full", "w") as full:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdout", full)
        assert main(["schema"]) == 3
        monkeypatch.undo()
        assert "No space left on device" in capsys.readouterr().err


def test_a_plan_for_people_and_machines() -> None:
    """Cells, what is known, what is to be had first, an estimate."""
    cells = (
        CellForecast(name=CELL, image="i:1", image_id="sha256:1", builds=3, reused=1, make_targets=("mm/",)),
        CellForecast(name="arm64-x-gcc-14", image="i:2", image_id=None, builds=0, reused=4, make_targets=("mm/",)),
    )
    forecast = Forecast(series=a_series(), cells=cells, seconds=75.0, warnings=("mind this",))
    text = inventory.plan_text(forecast)
    assert text.startswith("mm: three changes\n3 commits on 0000000000")
    assert "\nwarning: mind this\n" in text
    assert f"\n  {CELL}  3 to build, 1 known\n" in text
    assert "\n  arm64-x-gcc-14           nothing to build, 4 known, image i:2 to be had first\n" in text
    assert text.endswith("\n3 builds in 1 lane; time: 1 min 15 s")
    found = json.loads(json.dumps(inventory.plan_json(forecast)))
    assert [cell["name"] for cell in found["cells"]] == [cell.name for cell in cells]
    assert (found["schema"], found["seconds"], found["warnings"]) == (1, 75.0, ["mind this"])


def test_images_fold_their_reasons_on_a_terminal() -> None:
    """Ids are as short as Docker's own; a line a toolchain where it is not folded."""
    rows = [
        {"arch": "arm", "compiler": "gcc-14", "state": "available", "image_id": "sha256:" + "ab" * 32, "reason": None},
        {"arch": "csky", "compiler": "gcc-14", "state": "unsupported", "image_id": None, "reason": "no such gcc " * 9},
    ]
    wide = inventory.images_text(rows, 10_000).splitlines()
    assert len(wide) == 2
    assert wide[0].endswith("available    abababababab")
    assert max(map(len, inventory.images_text(rows, 80).splitlines())) <= 80
