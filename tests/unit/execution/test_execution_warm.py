"""Kept build directories: found by their past, whole or not at all, and removed from the top."""

import os
from pathlib import Path

import pytest

from orchestrator.execution.overlay import Overlay
from orchestrator.execution.warm import Remembered, WarmBuilds, key_of
from orchestrator.model.build import BuildOutcome, Ending


@pytest.fixture
def warm(tmp_path: Path) -> WarmBuilds:
    """An empty store."""
    store = WarmBuilds(tmp_path / "warm")
    with store.held():
        pass
    return store


def remembered(tmp_path: Path, below: str | None = None) -> Remembered:
    log = tmp_path / "0000.log.gz"
    log.write_bytes(b"log")
    outcome = BuildOutcome(commit=0, target="t", ending=Ending.EXITED, seconds=1.0, log=str(log), exit_code=0)
    return Remembered(
        configured=True, rules_changed=False, always_listed=("a.o",), outcome=outcome, brought=(7,), below=below
    )


def built(tmp_path: Path, name: str, size: int = 5000) -> Path:
    directory = tmp_path / f"out-{name}"
    directory.mkdir()
    (directory / f"{name}.o").write_bytes(b"x" * size)
    return directory


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_the_past_is_the_key() -> None:
    """The same trees in another order, or by another recipe, made another build directory."""
    keys = {key_of("r", ("a", "b")), key_of("r", ("b", "a")), key_of("s", ("a", "b")), key_of("r", ("a",))}
    assert len(keys) == 4


def test_layers_are_found_with_all_below_them(warm: WarmBuilds, tmp_path: Path) -> None:
    """Uppermost first, as an overlay takes them; the log is the kept one."""
    warm.keep("base", built(tmp_path, "one"), remembered(tmp_path))
    warm.keep("top", built(tmp_path, "two"), remembered(tmp_path, below="base"))
    layer = warm.find("top")
    assert layer is not None
    assert [names(lower) for lower in layer.lowers] == [["two.o"], ["one.o"]]
    assert Path(layer.remembered.outcome.log).read_bytes() == b"log"
    assert layer.remembered.size >= 5000
    assert warm.find("absent") is None


def test_a_layer_without_what_is_below_it_is_none(warm: WarmBuilds, tmp_path: Path) -> None:
    """Half a build directory would be taken for a whole one."""
    warm.keep("top", built(tmp_path, "two"), remembered(tmp_path, below="base"))
    assert warm.find("top") is None


def test_one_of_the_same_key_is_not_replaced_nor_taken(warm: WarmBuilds, tmp_path: Path) -> None:
    """Its objects have other times than the sources of the lane that asks."""
    warm.keep("base", built(tmp_path, "one"), remembered(tmp_path))
    assert warm.keep("base", built(tmp_path, "two"), remembered(tmp_path)) is None
    layer = warm.find("base")
    assert layer
    assert names(layer.lowers[0]) == ["one.o"]
    assert names(tmp_path / "warm") == ["base", "lock"]


def test_what_was_used_last_stays(warm: WarmBuilds, tmp_path: Path) -> None:
    """Under the limit, the least recently used first; one that another stands on is used whenever that is."""
    for n, (key, below) in enumerate((("base", None), ("top", "base"), ("old", None))):
        warm.keep(key, built(tmp_path, key), remembered(tmp_path, below))
        os.utime(tmp_path / "warm" / key / "used", (n, n))
    assert warm.find("top")
    assert warm.trim(max_bytes=2 * 8192) == 1
    assert warm.find("top")
    assert warm.find("old") is None
    assert warm.trim(oldest=2**40) == 2


def test_nothing_goes_while_somebody_holds_them(warm: WarmBuilds, tmp_path: Path) -> None:
    """A lane's build directory is made of them."""
    warm.keep("base", built(tmp_path, "one"), remembered(tmp_path))
    with WarmBuilds(tmp_path / "warm").held():
        assert warm.trim(max_bytes=0) == 0
    assert warm.trim(max_bytes=0) == 1


def test_paths_that_mount_options_cannot_hold(tmp_path: Path) -> None:
    """Commas, colons and backslashes mean something there, and it is one page at most."""
    assert Overlay(name="v", lowers=(tmp_path,), directory=tmp_path / "d").mountable
    assert not Overlay(name="v", lowers=(tmp_path / "a,b",), directory=tmp_path).mountable
    assert not Overlay(name="v", lowers=(tmp_path / "a:b",), directory=tmp_path).mountable
    assert not Overlay(name="v", lowers=(tmp_path,) * 200, directory=tmp_path).mountable
