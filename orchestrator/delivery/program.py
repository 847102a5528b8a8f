"""A program that takes mail as sendmail does (`-i`, recipients as arguments, mail on stdin), started as git does."""

import shutil
import subprocess
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from orchestrator.delivery.settings import DEFAULT_SENDMAIL, Program
from orchestrator.delivery.transport import Delivery, Fate

TIMEOUT_S = 120.0


class ProgramTransport:
    """Starts the program for every mail. It is the operator's own, from their own git configuration."""

    def __init__(self, program: Program, *, envelope_sender: bool, timeout_s: float = TIMEOUT_S) -> None:
        self._program = program
        self._envelope_sender = envelope_sender
        self._timeout_s = timeout_s

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is kept open."""

    def deliver(self, sender: str, recipients: tuple[str, ...], message: EmailMessage) -> Delivery:
        """See `Transport.deliver`. An exit status other than 0 is a refusal; one that had to be killed is unsure."""
        parameters = (*self._program.options, *(("-f", sender) if self._envelope_sender else ()), "-i", *recipients)
        command = self._program.command
        argv = ("sh", "-c", f'{command} "$@"', "-", *parameters) if command else (self._program.path, *parameters)
        name = command or self._program.path
        data = message.as_bytes(policy=message.policy.clone(linesep="\n"))
        try:
            done = subprocess.run(argv, input=data, capture_output=True, check=False, timeout=self._timeout_s)
        except subprocess.TimeoutExpired:
            return Delivery(fate=Fate.UNSURE, detail=f"{name}: no end after {self._timeout_s:.0f} s, killed", over=True)
        except OSError as error:
            return Delivery(fate=Fate.REFUSED, detail=f"{name}: cannot be started: {error.strerror}", over=True)
        if done.returncode:
            said = " ".join(done.stderr.decode("utf-8", "replace").split()) or "no word of explanation"
            return Delivery(fate=Fate.REFUSED, detail=f"{name}: exit status {done.returncode}: {said}", over=True)
        return Delivery(fate=Fate.SENT, accepted=recipients)


def installed_sendmail() -> Program | None:
    """What git-send-email falls back on: the machine's own sendmail, if it has one."""
    path = next(filter(None, map(shutil.which, (*DEFAULT_SENDMAIL, "sendmail"))), None)
    return Program(path=path) if path else None
