"""However a run ends, nothing of it goes on, and what was finished is kept."""

import signal
import subprocess
import time
from pathlib import Path

import pytest
from end_to_end_run import command, containers, ours, run, square
from toykernel import ToyRepo

pytestmark = pytest.mark.docker


def slow(repo: ToyRepo) -> str:
    """Two commits; building the second takes a minute."""
    makefile = (repo.path / "Makefile").read_text()
    start = repo.git("rev-parse", "HEAD").strip()
    repo.commit("fine", {"mm/page.c": (repo.path / "mm/page.c").read_text() + "\n"})
    repo.commit("slow", {"Makefile": f"{makefile}\nprepare: slow\nslow:\n\t@sleep 60\n.PHONY: slow\n"})
    return f"{start}..HEAD"


def interrupted(repo: ToyRepo, series: str, number: signal.Signals, *around: str) -> tuple[int, str]:
    """Exit status and stderr of a run (`around`: words before it) that gets the signal when the slow build goes on."""
    process = subprocess.Popen(
        [*around, *command(repo.path, series)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=repo.path.parent,
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "1/2" in line:
            break
    time.sleep(1)
    assert ours()
    process.send_signal(number)
    _, rest = process.communicate(timeout=60)
    return process.returncode, "".join(said) + rest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_leaves_nothing(toy_repo: ToyRepo, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM: 130, no traceback, no container, no volume."""
    status, said = interrupted(toy_repo, slow(toy_repo), number)
    assert status == 130, said
    assert "Traceback" not in said
    assert ours() == []


def test_a_background_job_can_be_terminated(toy_repo: ToyRepo) -> None:
    """A shell without job control starts it with SIGINT ignored: Ctrl-C is not for it, SIGTERM still is."""
    status, said = interrupted(
        toy_repo, slow(toy_repo), signal.SIGTERM, "sh", "-c", """trap '' INT; exec "$@" """, "background"
    )
    assert status == 130, said
    assert "Traceback" not in said
    assert ours() == []


def test_killed_it_leaves_no_container_and_the_next_run_cleans_up(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """kill -9: the lease ends the containers within 15 s; the volume goes at the next start; nothing is built twice."""
    series = slow(toy_repo)
    interrupted(toy_repo, series, signal.SIGKILL)
    deadline = time.monotonic() + 15
    while containers():
        assert time.monotonic() < deadline, "a container outlived its run"
        time.sleep(0.2)
    half = series.replace("HEAD", "HEAD~1")
    status, report, said = run(toy_repo.path, half, tmp_path / "out")
    assert status == 0, said
    assert [square(report, index)["origin"] for index in (0, 1)] == ["reused", "reused"]
    status, _, _ = run(toy_repo.path, half, tmp_path / "again", "--rebuild")
    assert status == 0
    assert ours() == []
