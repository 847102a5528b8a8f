"""The raw log of a build."""

import gzip
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.execution.lanelog import LaneLog


def test_a_log_bomb_is_cut_and_says_so(tmp_path: Path) -> None:
    """Nothing beyond the limit is kept but the remark."""
    log = LaneLog(tmp_path / "a.log.gz", 1000, lambda _count, _name: None)
    for _ in range(500):
        log.write(b"x\n" * 100)
    log.close()
    assert log.full
    text = gzip.decompress(log.path.read_bytes())
    assert len(text) < 1200
    assert b"kmatrix: the log is cut here" in text


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_what_is_written_is_kept(chunks: list[bytes]) -> None:
    """Any bytes, in any pieces."""
    with tempfile.TemporaryDirectory() as place:
        log = LaneLog(Path(place) / "a.log.gz", 10**6, lambda _count, _name: None)
        for chunk in chunks:
            log.write(chunk)
        log.close()
        assert gzip.decompress(log.path.read_bytes()) == b"".join(chunks)


def test_objects_are_counted_across_chunks(tmp_path: Path) -> None:
    """An echo line may come in two pieces; it counts once."""
    seen: list[tuple[int, str]] = []
    log = LaneLog(tmp_path / "a.log.gz", 10**6, lambda count, name: seen.append((count, name)))
    for chunk in (b"  CC      mm/a.o\n  CC [M]  mm", b"/b.o\nmm/b.c:1: warning: x\n", b"  HOSTCC  scripts/c\n"):
        log.write(chunk)
    log.close()
    assert seen == [(1, "mm/a.o"), (2, "mm/b.o"), (3, "scripts/c")]


def test_a_full_disk_is_noticed(tmp_path: Path) -> None:
    """Compilers say it in strerror's words."""
    log = LaneLog(tmp_path / "a.log.gz", 10**6, lambda _count, _name: None)
    log.write(b"cc1: fatal error: /out/mm/a.s: No space left on ")
    log.write(b"device\n")
    log.close()
    assert log.no_space
