"""The whole comparison on the toy kernel, in real containers: all but tuxmake, which has to be fetched."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import toykernel
from series import SOURCES, git

BENCHMARK = Path(__file__).parents[2] / "benchmarks/series"
MATRIX = """\
version: 1
defaults: {targets: [mm/]}
matrix: {arch: [x86_64], compiler: [gcc-14], config: [defconfig, tiny_defconfig]}
"""


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """The toy kernel with the files of mm/ that the series of sources touches."""
    tree = toykernel.copy(tmp_path / "kernel")
    for name in SOURCES:
        (tree / name).write_text(f"int of_{Path(name).stem};\n")
        toykernel.append(tree, "mm/Makefile", f"obj-y += {Path(name).stem}.o\n")
    git(tree, "init", "--quiet", "--initial-branch=master")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "base")
    return tree


@pytest.mark.docker
def test_peers_and_kmatrix_agree_on_the_toy_kernel(kernel: Path, tmp_path: Path) -> None:
    """Each piece is there with its cost; every build that one sees fail fails for all; the break has its time."""
    git(kernel, "checkout", "--quiet", "-b", "topic")
    for name, text in ((SOURCES[0], "int x = y;\n"), (SOURCES[1], "int fine;\n"), ("include/linux/mm.h", "/* */\n")):
        toykernel.append(kernel, name, text)
        git(kernel, "commit", "--quiet", "--all", "--message", f"mm: change {name}")
    (tmp_path / "series.mbox").write_text(git(kernel, "format-patch", "--stdout", "master..topic") + "\n")
    git(kernel, "checkout", "--quiet", "master")
    (tmp_path / "matrix.yaml").write_text(MATRIX)
    options = {"kernel": kernel, "matrix": tmp_path / "matrix.yaml", "mbox": tmp_path / "series.mbox"}
    options |= {"scratch": tmp_path / "scratch", "figures": tmp_path / "figures.json"}
    call = [sys.executable, str(BENCHMARK), "--peers", "make,buildman,kmatrix", "--series", "reference"]
    call += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DISAGREES" not in done.stdout
    pieces = json.loads((tmp_path / "figures.json").read_text())["pieces"]
    reference = [piece for piece in pieces if piece["series"] == "reference"]
    names = [piece["peer"] for piece in reference]
    whole = ["kmatrix", "kmatrix warm", "kmatrix again", "kmatrix amended"]
    make = ["make", "make again"]
    assert names == [*whole, *make, "buildman", *whole, *make, *whole]
    assert all(piece["wall"] > 0 and piece["busy"] > 0 for piece in pieces)
    failed = {tuple(square) for piece in reference if piece["peer"] == "make" for square in piece["failed"]}
    assert {commit for _, commit in failed} == {1, 2, 3}
