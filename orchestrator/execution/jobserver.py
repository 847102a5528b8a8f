"""One job server for all lanes of a run (DESIGN D6).

GNU make >= 4.4 takes `--jobserver-auth=fifo:PATH`: any number of makes share the tokens in one FIFO, so any number of
lanes uses exactly the machine. Each running make also has one job that needs no token; its lane takes one for it.
"""

import bisect
import fcntl
import itertools
import os
import select
import struct
import termios
import threading
from pathlib import Path

_TOKEN = b"+"


class JobServer:
    """A FIFO of `tokens` tokens at `path`. Thread-safe; `close` removes it."""

    def __init__(self, path: Path, tokens: int) -> None:
        self.path = path
        self.tokens = tokens
        os.mkfifo(path, 0o600)
        # Open for both ends, so that it never reports end-of-file and its tokens outlive every make.
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._changed = threading.Condition()
        self._running = 0
        self._waiting: list[tuple[float, int]] = []
        self._tickets = itertools.count()
        self._suspect = False
        os.write(self._fd, _TOKEN * tokens)

    def acquire(self, cancelled: threading.Event, urgency: float = 0.0) -> bool:
        """Take the token of a make's own job; wait for one. False if `cancelled` is set first.

        Of those that wait, the one with the greatest `urgency` is next, then who came first.
        """
        with self._changed:
            ticket = (-urgency, next(self._tickets))
            bisect.insort(self._waiting, ticket)
        try:
            while not cancelled.is_set():
                with self._changed:
                    # After a kill, tokens may be missing: let the others end, then count afresh.
                    if self._waiting[0] != ticket or (self._suspect and self._running):
                        self._changed.wait(0.2)
                        continue
                    if self._suspect:
                        self._refill()
                    if self._take():
                        self._running += 1
                        return True
                select.select([self._fd], [], [], 0.2)
            return False
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def release(self, *, killed: bool) -> None:
        """Give it back. `killed`: the make did not end by itself and may have died with tokens in hand."""
        with self._changed:
            self._running -= 1
            self._suspect = self._suspect or killed
            os.write(self._fd, _TOKEN)
            if not self._running and self._suspect:
                self._refill()
            self._changed.notify_all()

    def close(self) -> None:
        """Remove the FIFO."""
        os.close(self._fd)
        self.path.unlink(missing_ok=True)

    @property
    def available(self) -> int:
        """How many tokens are in the FIFO right now."""
        count = fcntl.ioctl(self._fd, termios.FIONREAD, struct.pack("i", 0))
        return int(struct.unpack("i", count)[0])

    def _take(self) -> bool:
        try:
            return bool(os.read(self._fd, 1))
        except BlockingIOError:
            return False

    def _refill(self) -> None:
        """Nobody runs: the FIFO must hold every token, no more and no fewer."""
        while self._take():
            pass
        os.write(self._fd, _TOKEN * self.tokens)
        self._suspect = False
