"""orchestrator/results/store.py: what is kept, what is found again, and what a clean-up takes."""

import dataclasses
import gzip
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from results_builders import LOG, key, new_run, result

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.model.matrix import ImageSpec, KernelConfig, Target
from orchestrator.model.result import CellResult, Origin, Status
from orchestrator.model.series import Commit, Series
from orchestrator.model.verdict import RunReport, TargetFacts
from orchestrator.results.records import Freed, RunState
from orchestrator.results.store import Store

CELL = "arm64-defconfig-gcc-14"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store of its own."""
    with Store.open(tmp_path / "state") as opened:
        yield opened


def edit(state_dir: Path, statement: str, *values: object) -> None:
    """Change the database behind the store's back."""
    connection = sqlite3.connect(state_dir / "kmatrix.db")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def files(state_dir: Path) -> list[Path]:
    """All log files, temporary ones included."""
    return [path for path in (state_dir / "logs").rglob("*") if path.is_file()]


def test_a_result_is_found_again_after_reopening(tmp_path: Path) -> None:
    """Same tree and recipe: the result as it was, marked as reused, with its log."""
    with Store.open(tmp_path) as store:
        kept = store.put(key(), result(message="w"), LOG)
    assert gzip.decompress(Path(kept.log).read_bytes()) == gzip.decompress(LOG)
    with Store.open(tmp_path) as store:
        assert store.known(key()) == dataclasses.replace(kept, origin=Origin.REUSED)


def test_the_state_directory_may_move(tmp_path: Path) -> None:
    """Logs are named relative to the store, so a state directory restored elsewhere keeps its results."""
    with Store.open(tmp_path / "a") as store:
        store.put(key(), result(), LOG)
    (tmp_path / "a").rename(tmp_path / "b")
    with Store.open(tmp_path / "b") as store:
        known = store.known(key())
    assert known is not None
    assert Path(known.log).is_relative_to(tmp_path / "b")
    assert Path(known.log).exists()


@pytest.mark.parametrize("other", [key(tree="t2"), key(recipe="r2")])
def test_another_tree_or_recipe_is_not_found(store: Store, other: object) -> None:
    """Another compiler, config, image or make variable (the recipe) is another result."""
    store.put(key(), result(), None)
    assert store.known(other) is None  # type: ignore[arg-type]


def test_a_complete_result_holds_whatever_came_before(store: Store) -> None:
    """What a clean build would say does not depend on the lane: another series reuses it."""
    store.put(key(before=("a",)), result(), None)
    assert store.known(key(before=("b", "c"))) is not None


def test_a_masked_result_holds_only_after_the_same_trees(store: Store) -> None:
    """What a masked state carries comes from the commits before, so their trees are part of its key."""
    store.put(key(before=("a",)), result(masked=("mm/gup.o",)), None)
    assert store.known(key(before=("b",))) is None
    assert store.known(key()) is None
    assert store.known(key(before=("a",))) is not None


def test_a_complete_result_is_preferred_to_a_masked_one(store: Store) -> None:
    """Of two results of one tree the one that knows everything wins."""
    store.put(key(before=("a",)), result(masked=("mm/gup.o",)), None)
    store.put(key(before=("z",)), result(message="all"), None)
    known = store.known(key(before=("a",)))
    assert known is not None
    assert known.state.complete


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.NOT_RUN])
def test_infrastructure_trouble_is_never_reused(store: Store, status: Status) -> None:
    """An unknown square is tried again, but its log is kept for the user."""
    kept = store.put(key(), result(status), LOG)
    assert store.known(key()) is None
    assert Path(kept.log).exists()


def test_the_newer_result_of_a_key_replaces_the_older(store: Store) -> None:
    """A forced rebuild is believed."""
    store.put(key(), result(message="old"), LOG)
    store.put(key(), result(message="new"), None)
    known = store.known(key())
    assert known is not None
    assert known.state == result(message="new").state
    assert known.log == ""


def test_a_log_that_was_removed_by_hand_does_not_cost_the_result(store: Store) -> None:
    """The result stays true; its log is \"\"."""
    Path(store.put(key(), result(), LOG).log).unlink()
    known = store.known(key())
    assert known is not None
    assert known.log == ""


def test_a_log_may_be_given_as_a_file(store: Store, tmp_path: Path) -> None:
    """The lane's own file is copied and left alone; a missing one is told as such and stores nothing."""
    mine = tmp_path / "mine.log.gz"
    mine.write_bytes(LOG)
    assert Path(store.put(key(), result(), mine).log).read_bytes() == mine.read_bytes()
    with pytest.raises(InfrastructureError, match=r"missing\.gz"):
        store.put(key(tree="t2"), result(), tmp_path / "missing.gz")
    assert store.known(key(tree="t2")) is None


def test_runs_are_listed_newest_first_with_how_they_ended(store: Store) -> None:
    """A run is running while its process lives, then finished."""
    store.start_run(new_run("first"))
    store.start_run(new_run("second"))
    store.finish_run("first", finished="2025-01-01T00:09:00Z", verdict="findings", exit_code=1)
    second, first = store.runs()
    assert (second.id, second.state, second.verdict) == ("second", RunState.RUNNING, "")
    assert (first.state, first.verdict, first.exit_code, first.finished[:4]) == (
        RunState.FINISHED,
        "findings",
        1,
        "2025",
    )
    assert first.argv == ("kmatrix", "run")


def test_a_run_whose_process_is_gone_is_interrupted(store: Store, tmp_path: Path) -> None:
    """kill -9 cannot say good-bye; the history finds out."""
    store.start_run(new_run())
    edit(tmp_path / "state", "UPDATE run SET process = 'boot:1:2:3'")
    assert store.runs()[0].state is RunState.INTERRUPTED


def test_a_run_id_is_used_once(store: Store) -> None:
    """A second run of the same id is refused, and the first stays."""
    store.start_run(new_run("one"))
    with pytest.raises(UserError, match="one"):
        store.start_run(new_run("one"))
    assert len(store.runs()) == 1


def test_odd_command_lines_are_kept(store: Store) -> None:
    """A path that is no UTF-8 comes back as it was typed."""
    odd = dataclasses.replace(new_run(), argv=("kmatrix", "run", "caf\udce9"), out="/tmp/\udcff")
    store.start_run(odd)
    assert store.runs()[0].argv == odd.argv
    assert store.runs()[0].out == odd.out


def test_find_run_by_prefix_and_last(store: Store) -> None:
    """`last`, a whole id, or a prefix that fits one; otherwise the message says what there is."""
    with pytest.raises(UserError, match="kmatrix run"):
        store.find_run()
    for name in ("2025-a", "2025-b", "2025-bb"):
        store.start_run(new_run(name))
    assert store.find_run().id == "2025-bb"
    assert store.find_run("2025-a").id == "2025-a"
    assert store.find_run("2025-b").id == "2025-b"
    with pytest.raises(UserError, match="2025-bb, 2025-b, 2025-a"):
        store.find_run("2025")
    for nothing in ("", "x", "%"):
        with pytest.raises(UserError, match="kmatrix runs"):
            store.find_run(nothing)


def linked(store: Store, run_id: str, kept: CellResult, sha: str = "abc1230000") -> CellResult:
    """Link a result under the default key."""
    store.link(run_id, sha, key(), kept)
    return kept


def test_a_runs_squares_and_logs_are_found(store: Store) -> None:
    """`kmatrix log RUN COMMIT CELL`: COMMIT is a number in the series or the beginning of a sha."""
    store.start_run(new_run("r"))
    kept = linked(store, "r", store.put(key(), result(commit=12), LOG))
    assert store.squares("r") == (kept,)
    for commit in ("12", "abc123", "ABC1"):
        assert store.log_path("r", commit, CELL) == Path(kept.log)
    for commit, cell in (("1", CELL), ("", CELL), ("abd", CELL), ("12", "other")):
        with pytest.raises(UserError, match="kmatrix report"):
            store.log_path("r", commit, cell)
    Path(kept.log).unlink()
    with pytest.raises(InfrastructureError, match="gone"):
        store.log_path("r", "12", CELL)


def test_a_number_of_the_series_beats_a_sha_that_begins_like_it(store: Store) -> None:
    """`2` is patch 2 even if another commit's sha begins with 2."""
    store.start_run(new_run("r"))
    store.link("r", "2fff", key("t1"), store.put(key("t1"), result(commit=1), LOG))
    store.link("r", "1fff", key("t2"), store.put(key("t2"), result(commit=2), gzip.compress(b"two")))
    assert gzip.decompress(store.log_path("r", "2", CELL).read_bytes()) == b"two"
    with pytest.raises(UserError, match="no commit"):
        store.log_path("r", "3", CELL)


def test_an_unknown_square_is_in_the_history_with_its_log(store: Store) -> None:
    """What is never reused is still shown, with its log, in the run that met it."""
    store.start_run(new_run("r"))
    kept = linked(store, "r", store.put(key(), result(Status.UNKNOWN), LOG))
    assert store.squares("r") == (kept,)
    assert store.log_path("r", "1", CELL) == Path(kept.log)
    assert store.known(key()) is None


def test_a_reused_square_shows_this_runs_place(store: Store) -> None:
    """A result that another series built as patch 1 is patch 7 here, and reused."""
    store.start_run(new_run("r"))
    store.put(key(), result(commit=1), LOG)
    known = store.known(key())
    assert known is not None
    here = dataclasses.replace(known, commit=7, target="arm64-tiny-gcc-14")
    store.link("r", "abc", key(), here)
    assert store.squares("r") == (here,)


def test_a_report_comes_back_with_the_results_of_its_squares(store: Store) -> None:
    """`kmatrix report` of an old run renders the same value that the run did."""
    target = Target(
        arch="arm64",
        config=KernelConfig(name="defconfig", base="defconfig"),
        compiler="gcc-14",
        image=ImageSpec(reference="kmatrix/gcc-14:arm64", build_args=(("A", "b"),)),
        make_vars=(("ARCH", "arm64"),),
    )
    commits = tuple(
        Commit(index=index, sha=f"{index}" * 40, tree=f"t{index}", subject="s", author="A <a@b>") for index in range(3)
    )
    series = Series(
        title="t",
        base=commits[0],
        base_reason="HEAD",
        commits=commits[1:],
        git_dir="/g",
        origin="HEAD~2..",
        warnings=("w",),
    )
    store.start_run(new_run("r"))
    results = tuple(
        dataclasses.replace(store.put(key(commit.tree), result(commit=commit.index), LOG), target=target.name)
        for commit in commits
    )
    for commit, square in zip(commits, results, strict=True):
        store.link("r", commit.sha, key(commit.tree), square)
    report = RunReport(
        run="r",
        tool_version="0",
        verdict="clean",
        series=series,
        targets=(TargetFacts(target=target, image_id="sha256:1", compiler_version="gcc 14"),),
        results=results,
        deltas=(),
        findings=(),
    )
    with pytest.raises(UserError, match="no report"):
        store.report("r")
    store.finish_run("r", finished="2025-01-01T00:00:01Z", verdict="clean", exit_code=0, report=report)
    assert store.report("r") == report


def test_gc_by_age_takes_what_nobody_used(store: Store, tmp_path: Path) -> None:
    """Old runs and results go, with their logs; what was used since stays."""
    old = store.put(key("old"), result(), LOG)
    store.put(key("new"), result(), gzip.compress(b"new"))
    store.start_run(new_run("r"))
    store.finish_run("r", finished="2025", verdict="clean", exit_code=0)
    edit(tmp_path / "state", "UPDATE result SET used = 0 WHERE tree = 'old'")
    edit(tmp_path / "state", "UPDATE run SET begun = 0")
    freed = store.gc(max_age_days=30)
    assert (freed.runs, freed.results, freed.logs) == (1, 1, 1)
    assert freed.bytes > len(LOG)
    assert not Path(old.log).exists()
    assert store.known(key("old")) is None
    assert store.known(key("new")) is not None
    assert store.gc(max_age_days=30) == Freed()


def test_looking_a_result_up_counts_as_use(store: Store, tmp_path: Path) -> None:
    """What every run reuses does not grow old."""
    store.put(key(), result(), LOG)
    edit(tmp_path / "state", "UPDATE result SET used = 0")
    assert store.known(key()) is not None
    assert store.gc(max_age_days=30).results == 0


def test_gc_by_size_takes_the_least_recently_used(store: Store, tmp_path: Path) -> None:
    """Over the limit the oldest go first, and no more than needed."""
    for number in range(4):
        store.put(key(f"t{number}"), result(), gzip.compress(bytes(1000 + number), 0))
        edit(tmp_path / "state", "UPDATE result SET used = ? WHERE tree = ?", time.time() - 1000 + number, f"t{number}")
    freed = store.gc(max_age_days=30, max_bytes=3000)
    assert freed.results == 2
    assert [store.known(key(f"t{number}")) is None for number in range(4)] == [True, True, False, False]


def test_gc_leaves_a_shared_log_while_one_result_has_it(store: Store, tmp_path: Path) -> None:
    """Two results may have one log (the same bytes); it goes with the last of them."""
    kept = store.put(key("a"), result(), LOG)
    store.put(key("b"), result(), LOG)
    edit(tmp_path / "state", "UPDATE result SET used = 0 WHERE tree = 'a'")
    assert store.gc(max_age_days=1).logs == 0
    assert Path(kept.log).exists()
    edit(tmp_path / "state", "UPDATE result SET used = 0")
    assert store.gc(max_age_days=1).logs == 1


def test_gc_never_touches_what_a_live_run_uses(store: Store, tmp_path: Path) -> None:
    """Linked squares, and whatever was looked up since a live run began, stay under any limit."""
    store.put(key("idle"), result(), LOG)
    store.put(key(), result(), gzip.compress(b"linked"))
    store.put(key("seen"), result(), gzip.compress(b"seen"))
    edit(tmp_path / "state", "UPDATE result SET used = 1")
    store.start_run(new_run("live"))
    known = store.known(key())
    assert known is not None
    linked(store, "live", known)
    edit(tmp_path / "state", "UPDATE result SET used = 1 WHERE tree = 't1'")
    assert store.known(key("seen")) is not None
    assert store.gc(max_age_days=0, max_bytes=0).results == 1
    assert store.known(key("idle")) is None
    assert store.known(key()) is not None
    assert store.known(key("seen")) is not None
    assert store.runs()[0].squares == 1


def test_a_square_whose_result_was_cleaned_up_says_so(store: Store, tmp_path: Path) -> None:
    """The history stays honest: the square was there, its result is gone, and how to have it back."""
    store.start_run(new_run("r"))
    linked(store, "r", store.put(key(), result(), LOG))
    store.finish_run("r", finished="2025", verdict="clean", exit_code=0)
    store.gc(max_age_days=30, max_bytes=0)
    (square,) = store.squares("r")
    assert square.status is Status.NOT_RUN
    assert "gc" in square.detail
    with pytest.raises(UserError, match="gc"):
        store.log_path("r", "1", CELL)


def test_gc_makes_the_database_smaller(store: Store, tmp_path: Path) -> None:
    """Freed pages go back to the file system."""
    for number in range(40):
        store.put(key(f"t{number}"), result(message="".join(map(chr, range(300 + number, 9000)))), None)
    store.gc(max_age_days=30)
    before = (tmp_path / "state" / "kmatrix.db").stat().st_size
    assert store.gc(max_age_days=30, max_bytes=0).results == 40
    assert (tmp_path / "state" / "kmatrix.db").stat().st_size < before / 2


def test_many_threads_use_one_store(store: Store) -> None:
    """Lanes report from threads of one process; nothing is lost and no call fails."""
    failures: list[BaseException] = []

    def work(lane: int) -> None:
        try:
            for number in range(8):
                store.put(key(f"{lane}-{number}"), result(), gzip.compress(b"%d" % number))
                assert store.known(key(f"{lane}-{number}")) is not None
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(lane,)) for lane in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert all(store.known(key(f"{lane}-{number}")) for lane in range(6) for number in range(8))
    assert store.problems() == ()


def test_opening_removes_what_a_killed_writer_left(tmp_path: Path) -> None:
    """A temporary log of a dead process is swept away; logs proper stay."""
    with Store.open(tmp_path) as store:
        kept = store.put(key(), result(), LOG)
    (tmp_path / "logs" / "tmp-boot:1:2:3-x").write_bytes(b"half")
    Store.open(tmp_path).close()
    assert files(tmp_path) == [Path(kept.log)]
