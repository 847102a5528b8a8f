"""A patch from a mailing list is code that runs: what it does to its own build, it does to nothing else."""

import gzip
from pathlib import Path

import pytest
from end_to_end_run import ours, run, square
from toykernel import ToyRepo

pytestmark = pytest.mark.docker

HOSTILE = {
    "a fork bomb": (":(){ :|:& };: ; sleep 100", "out-of-pids"),
    "a log bomb": ("yes $(printf %4000d) | head -c 280M", "log-limit"),
    "a slow log bomb": ("while :; do echo x; done", "timed-out"),
    "no end": ("sleep infinity", "timed-out"),
    "40 GB of memory": ("""python3 -c 'b = bytearray(40 * 1024**3)'""", "out-of-memory"),
}

LIMITED = """\
version: 1
defaults: {timeout: TIMEOUT, resources: {memory: 1g, pids: 100}}
matrix: {arch: [x86_64], compiler: [gcc-14], config: [defconfig]}
"""


def poisoned(repo: ToyRepo, recipe: str) -> str:
    """Three commits: fine, one whose Makefile runs `recipe` in every build, and one that takes it out again."""
    makefile = (repo.path / "Makefile").read_text()
    start = repo.git("rev-parse", "HEAD").strip()
    repo.commit("fine", {"mm/page.c": (repo.path / "mm/page.c").read_text() + "\n"})
    hook = f"\nprepare: poison\npoison:\n\t@bash -c {quoted(recipe)}\n.PHONY: poison\n"
    repo.commit("hostile", {"Makefile": makefile + hook})
    repo.commit("gone again", {"Makefile": makefile})
    return f"{start}..HEAD"


def quoted(recipe: str) -> str:
    """For a make recipe: `$` doubled, and one word for the shell."""
    return "'" + recipe.replace("'", "'\\''").replace("$", "$$") + "'"


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_patch_is_unknown_and_alone(toy_repo: ToyRepo, tmp_path: Path, what: str) -> None:
    """It ends within its limit, blames nobody, and the commits beside it are built."""
    recipe, ending = HOSTILE[what]
    series = poisoned(toy_repo, recipe)
    # A log bomb takes as long as its 280 MB need; the others would go on for ever.
    (tmp_path / "matrix.yaml").write_text(LIMITED.replace("TIMEOUT", "5m" if ending == "log-limit" else "25s"))
    status, report, said = run(toy_repo.path, series, tmp_path / "out", "--matrix", str(tmp_path / "matrix.yaml"))
    assert square(report, 2)["status"] == "unknown", said
    assert square(report, 2)["ending"] == ending
    assert [square(report, index)["status"] for index in (0, 1, 3)] == ["ok"] * 3
    assert report["findings"] == []
    assert (status, report["verdict"]) == (3, "incomplete")
    assert ours() == []


def test_writing_outside_is_the_patchs_own_error(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """The root and the sources are read-only: a recipe that writes there fails, and the patch is named."""
    series = poisoned(toy_repo, "touch /etc/passwd2 /src/mm/page.c")
    status, report, said = run(toy_repo.path, series, tmp_path / "out")
    assert status == 1, said
    assert square(report, 2)["status"] == "errors"
    assert square(report, 3)["status"] == "ok"
    assert {finding["introduced_by"] for finding in report["findings"]} == {2}


def test_there_is_no_network_and_no_capability(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """DESIGN D4, looked at from inside a build."""
    look = "grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status; ls /sys/class/net; cat /src/../etc/shadow; id -u"
    series = poisoned(toy_repo, f"{look}; false")
    _, report, _ = run(toy_repo.path, series, tmp_path / "out")
    log = gzip.decompress((tmp_path / "out" / square(report, 2)["log"]).read_bytes()).decode()
    assert "CapEff:\t0000000000000000" in log
    assert "NoNewPrivs:\t1" in log
    assert "Seccomp:\t2" in log
    assert "eth0" not in log


def test_a_link_in_the_build_directory_leads_nowhere(toy_repo: ToyRepo, tmp_path: Path) -> None:
    """Objects of deleted sources are removed inside the container: a link that a build left is not followed here."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "swap.o").write_text("precious")
    start = toy_repo.git("rev-parse", "HEAD").strip()
    makefile = (toy_repo.path / "Makefile").read_text()
    hook = f"\nprepare: trap\ntrap:\n\t@rm -rf /out/trapdoor; ln -s {victim} /out/trapdoor\n.PHONY: trap\n"
    toy_repo.commit("trap", {"Makefile": makefile + hook, "trapdoor/swap.c": "int x;\n"})
    toy_repo.commit("spring", {"trapdoor/swap.c": None})
    run(toy_repo.path, f"{start}..HEAD", tmp_path / "out")
    assert (victim / "swap.o").read_text() == "precious"
