"""What a piece of work cost: seconds on the clock, seconds of processor time, and whose.

The kernel's own process accounting (acct(2), root only) names every process that ends, in containers too, with its
processor time in steps of 10 ms; /proc/stat says how busy the machine was as a whole. Both count everything that runs:
the machine must be doing nothing else.
"""

import ctypes
import fcntl
import os
import resource
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# struct acct_v3 (include/uapi/linux/acct.h)
_RECORD = struct.Struct("=BBHIIIIIIfHHHHHHHH16s")
_TICKS = 100
LOCK = Path("/run/lock/kmatrix-bench")
COMPILERS = ("cc1", "as", "clang", "ld", "lld", "cc1plus", "collect2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds. `compilers`: of processor time in compilers, assemblers and linkers (None: not to be had); `busy`: of
    the whole machine; `own`: of the tool itself, with the git and docker clients that it starts."""

    wall: float
    busy: float
    own: float
    compilers: float | None

    def utilisation(self, cores: int) -> float:
        """Share of the cores that did something."""
        return self.busy / (self.wall * cores)


@dataclass(slots=True)
class Meter:
    """Filled when the `with` is left."""

    cost: Cost | None = None


class Accounting:
    """Process accounting into `file` while the `with` lasts; without the right to it, compilers are not told apart.

    The kernel has one such file: a benchmark beside another leaves the accounting to that.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._libc = ctypes.CDLL(None, use_errno=True)

    def __enter__(self) -> Self:
        self._file.write_bytes(b"")
        self.works = self._alone() and self._libc.acct(os.fsencode(self._file)) == 0
        return self

    def _alone(self) -> bool:
        try:
            self._lock = LOCK.open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        if self.works:
            self._libc.acct(None)
            self._lock.close()
        self._file.unlink(missing_ok=True)

    @contextmanager
    def meter(self) -> Iterator[Meter]:
        """Measure what is done inside."""
        meter = Meter()
        offset, busy, own, clock = self._file.stat().st_size, _busy(), _own(), time.monotonic()
        yield meter
        meter.cost = Cost(
            wall=time.monotonic() - clock,
            busy=_busy() - busy,
            own=_own() - own,
            compilers=_compilers(self._file, offset) if self.works else None,
        )


def idle_share(seconds: float) -> float:
    """How much of the machine does nothing, watched for so long: 1.0 is a machine of our own."""
    before = _busy()
    time.sleep(seconds)
    return 1 - (_busy() - before) / (seconds * len(os.sched_getaffinity(0)))


def _busy() -> float:
    """Seconds that all processors together were not idle (proc_stat(5)): user, nice, system, irq, softirq."""
    fields = [int(word) for word in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:7])) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _compilers(file: Path, offset: int) -> float:
    """Seconds of processes with a compiler's name that ended since."""
    with file.open("rb") as records:
        records.seek(offset)
        data = records.read()
    ticks = 0
    for record in _RECORD.iter_unpack(data[: len(data) // _RECORD.size * _RECORD.size]):
        name = record[-1].split(b"\0")[0].decode(errors="replace")
        if name in COMPILERS or name.startswith(("clang-", "ld.", "lld-")):
            ticks += _number(record[10]) + _number(record[11])
    return ticks / _TICKS


def _number(comp: int) -> int:
    """A comp_t: 13 bits, and a 3-bit exponent of 8."""
    return (comp & 0x1FFF) << (3 * (comp >> 13))
