"""An image is asked once."""

from pathlib import Path

import pytest

from orchestrator.containers import images
from orchestrator.pipeline.probes import Probes

ASKED = (("gcc", "--version"), ("make", "--version"))


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What the images say, in order; taken away as they are asked."""
    left: list[tuple[str, ...]] = []
    monkeypatch.setattr(images, "probe", lambda *_: left.pop(0))
    return left


def test_the_same_image_is_not_asked_again(tmp_path: Path, answers: list[tuple[str, ...]]) -> None:
    """Not by another process either; another image or another question is."""
    answers += [("gcc 14", "GNU Make 4.4"), ("gcc 15", "GNU Make 4.4"), ("clang 19",)]
    assert Probes(tmp_path).ask(None, "sha256:1", ASKED) == ("gcc 14", "GNU Make 4.4")
    assert Probes(tmp_path).ask(None, "sha256:1", ASKED) == ("gcc 14", "GNU Make 4.4")
    assert Probes(tmp_path).ask(None, "sha256:2", ASKED) == ("gcc 15", "GNU Make 4.4")
    assert Probes(tmp_path).ask(None, "sha256:1", (("clang", "--version"),)) == ("clang 19",)


@pytest.mark.parametrize("damage", [b"", b"[", b'["gcc 14"]', b'["gcc 14", 5]', b'{"a": 1}', b"\xff"])
def test_a_damaged_answer_is_asked_for_again(tmp_path: Path, answers: list[tuple[str, ...]], damage: bytes) -> None:
    """The cache is the user's to spoil."""
    answers += [("gcc 14", "GNU Make 4.4")] * 2
    Probes(tmp_path).ask(None, "sha256:1", ASKED)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    assert Probes(tmp_path).ask(None, "sha256:1", ASKED) == ("gcc 14", "GNU Make 4.4")
    assert not answers


def test_a_failure_is_not_kept(tmp_path: Path, answers: list[tuple[str, ...]]) -> None:
    """Memory may have been short."""
    answers += [("", "GNU Make 4.4"), ("gcc 14", "GNU Make 4.4")]
    assert Probes(tmp_path).ask(None, "sha256:1", ASKED) == ("", "GNU Make 4.4")
    assert Probes(tmp_path).ask(None, "sha256:1", ASKED) == ("gcc 14", "GNU Make 4.4")


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, answers: list[tuple[str, ...]]) -> None:
    """A file where the directory should be."""
    (tmp_path / "probes").write_text("")
    answers.append(("gcc 14", "GNU Make 4.4"))
    assert Probes(tmp_path / "probes").ask(None, "sha256:1", ASKED) == ("gcc 14", "GNU Make 4.4")
