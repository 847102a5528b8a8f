"""`kmatrix verify` as a process: exit status, what it prints, and that it finds what is wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import toykernel
from end_to_end_run import CELL, ours, run
from toykernel import ToyRepo

pytestmark = pytest.mark.docker


def verify(repo: Path, *words: str) -> tuple[int, str, str]:
    """Exit status, stdout, stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "verify", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=repo.parent,
    )
    return done.returncode, done.stdout, done.stderr


def test_every_square_of_the_example_agrees(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """Warnings in a header, a broken `prepare`, its fix, a dropped file: what was carried is what clean builds say."""
    shas = toykernel.example_series(toy_repo)
    status, report, said = run(toy_repo.path, f"{toy_repo.base}..{shas[-1]}", tmp_path / "out")
    assert status == 1, said
    status, shown, said = verify(toy_repo.path, "--json", str(tmp_path / "verified.json"))
    assert status == 0, shown + said
    found = json.loads((tmp_path / "verified.json").read_text())
    assert [square["commit"] for square in found["squares"]] == [1, 2, 3, 4, 5, 6]
    assert all(square["agrees"] for square in found["squares"])
    assert max(square["compared"] for square in found["squares"]) > 1
    assert f"6 squares of run {report['run']} built from nothing: none differ" in shown
    assert ours() == []


def test_a_wrong_result_is_found(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """A results.json that lost a warning and one that invented one: exit 1, the square and the line named."""
    shas = toykernel.example_series(toy_repo)[:2]
    run(toy_repo.path, f"{toy_repo.base}..{shas[-1]}", tmp_path / "out")
    results = tmp_path / "out" / "results.json"
    whole = json.loads(results.read_text())
    words = ("--tree", str(toy_repo.path), "--commit", "1", "--commit", shas[1][:12])
    assert verify(toy_repo.path, str(results), *words)[0] == 0
    for commit, how in ((2, "0 in the run, 1 from nothing"), (1, "1 in the run, 0 from nothing")):
        results.write_text(json.dumps(_tampered(whole, commit)))
        status, shown, said = verify(toy_repo.path, str(results), *words)
        assert status == 1, shown + said
        assert f"{CELL}  {commit}/2  DIFFERS\n    {how}: " in shown
        assert "unused" in shown


def _tampered(report: dict[str, Any], commit: int) -> dict[str, Any]:
    """The report with the diagnostics of commit 2 taken away, or put into commit 1."""
    copy: dict[str, Any] = json.loads(json.dumps(report))
    states = {square["commit"]: square["state"] for square in copy["results"]}
    states[commit]["present"] = [] if commit == 2 else states[2]["present"]
    return copy


def test_a_sample_is_a_part(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """So many squares, no more; a run that is not there is said to be."""
    shas = toykernel.example_series(toy_repo)[:2]
    run(toy_repo.path, f"{toy_repo.base}..{shas[-1]}", tmp_path / "out")
    status, shown, said = verify(toy_repo.path, "last", "--sample", "1", "--select", "x86_64-*")
    assert status == 0, shown + said
    assert "1 square of run" in shown
    status, _, said = verify(toy_repo.path, "19990101")
    assert status == 2
    assert "19990101" in said
