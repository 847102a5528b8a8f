"""orchestrator/results/liveness.py"""

import os

import pytest

from orchestrator.results import liveness


def test_this_process_is_alive() -> None:
    """A process's own mark is alive while it runs."""
    assert liveness.alive(liveness.my_mark())


@pytest.mark.parametrize(("part", "value"), [(0, "another-boot"), (2, "4194999"), (2, "x"), (3, "1"), (3, "gone")])
def test_a_reboot_a_dead_pid_and_a_reused_pid_are_dead(part: int, value: str) -> None:
    """The mark holds for one process of one boot: a pid alone would come back."""
    parts = liveness.my_mark().split(":")
    parts[part] = value
    assert not liveness.alive(":".join(parts))


def test_a_process_of_another_namespace_counts_as_alive() -> None:
    """What cannot be seen is not declared dead: its files would be taken from it."""
    boot, _, pid, start = liveness.my_mark().split(":")
    assert liveness.alive(f"{boot}:1:{pid}:{start}")


@pytest.mark.parametrize("mark", ["", "nonsense", "a:b:c", "a:b:1:2:3"])
def test_what_is_no_mark_is_dead(mark: str) -> None:
    """A file that merely looks like ours is not kept for ever."""
    assert not liveness.alive(mark)


def test_a_zombie_is_dead() -> None:
    """A killed process that nobody has waited for has stopped working."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, liveness.my_mark().encode())
        os._exit(0)
    mark = os.read(read, 1000).decode()
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    try:
        assert not liveness.alive(mark)
    finally:
        os.waitpid(child, 0)
        os.close(read)
        os.close(write)
