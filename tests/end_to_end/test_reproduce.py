"""`kmatrix reproduce` after a real run: the script in the real container, and a shell there."""

import subprocess
import sys
from pathlib import Path

import pytest
import toykernel
from end_to_end_run import CELL, run, square
from toykernel import ToyRepo

pytestmark = pytest.mark.docker


def test_a_square_is_built_again_and_entered(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """The same errors as in the run, in the same image; the build directory is there for whoever wants to look."""
    shas = toykernel.example_series(toy_repo)
    _, report, said = run(toy_repo.path, f"{toy_repo.base}..{shas[-1]}", tmp_path / "out")
    broken = next(row for row in range(1, 7) if square(report, row)["status"] == "errors")
    words = [sys.executable, "-m", "orchestrator", "reproduce", "last", str(broken), CELL]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    script = subprocess.run(["sh", "-c", done.stdout], capture_output=True, text=True, check=False, cwd=toy_repo.path)
    messages = [finding["message"] for finding in report["findings"] if finding["introduced_by"] == broken]
    assert messages, said
    assert script.returncode != 0
    assert all(message in script.stdout for message in messages)
    shell = subprocess.run(
        [*words, "--shell"],
        input="test -e /out/.config && echo the directory is there; touch /src/x 2>&1; id -u\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert shell.returncode == script.returncode, shell.stderr
    assert "the directory is there" in shell.stdout
    assert "Read-only file system" in shell.stdout
