"""What is kept of a bisection: every answer, with its log, until it is done."""

import gzip
from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.results import logs
from orchestrator.results.store import Store


def test_answers_come_back_in_order_with_their_logs(tmp_path: Path) -> None:
    """A second process (the store opened again) gets all that was kept; a clean-up leaves the logs alone."""
    log = tmp_path / "0001.log.gz"
    log.write_bytes(gzip.compress(b"  CC      mm/gup.o\n"))
    with Store.open(tmp_path / "state") as store:
        store.start_bisection("bisect-1", b"about")
        path = store.keep_probe("bisect-1", 0, b"first", log)
        assert store.keep_probe("bisect-1", 1, b"second", None) == ""
    with Store.open(tmp_path / "state") as store:
        store.gc(max_age_days=1, max_bytes=0)
        found = store.unfinished_bisection("last")
        assert (found.id, found.about) == ("bisect-1", b"about")
        assert found.probes == ((b"first", path), (b"second", ""))
        assert list(logs.lines(Path(path))) == ["  CC      mm/gup.o\n"]
        assert store.problems() == ()


def test_what_is_done_is_not_gone_on_with(tmp_path: Path) -> None:
    """Finished ones are passed by; of several the latest, or the one that is named; else a UserError lists them."""
    with Store.open(tmp_path / "state") as store:
        with pytest.raises(UserError, match="none"):
            store.unfinished_bisection("last")
        for name in ("bisect-1", "bisect-2", "bisect-3"):
            store.start_bisection(name, b"")
        store.finish_bisection("bisect-3")
        assert store.unfinished_bisection("last").id == "bisect-2"
        assert store.unfinished_bisection("bisect-1").id == "bisect-1"
        with pytest.raises(UserError, match="bisect-2, bisect-1"):
            store.unfinished_bisection("bisect-3")


def test_old_ones_are_forgotten(tmp_path: Path) -> None:
    """A clean-up takes those that nobody goes on with; this process's own stay."""
    with Store.open(tmp_path / "state") as store:
        store.start_bisection("bisect-1", b"")
        store.gc(max_age_days=-1)
        assert store.unfinished_bisection("last").id == "bisect-1"
