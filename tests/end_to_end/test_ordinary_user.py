"""kmatrix is not root's alone: a user of the docker group gets the same, and owns all of it."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from end_to_end_run import command, containers, square
from toykernel import ToyRepo

pytestmark = pytest.mark.docker

SOMEBODY = 12345


def as_somebody(argv: list[str]) -> list[str]:
    """Run argv as an ordinary uid in the socket's group. It may read and search, for this Python may be root's."""
    group = Path("/var/run/docker.sock").stat().st_gid
    reading = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    return ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", f"--groups={group}", *reading, "--", *argv]


@pytest.mark.skipif(os.geteuid() != 0, reason="whoever runs this is an ordinary user: the other tests are this one")
def test_a_user_of_the_docker_group_runs_it(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """The build runs with the caller's uid, and what it leaves can be removed by the caller."""
    toy_repo.commit("notes", {"mm/notes": "a file that goes: overlays keep a device node for it\n"})
    toy_repo.commit("fine", {"mm/notes": None, "mm/page.c": (toy_repo.path / "mm/page.c").read_text() + "\n"})
    homes = [Path(os.environ[name]) for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "TMPDIR")]
    for place in (tmp_path, *homes):
        subprocess.run(["chown", "-R", f"{SOMEBODY}:{SOMEBODY}", str(place)], check=True)
    for parent in {parent for place in (tmp_path, *homes) for parent in place.parents if parent.stat().st_uid == 0}:
        if parent.is_relative_to("/tmp/pytest-of-root"):
            parent.chmod(0o755)
    out = tmp_path / "out"
    done = subprocess.run(
        as_somebody(command(toy_repo.path, "HEAD~1..HEAD", "--out", str(out))),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((out / "results.json").read_text())
    assert [square(report, index)["status"] for index in (0, 1)] == ["ok", "ok"]
    assert (out / "results.json").stat().st_uid == SOMEBODY
    assert list((homes[1] / "kmatrix" / "lanes").iterdir()) == []
    assert containers() == []
