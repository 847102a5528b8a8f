"""Reproduce scripts run for real, with the toolchain of this machine: no engine is needed."""

import os
import subprocess
from pathlib import Path

import pytest
import toykernel
from factories import a_report
from series_repos import state_of
from toykernel import ToyRepo

from orchestrator.model.verdict import RunReport
from orchestrator.pipeline.extracts import pack_of
from orchestrator.pipeline.products import templates
from orchestrator.pipeline.resources import places
from orchestrator.reporting.reproduce import BuildLines, script
from orchestrator.series.options import SeriesOptions
from orchestrator.series.repository import open_repository
from orchestrator.series.resolve import resolve

X86 = "x86_64-defconfig-gcc-14"
MAKE = ("O=/out", "ARCH=x86", "CROSS_COMPILE=")
LINES = BuildLines(commands=(("make", *MAKE, "defconfig"), ("make", "-k", "-O", *MAKE, "all")), env=(("LC_ALL", "C"),))


def mbox_of(repo: ToyRepo, last: str) -> bytes:
    """The commits up to `last` as mails."""
    words = ["git", "format-patch", "--stdout", f"{repo.base}..{last}"]
    return subprocess.run(words, cwd=repo.path, capture_output=True, check=True).stdout


def a_mailed_run(repo: ToyRepo, shas: tuple[str, ...]) -> RunReport:
    """A report on the commits as mails, whose own commits are in the private repository alone."""
    mbox = mbox_of(repo, shas[-1]).replace(b"Subject: [PATCH", b"Subject: [PATCH v2")
    repository = open_repository(repo.path, places().cache / "repositories")
    series = resolve(repository, "-", SeriesOptions(base=repo.base), stdin=mbox)
    return a_report(series=series, names=(X86,))


def execute(text: str, tree: Path, *arguments: str, stdin: str = "", **environment: str) -> tuple[int, str]:
    """Exit status and output of a script, from the terminal of somebody who has only the base."""
    done = subprocess.run(
        ["sh", "-c", text, "script", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=tree.parent,
        env={**os.environ, "TREE": str(tree), **environment},
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def written(toy_repo: ToyRepo, tmp_path: Path) -> tuple[RunReport, Path]:
    """A mailed run, and a clone that has its base and nothing else."""
    shas = toykernel.example_series(toy_repo)
    report = a_mailed_run(toy_repo, shas)
    clone = tmp_path / "mine"
    subprocess.run(["git", "clone", "-q", str(toy_repo.path), str(clone)], check=True)
    subprocess.run(["git", "checkout", "-q", "--detach", toy_repo.base], cwd=clone, check=True)
    return report, clone


def test_the_script_alone_builds_what_was_built(written: tuple[RunReport, Path]) -> None:
    """Each commit of the example, with its commits from the script; the tree is only read."""
    report, clone = written
    before = state_of(clone)
    statuses = []
    for commit in range(len(report.series.all)):
        pack = pack_of(report, commit)
        assert (pack is None) is (commit == 0)
        text = script(report, templates(), commit=commit, target=X86, lines=LINES, pack=pack)
        status, said = execute(text, clone, HOST="1")
        assert f"the build's exit status is {status}" in said, said
        statuses.append(status)
    assert statuses[0] == 0
    assert any(statuses)
    assert state_of(clone) == before


def test_without_the_pack_the_mails_are_asked_for(
    written: tuple[RunReport, Path], toy_repo: ToyRepo, tmp_path: Path
) -> None:
    """MBOX=file; without it a line that says so."""
    report, clone = written
    text = script(report, templates(), commit=1, target=X86, lines=LINES)
    status, said = execute(text, clone, HOST="1")
    assert status == 2, said
    assert "MBOX: set it to the mbox of the series" in said
    (tmp_path / "mbox").write_bytes(mbox_of(toy_repo, "HEAD"))
    status, said = execute(text, clone, HOST="1", MBOX=str(tmp_path / "mbox"))
    assert "the build's exit status is" in said


def test_a_shell_afterwards_sees_the_build_directory(written: tuple[RunReport, Path]) -> None:
    """--shell; its input is the user's, and the exit status stays the build's."""
    report, clone = written
    text = script(report, templates(), commit=0, target=X86, lines=LINES)
    status, said = execute(text, clone, "--shell", stdin="pwd; ls ../out/.config && echo I am there\n", HOST="1")
    assert status == 0
    assert "I am there" in said


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "words"),
    [
        (("--help",), {}, 2, "usage: [TREE=dir]"),
        ((), {"HOST": "1", "TREE": "/"}, 2, "not a git repository"),
        ((), {"IMAGE": "sha256:" + "0" * 64}, 3, "image sha256:"),
    ],
)
def test_what_is_missing_is_told(
    written: tuple[RunReport, Path], arguments: tuple[str, ...], environment: dict[str, str], status: int, words: str
) -> None:
    """In a line, before anything is made."""
    report, clone = written
    text = script(report, templates(), commit=0, target=X86, lines=LINES)
    if "IMAGE" in environment:
        (clone.parent / "bin").mkdir()
        (clone.parent / "bin/docker").write_text("#!/bin/sh\nexit 1\n")
        (clone.parent / "bin/docker").chmod(0o755)
        environment = {**environment, "PATH": f"{clone.parent}/bin:{os.environ['PATH']}"}
    found, said = execute(text, clone, *arguments, **environment)
    assert (found, words in said) == (status, True), said


def test_a_repository_that_is_gone_is_done_without(written: tuple[RunReport, Path]) -> None:
    """A run rendered later, when the cache was cleaned: no pack, no failure."""
    report, _ = written
    assert pack_of(report, 1)
    subprocess.run(["rm", "-rf", report.series.git_dir], check=True)
    assert pack_of(report, 1) is None
