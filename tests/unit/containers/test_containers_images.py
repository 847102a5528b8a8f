"""What makes an image up to date, and what a person reads of a build; no engine."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.containers import bootstrap
from orchestrator.containers.building import output_lines
from orchestrator.containers.images import BASE, digest
from orchestrator.errors import InfrastructureError
from orchestrator.model.matrix import ImageSpec

GCC = ImageSpec(reference="kmatrix/gcc-14:arm", context="gcc", build_args=(("GCC", "14"), ("TRIPLE", "arm-linux-gnu")))
BELOW = "sha256:aa"


@pytest.fixture
def containers(tmp_path: Path) -> Path:
    """A folder of two contexts."""
    for name in ("base", "gcc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(f"FROM {name}\n")
    return tmp_path


def test_the_same_ingredients_give_the_same_digest(containers: Path) -> None:
    """Neither the order of build arguments nor the image's name nor file times matter."""
    other = ImageSpec(reference="x/y", context="gcc", build_args=tuple(reversed(GCC.build_args)))
    before = digest(GCC, containers, BELOW)
    (containers / "gcc" / "Dockerfile").touch()
    assert digest(other, containers, BELOW) == before


def test_every_ingredient_counts(containers: Path) -> None:
    """Another file, text, mode, argument, or image below makes another image."""
    seen = {digest(GCC, containers, BELOW), digest(GCC, containers, "sha256:bb"), digest(BASE, containers, BELOW)}
    newer = ImageSpec(reference=GCC.reference, context="gcc", build_args=(("GCC", "15"), ("TRIPLE", "arm-linux-gnu")))
    seen.add(digest(newer, containers, BELOW))
    helper = containers / "gcc" / "deep" / "helper"
    helper.parent.mkdir()
    helper.write_text("#!/bin/sh\n")
    seen.add(digest(GCC, containers, BELOW))
    helper.chmod(0o755)
    seen.add(digest(GCC, containers, BELOW))
    helper.write_text("#!/bin/sh\nexit\n")
    seen.add(digest(GCC, containers, BELOW))
    assert len(seen) == 7


def test_ingredients_do_not_run_into_each_other(containers: Path) -> None:
    """Text that moves from one argument to the next is a difference."""
    one = ImageSpec(reference="a", context="gcc", build_args=(("A", "1B=2"),))
    two = ImageSpec(reference="a", context="gcc", build_args=(("A", "1"), ("B", "2")))
    assert digest(one, containers, BELOW) != digest(two, containers, BELOW)


def test_a_context_without_dockerfile_is_named(tmp_path: Path) -> None:
    """The message names the image and the folder that should have had it."""
    with pytest.raises(InfrastructureError, match=rf"kmatrix/gcc-14:arm is built from {tmp_path}/gcc, which has no"):
        digest(GCC, tmp_path, BELOW)


def test_build_output_comes_in_whole_lines() -> None:
    """Pieces are joined up to the line end, empty lines and carriage returns are left out."""
    messages = [{"stream": "Step 1"}, {"stream": "/2 : FROM x\n\n"}, {"aux": {"ID": "sha256:1"}}, {"stream": "a\rb"}]
    assert list(output_lines(messages, doing="building", last=())) == ["Step 1/2 : FROM x", "a", "b"]


def test_pull_output_has_no_bars() -> None:
    """Status lines are kept with their layer, the hundred bars between are not."""
    messages = [
        {"status": "Pulling from library/debian", "id": "trixie-slim"},
        {"status": "Downloading", "id": "ab", "progressDetail": {"current": 1, "total": 2}, "progress": "[=> ]"},
        {"status": "Pull complete", "id": "ab", "progressDetail": {}},
        {"status": "Digest: sha256:1"},
    ]
    assert list(output_lines(messages, doing="pulling", last=())) == [
        "trixie-slim: Pulling from library/debian",
        "ab: Pull complete",
        "Digest: sha256:1",
    ]


def test_a_failed_build_says_what_was_said_last() -> None:
    """The error carries Docker's reason and the last lines the caller kept."""
    messages = [{"stream": "Step 2/2\n"}, {"error": "returned a non-zero code: 100"}]
    lines = output_lines(messages, doing="building image a", last=["E: Unable to locate package gcc-99"])
    assert next(lines) == "Step 2/2"
    with pytest.raises(InfrastructureError) as caught:
        next(lines)
    assert str(caught.value).splitlines() == [
        "building image a: returned a non-zero code: 100",
        "it said last:",
        "  E: Unable to locate package gcc-99",
    ]


def test_a_full_disk_is_called_that() -> None:
    """Whatever step finds it, a full disk of the engine says what to do about it."""
    with pytest.raises(InfrastructureError, match="disk of the Docker engine is full"):
        list(output_lines([{"error": "write /usr/lib/x: no space left on device"}], doing="building", last=()))


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=20))
def test_no_output_is_lost_between_pieces(pieces: list[str]) -> None:
    """However the engine cuts its output, the same lines come out."""
    cut = list(output_lines(({"stream": piece} for piece in pieces), doing="x", last=()))
    assert cut == list(output_lines([{"stream": "".join(pieces)}], doing="x", last=()))


def test_bootstrapping_needs_root_and_a_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is missing is said before anything is started."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "needs root" in bootstrap.obstacle()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt-get install mmdebstrap" in bootstrap.obstacle()
