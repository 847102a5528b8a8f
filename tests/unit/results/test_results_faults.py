"""orchestrator/results/store.py: damage, a newer version, full and read-only disks, locks. Nothing is ever lost."""

import errno
import fcntl
import gzip
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from results_builders import LOG, key, new_run, result

from orchestrator.errors import InfrastructureError
from orchestrator.results import logs
from orchestrator.results.schema import MIGRATIONS
from orchestrator.results.store import Store


def sql(state_dir: Path, statement: str) -> None:
    """Change the database behind the store's back."""
    with closing(sqlite3.connect(state_dir / "kmatrix.db")) as connection:
        connection.execute(statement)
        connection.commit()


def filled(state_dir: Path, count: int = 30) -> Path:
    """A closed store with some results; its database file."""
    with Store.open(state_dir) as store:
        for number in range(count):
            store.put(key(f"t{number}"), result(message="".join(map(chr, range(300, 1500)))), None)
    return state_dir / "kmatrix.db"


def read_all(state_dir: Path) -> None:
    """Look up all that `filled` put there; every answer must be right."""
    expected = result(message="".join(map(chr, range(300, 1500)))).state
    with Store.open(state_dir) as store:
        for number in range(30):
            known = store.known(key(f"t{number}"))
            assert known is None or known.state == expected
        assert store.problems() == ()


@pytest.mark.parametrize("content", [b"this is no database at all\n" * 9, b"SQLite format 3\0" + b"\xff" * 500, b"x"])
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    """The message names the file and gives the `mv` line; the file keeps its bytes."""
    database = tmp_path / "kmatrix.db"
    database.write_bytes(content)
    with pytest.raises(InfrastructureError, match=r"kmatrix\.db.*damaged.*mv ") as caught:
        Store.open(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert database.read_bytes() == content


def test_the_advised_mv_line_works(tmp_path: Path) -> None:
    """What the message says to type is what helps, even with a blank in the path."""
    state = tmp_path / "my state"
    state.mkdir()
    (state / "kmatrix.db").write_bytes(b"garbage" * 99)
    with pytest.raises(InfrastructureError) as caught:
        Store.open(state)
    line = str(caught.value).partition("mv ")[2]
    assert line == f"'{state}' '{state}.old'"
    state.rename(f"{state}.old")
    Store.open(state).close()


def test_an_emptied_database_beside_its_journal_is_left_alone(tmp_path: Path) -> None:
    """SQLite would drop the journal, which may hold all there is, and begin anew."""
    (tmp_path / "kmatrix.db").touch()
    (tmp_path / "kmatrix.db-wal").write_bytes(b"pages")
    with pytest.raises(InfrastructureError, match=r"damaged.*mv "):
        Store.open(tmp_path)
    assert (tmp_path / "kmatrix.db-wal").read_bytes() == b"pages"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_database_never_answers_wrongly(tmp_path: Path, share: float) -> None:
    """A database that lost its end: an answer is either right or a message, and the file is not written over."""
    database = filled(tmp_path)
    content = database.read_bytes()[: int(database.stat().st_size * share)]
    database.write_bytes(content)
    with pytest.raises(InfrastructureError, match=r"damaged.*mv "):
        read_all(tmp_path)
    assert database.read_bytes()[: len(content)] == content


def test_a_damaged_body_is_told(tmp_path: Path) -> None:
    """A stored result that does not decode is an error with the file's name, never another result."""
    filled(tmp_path, 1)
    sql(tmp_path, "UPDATE result SET body = x'00'")
    with Store.open(tmp_path) as store, pytest.raises(InfrastructureError, match=r"kmatrix\.db.*damaged.*mv "):
        store.known(key("t0"))


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    """user_version above ours: say which, what to do, and write nothing."""
    database = filled(tmp_path, 1)
    sql(tmp_path, f"PRAGMA user_version = {len(MIGRATIONS) + 3}")
    before = database.read_bytes()
    with pytest.raises(InfrastructureError, match=rf"newer kmatrix.*version {len(MIGRATIONS) + 3}.*mv "):
        Store.open(tmp_path)
    assert database.read_bytes() == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A kmatrix.db that is not ours gets no tables of ours."""
    sql(tmp_path, "CREATE TABLE theirs (x)")
    before = (tmp_path / "kmatrix.db").read_bytes()
    with pytest.raises(InfrastructureError, match="another program"):
        Store.open(tmp_path)
    assert (tmp_path / "kmatrix.db").read_bytes() == before


def test_the_tables_are_strict_and_the_journal_is_wal(tmp_path: Path) -> None:
    """The promises of DESIGN D7, read back from the file."""
    database = filled(tmp_path, 1)
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
        known = {"result", "run", "sent", "square", "bisection", "probe"}
        assert {name for name, strict in tables if strict} == known
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_database_locked_for_too_long_is_told(tmp_path: Path) -> None:
    """Waiting ends; the message says how to see who holds it."""
    filled(tmp_path, 1)
    other = sqlite3.connect(tmp_path / "kmatrix.db", isolation_level=None)
    with closing(other), Store.open(tmp_path, patience_s=0.1) as store:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InfrastructureError, match=r"locked.*fuser"):
            store.put(key("new"), result(), LOG)
        assert store.known(key("t0")) is not None, "reading goes on beside a writer"
        other.execute("ROLLBACK")
        store.put(key("new"), result(), LOG)
    assert not list((tmp_path / "logs").glob("tmp-*"))


def test_a_short_lock_is_waited_for(tmp_path: Path) -> None:
    """Two kmatrix at once: the second write comes after the first."""
    filled(tmp_path, 1)
    other = sqlite3.connect(tmp_path / "kmatrix.db", isolation_level=None, check_same_thread=False)
    with closing(other), Store.open(tmp_path, patience_s=20) as store:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.2, other.execute, ("COMMIT",))
        timer.start()
        store.put(key("new"), result(), None)
        timer.join()
        assert store.known(key("new")) is not None


def test_an_open_lock_that_is_held_is_told(tmp_path: Path) -> None:
    """A process stopped in the middle of opening does not hang the others for ever."""
    filled(tmp_path, 1)
    with (tmp_path / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InfrastructureError, match="fuser"):
            Store.open(tmp_path, patience_s=0.1)


def test_a_full_disk_for_the_database_loses_nothing(tmp_path: Path) -> None:
    """SQLite is told that no page is left: a clear message, the earlier results stay, and later all works again."""
    filled(tmp_path, 3)
    big = result(message="".join(map(chr, range(300, 50000))))
    with Store.open(tmp_path) as store:
        connection = store._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(InfrastructureError, match=r"full.*safe.*space"):
            store.put(key("big"), big, LOG)
        assert store.known(key("t2")) is not None
        connection.execute("PRAGMA max_page_count = 1000000")
        store.put(key("big"), big, LOG)
        assert store.known(key("big")) is not None
        assert store.problems() == ()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_for_a_log_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """The log does not fit: a clear message, no half log, no result without its log."""
    with Store.open(tmp_path) as store:

        def full(_: int) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(logs.os, "fsync", full)
        with pytest.raises(InfrastructureError, match="space"):
            store.put(key(), result(), LOG)
        assert store.known(key()) is None
    assert not [path for path in (tmp_path / "logs").rglob("*") if path.is_file()]


def test_a_full_file_system(tmp_path: Path) -> None:
    """/dev/full answers every write with ENOSPC, as a full disk does."""
    (tmp_path / "kmatrix.db").symlink_to("/dev/full")
    with pytest.raises(InfrastructureError, match=r"kmatrix\.db"):
        Store.open(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere: a read-only directory does not stop it")
def test_a_read_only_directory_is_told(tmp_path: Path) -> None:
    """The message names the directory and the variable that moves it."""
    (tmp_path / "state").mkdir(mode=0o500)
    with pytest.raises(InfrastructureError, match="XDG_STATE_HOME"):
        Store.open(tmp_path / "state")


@pytest.mark.parametrize("where", ["proc", "file", "readonly-db"])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, where: str) -> None:
    """No directory, a file in its place, a database that is read-only: each is a message with the place in it."""
    (tmp_path / "file").touch()
    if where == "readonly-db":
        (tmp_path / "readonly-db" / "kmatrix.db").mkdir(parents=True)
    place = {"proc": Path("/proc/kmatrix"), "file": tmp_path / "file"}.get(where, tmp_path / where)
    with pytest.raises(InfrastructureError, match=r"XDG_STATE_HOME") as caught:
        Store.open(place)
    assert str(place) in str(caught.value)


def test_a_read_only_database_file_is_told(tmp_path: Path) -> None:
    """SQLite's `attempt to write a readonly database` says what to do."""
    filled(tmp_path, 1)
    with Store.open(tmp_path) as store:
        store._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(InfrastructureError, match=r"readonly.*XDG_STATE_HOME"):
            store.put(key("new"), result(), LOG)
    assert not list((tmp_path / "logs").glob("tmp-*"))


def test_an_exception_in_a_transaction_undoes_all_of_it(tmp_path: Path) -> None:
    """A link to a run that does not exist fails as a whole: no row of it stays, and the store works on."""
    with Store.open(tmp_path) as store:
        with pytest.raises(InfrastructureError, match="FOREIGN KEY"):
            store.link("no such run", "abc", key(), result())
        assert store._connection.execute("SELECT count(*) FROM result").fetchone() == (0,)
        store.start_run(new_run())


def test_a_truncated_log_in_the_store_keeps_the_result(tmp_path: Path) -> None:
    """The result is in the database; only reading the log says that it is cut."""
    with Store.open(tmp_path) as store:
        kept = store.put(key(), result(), gzip.compress(b"line\n" * 9999))
        path = Path(kept.log)
        path.write_bytes(path.read_bytes()[:-20])
        known = store.known(key())
    assert known is not None
    with pytest.raises(InfrastructureError, match="cut short"):
        list(logs.lines(Path(known.log)))
