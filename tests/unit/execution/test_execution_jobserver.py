"""Tokens are neither lost nor made up."""

import os
import threading
import time
from pathlib import Path

from orchestrator.execution.jobserver import JobServer


def test_as_many_at_once_as_there_are_tokens(tmp_path: Path) -> None:
    """A make takes a token for its own job and gives it back."""
    server = JobServer(tmp_path / "fifo", 2)
    never = threading.Event()
    assert server.acquire(never)
    assert server.acquire(never)
    assert server.available == 0
    server.release(killed=False)
    assert server.available == 1
    server.release(killed=False)
    assert server.available == 2
    server.close()


def test_tokens_of_a_killed_make_come_back(tmp_path: Path) -> None:
    """It dies with what it took from the FIFO; when nobody runs, the FIFO is filled anew."""
    server = JobServer(tmp_path / "fifo", 4)
    never = threading.Event()
    server.acquire(never)
    stolen = os.open(server.path, os.O_RDONLY | os.O_NONBLOCK)
    os.read(stolen, 3)
    os.close(stolen)
    server.release(killed=True)
    assert server.available == 4
    server.close()


def test_a_kill_beside_others_waits_for_them(tmp_path: Path) -> None:
    """While another make holds tokens nobody can count them; the next build starts when it has ended."""
    server = JobServer(tmp_path / "fifo", 2)
    never = threading.Event()
    server.acquire(never)
    server.acquire(never)
    server.release(killed=True)
    started = threading.Event()

    def third() -> None:
        server.acquire(never)
        started.set()

    thread = threading.Thread(target=third)
    thread.start()
    assert not started.wait(0.5)
    server.release(killed=False)
    assert started.wait(5)
    server.release(killed=False)
    thread.join()
    assert server.available == 2
    server.close()


def test_waiting_can_be_cancelled(tmp_path: Path) -> None:
    """Ctrl-C must not wait for a token."""
    server = JobServer(tmp_path / "fifo", 1)
    cancelled = threading.Event()
    assert server.acquire(cancelled)
    cancelled.set()
    assert not server.acquire(cancelled)
    server.close()


def test_the_most_urgent_is_next(tmp_path: Path) -> None:
    """Whoever came first; among equals, in that order. One that gives up does not hold up the others."""
    server = JobServer(tmp_path / "fifo", 1)
    never, given_up = threading.Event(), threading.Event()
    assert server.acquire(never)
    order: list[str] = []

    def wait(name: str, urgency: float, cancelled: threading.Event) -> None:
        if server.acquire(cancelled, urgency):
            order.append(name)
            server.release(killed=False)

    waits = (("short", 1.0, never), ("long", 9.0, never), ("gone", 99.0, given_up), ("long too", 9.0, never))
    threads = []
    for number, each in enumerate(waits, 1):
        threads.append(threading.Thread(target=wait, args=each))
        threads[-1].start()
        while len(server._waiting) < number:
            time.sleep(0.001)
    given_up.set()
    threads[2].join()
    server.release(killed=False)
    for thread in threads:
        thread.join()
    assert order == ["long", "long too", "short"]
    assert server.available == 1
    server.close()
