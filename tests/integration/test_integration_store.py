"""Two kmatrix at once on one store, and writers killed at any moment: nothing that was stored is ever lost."""

import gzip
import multiprocessing
import os
import random
import signal
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from orchestrator.model.diagnostic import Diagnostic, Severity
from orchestrator.model.result import CellResult, LaneState, Origin, Status
from orchestrator.results import logs
from orchestrator.results.records import NewRun, ResultKey, RunState, lineage
from orchestrator.results.store import Store

SPAWN = multiprocessing.get_context("spawn")


def key(name: str) -> ResultKey:
    """The key of a complete result."""
    return ResultKey(tree=name, recipe="r", lineage=lineage(()))


def result(name: str) -> CellResult:
    """A result that nobody can mistake for another: its tree's name is in it."""
    warning = Diagnostic(severity=Severity.WARNING, kind="cc", message=name * 50, raw=name)
    return CellResult(
        commit=1, target="t", status=Status.WARNINGS, origin=Origin.BUILT, state=LaneState(present=(warning,) * 20)
    )


def log(name: str) -> bytes:
    """A gzip'd log of some 20 kB that says whose it is."""
    return gzip.compress(f"{name}\n".encode() + random.Random(name).randbytes(20_000), mtime=0)


def new_run(name: str) -> NewRun:
    """A run of this name."""
    return NewRun(id=name, title="t", origin="o", out="/tmp", argv=(), started="2025-01-01T00:00:00Z")


def write(state_dir: Path, writer: str, count: int, said: Connection) -> None:
    """Store results as a run does, one after the other, and say each once `put` has returned."""
    with Store.open(state_dir) as store:
        store.start_run(new_run(writer))
        for number in range(count):
            name = f"{writer}-{number}"
            kept = store.put(key(name), result(name), log(name))
            said.send(name)
            store.link(writer, "abc", key(name), replace(kept, commit=number))
        store.finish_run(writer, finished="2025-01-01T00:00:01Z", verdict="clean", exit_code=0)


def collect(state_dir: Path, limits: int, done: Connection) -> None:
    """Clean up again and again, as a third process might."""
    for _ in range(limits):
        with Store.open(state_dir) as store:
            store.gc(max_age_days=0, max_bytes=0)
            time.sleep(0.01)
    done.send("done")


def check(state_dir: Path, names: set[str]) -> None:
    """Every one of these is there, right, with its whole log; the file is sound; nothing half-written is left."""
    with Store.open(state_dir) as store:
        assert store.problems() == ()
        for name in names:
            known = store.known(key(name))
            assert known is not None, f"{name} was stored and is lost"
            assert known.state == result(name).state
            assert next(iter(logs.lines(Path(known.log)))) == f"{name}\n"
            assert Path(known.log).read_bytes() == log(name)
    assert not list((state_dir / "logs").glob("tmp-*"))


def test_two_processes_write_one_new_store_at_once(tmp_path: Path) -> None:
    """Both open a store that is not there yet, both write; each finds all results of both."""
    pipes = [SPAWN.Pipe(duplex=False) for _ in range(2)]
    writers = [SPAWN.Process(target=write, args=(tmp_path, f"w{n}", 25, pipes[n][1])) for n in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    check(tmp_path, {f"w{n}-{number}" for n in range(2) for number in range(25)})
    with Store.open(tmp_path) as store:
        assert {(run.id, run.state, run.squares) for run in store.runs()} == {
            ("w0", RunState.FINISHED, 25),
            ("w1", RunState.FINISHED, 25),
        }


def test_a_clean_up_beside_a_run_takes_nothing_of_it(tmp_path: Path) -> None:
    """`kmatrix gc` with the hardest limits, over and over, while a run writes: all of the run's results stay."""
    with Store.open(tmp_path) as store:
        store.put(key("idle"), result("idle"), log("idle"))
        store.start_run(new_run("mine"))  # this process lives, so what is used from now on is protected
        heard, said = SPAWN.Pipe(duplex=False)
        over, done = SPAWN.Pipe(duplex=False)
        writer = SPAWN.Process(target=write, args=(tmp_path, "w", 25, said))
        cleaner = SPAWN.Process(target=collect, args=(tmp_path, 25, done))
        for process in (writer, cleaner):
            process.start()
        for process in (writer, cleaner):
            process.join(120)
            assert process.exitcode == 0
        assert heard.poll()
        assert over.recv() == "done"
    check(tmp_path, {f"w-{number}" for number in range(25)})


@pytest.mark.parametrize("seed", range(2))
def test_a_writer_killed_at_any_moment_loses_only_what_was_in_flight(tmp_path: Path, seed: int) -> None:
    """kill -9, ten times over on one store: whatever `put` had returned is there, and the run shows as interrupted."""
    chance = random.Random(seed)
    stored: set[str] = set()
    for life in range(10):
        heard, said = SPAWN.Pipe(duplex=False)
        writer = SPAWN.Process(target=write, args=(tmp_path, f"l{life}", 10_000, said))
        writer.start()
        said.close()
        stored.add(heard.recv())
        time.sleep(chance.random() * 0.15)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        try:
            while True:
                stored.add(heard.recv())
        except EOFError:
            heard.close()
        check(tmp_path, stored)
        with Store.open(tmp_path) as store:
            assert store.find_run().id == f"l{life}"
            assert store.runs()[0].state is RunState.INTERRUPTED
            assert store.gc(max_age_days=30).results == 0
    assert len(stored) > 20
