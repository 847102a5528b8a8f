"""The entry point: choose the command, and turn every way it can end into an exit status. The one catcher."""

import contextlib
import errno
import os
import sys
import traceback

from orchestrator.cli import arguments, dispatch
from orchestrator.errors import InfrastructureError, Interrupted, KmatrixError

INTERNAL = 4

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def main(argv: list[str] | None = None) -> int:
    """Run a command line; its exit status (DESIGN section 3). argparse itself exits with 2 on wrong usage."""
    words = sys.argv[1:] if argv is None else argv
    _prepare_streams()
    return _flushed(_status(words))


def _status(words: list[str]) -> int:
    args = arguments.parse(words)
    try:
        return dispatch.command(args.command)(args, tuple(words))
    except (KeyboardInterrupt, Interrupted):
        _say("interrupted; finished builds are kept, the same command goes on from there")
        return Interrupted.exit_code
    except BrokenPipeError:  # `kmatrix report | head`: nobody reads on
        return 0
    except KmatrixError as error:
        _say(str(error))
        return error.exit_code
    except OSError as error:  # a disk, a file system, a stream: whatever it is, the machine said no
        _say(_machine_said(error))
        return InfrastructureError.exit_code
    except Exception:  # whatever is left is a bug of ours, and is to be told as one
        traceback.print_exc()
        _say("this is a bug in kmatrix; please report it with the lines above")
        return INTERNAL


def _flushed(status: int) -> int:
    """The status, once stdout is written out: the interpreter's own try, on its way out, would end in 120."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
    except OSError as error:
        _say(_machine_said(error))
        _drop_output()
        return InfrastructureError.exit_code
    return status


def _prepare_streams() -> None:
    """Standard streams that can be used, whatever the caller did to them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed (`<&-`): or a file of ours would get its number
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - for good
    with contextlib.suppress(AttributeError):
        # A terminal that has no such letter still gets the report.
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _drop_output() -> None:
    """Let what is left in stdout's buffer go nowhere."""
    with contextlib.suppress(OSError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _machine_said(error: OSError) -> str:
    where = error.filename or "standard output"
    advice = "; free some space there, or write to another place" if error.errno in _NO_ROOM else ""
    return f"{where}: {error.strerror or error}{advice}"


def _say(text: str) -> None:
    """Lines to stderr; what came out of a mail or a file in them moves no cursor."""
    from orchestrator.reporting.text import log_line  # noqa: PLC0415 - the start of a command waits for no library

    for line in text.splitlines():
        with contextlib.suppress(OSError):
            sys.stderr.write(f"kmatrix: {log_line(line)}\n")
