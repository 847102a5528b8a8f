"""The one door to b4 (https://b4.docs.kernel.org), a program that fetches threads from lore.kernel.org.

It is the user's own program with the user's own configuration (mirrors, cache) and environment; nothing else of the
series code talks to a network.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from orchestrator.errors import SeriesError

_TIMEOUT = 180  # seconds: b4 itself tries a dead network for up to two minutes
_NOISE = ("Grabbing thread", "Looking up", "Analyzing", "Checking", "---", "Traceback")


def fetch_thread(identity: str, origin: str) -> bytes:
    """The thread of a message-id as an mbox. `origin` is what the user typed.

    Raises SeriesError, in one line, if b4 is not installed, has no network, or knows no such message.
    """
    program = _program()
    if program is None:
        raise SeriesError(
            f"{origin}: mails are fetched by b4, which is not installed (`pip install b4`); "
            "or give the thread as a file, or a mirror with --archive DIR"
        )
    try:
        done = subprocess.run(
            [program, "mbox", "-o", "-", "--", identity],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise SeriesError(_unfetched(origin, f"no answer in {_TIMEOUT} s")) from None
    except OSError as error:
        raise SeriesError(_unfetched(origin, f"{program}: {error.strerror or error}")) from error
    if done.returncode or not done.stdout.strip():
        raise SeriesError(_unfetched(origin, _reason(done.stderr.decode("utf-8", "replace"))))
    return done.stdout


def _program() -> str | None:
    """b4 on PATH, or beside this Python, where `pip install b4` puts it in a virtual environment."""
    beside = Path(sys.executable).parent / "b4"
    return shutil.which("b4") or (str(beside) if os.access(beside, os.X_OK) else None)


def _unfetched(origin: str, reason: str) -> str:
    return (
        f"{origin}: b4 could not fetch it ({reason}); without network give the thread as a file, "
        "or a mirror with --archive DIR"
    )


def _reason(errors: str) -> str:
    """The line of b4's messages that says what went wrong: the last that is no news of progress."""
    lines = [" ".join(line.split()) for line in errors.splitlines()]
    told = [line for line in lines if line and not line.startswith(_NOISE)]
    return (told or ["it gave no reason"])[-1][:300]
