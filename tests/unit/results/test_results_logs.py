"""orchestrator/results/logs.py"""

import gzip
import os
import time
from pathlib import Path

import pytest
from results_builders import LOG

from orchestrator.errors import InfrastructureError
from orchestrator.results import liveness, logs


def test_a_log_lands_under_its_digest_and_no_temporary_file_stays(tmp_path: Path) -> None:
    """Staged, forced out, renamed: the store holds the very bytes."""
    staged, digest, size = logs.stage(tmp_path, LOG)
    logs.publish(tmp_path, staged, digest)
    assert size == len(LOG)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [logs.path_of(tmp_path, digest)]
    assert list(logs.lines(logs.path_of(tmp_path, digest))) == ["  CC      mm/gup.o\n"]


def test_a_file_is_copied_not_taken(tmp_path: Path) -> None:
    """The caller's file stays where it is."""
    mine = tmp_path / "mine.gz"
    mine.write_bytes(LOG)
    staged, _, _ = logs.stage(tmp_path, mine)
    assert staged.read_bytes() == mine.read_bytes()


def test_a_failed_copy_leaves_nothing(tmp_path: Path) -> None:
    """A log that cannot be read leaves no temporary file behind."""
    with pytest.raises(IsADirectoryError):
        logs.stage(tmp_path, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_digest_of_knows_only_paths_of_the_store(tmp_path: Path) -> None:
    """A log elsewhere is not mistaken for one of ours."""
    path = logs.path_of(tmp_path, "ab12")
    assert logs.digest_of(tmp_path, str(path)) == "ab12"
    assert logs.digest_of(tmp_path, "/out/logs/ab/ab12.log.gz") == ""
    assert logs.digest_of(tmp_path, "") == ""


def test_bytes_that_are_no_utf8_survive(tmp_path: Path) -> None:
    """A log line is the tool's own bytes: what does not decode is kept as lone surrogates; only \\n ends a line."""
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"caf\xe9\r50%\r100%\nend"))
    assert list(logs.lines(path)) == ["caf\udce9\r50%\r100%\n", "end"]


@pytest.mark.parametrize("keep", [0, 5, 12, 40, -9, -1])
def test_a_truncated_log_gives_what_it_has_and_then_says_so(tmp_path: Path, keep: int) -> None:
    """No line that can be read is lost, and a cut log never passes for a whole one."""
    whole = gzip.compress(b"".join(b"line %d\n" % number for number in range(9999)))
    path = tmp_path / "cut.log.gz"
    path.write_bytes(whole[:keep])
    got = []
    if keep == 0:
        assert list(logs.lines(path)) == []  # gzip calls an empty file an empty archive
        return
    with pytest.raises(InfrastructureError, match=r"cut\.log\.gz.*\n?.*again"):
        got.extend(logs.lines(path))
    assert all(line == f"line {number}\n" for number, line in enumerate(got))


def test_a_log_that_is_no_gzip_or_not_there_is_an_infrastructure_error(tmp_path: Path) -> None:
    """The message names the file."""
    path = tmp_path / "plain"
    path.write_text("not gzip")
    for each in (path, tmp_path / "missing"):
        with pytest.raises(InfrastructureError, match=each.name):
            list(logs.lines(each))


def test_sweep_takes_dead_writers_files_and_no_others(tmp_path: Path) -> None:
    """A writer that was killed leaves its temporary file; a live writer's is left alone for a day."""
    dead = tmp_path / "tmp-boot:1:2:3-abc"
    live = tmp_path / f"tmp-{liveness.my_mark()}-abc"
    stuck = tmp_path / f"tmp-{liveness.my_mark()}-def"
    for path in (dead, live, stuck):
        path.touch()
    os.utime(stuck, (0, time.time() - 2 * 86400))
    logs.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [live]


def test_orphans_go_when_they_are_released_or_old(tmp_path: Path) -> None:
    """A log without a result may belong to one that is just being written: a day's grace."""
    digests = []
    for number in range(4):
        staged, digest, _ = logs.stage(tmp_path, gzip.compress(b"%d" % number))
        logs.publish(tmp_path, staged, digest)
        digests.append(digest)
    referenced, released, old, young = digests
    os.utime(logs.path_of(tmp_path, old), (0, time.time() - 2 * 86400))
    os.utime(logs.path_of(tmp_path, referenced), (0, 0))
    files, size = logs.remove_orphans(tmp_path, {referenced}, {released, referenced})
    assert files == 2
    assert size > 0
    assert {path.name.split(".")[0] for path in tmp_path.glob("??/*")} == {referenced, young}
