"""What a way to send mail is, whatever it is made of, and what becomes of a mail on it."""

from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self


class Fate(StrEnum):
    """UNSURE: the other side went away after it had the mail and before it said whether it takes it."""

    SENT = "sent"
    REFUSED = "refused"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One mail handed over. `accepted` are the recipients it goes to; `detail` is one line for a person if not all.

    `lasting`: trying the same again is of no use (SMTP's 5xx). `over`: nothing more can be sent on this connection.
    """

    fate: Fate
    accepted: tuple[str, ...] = ()
    detail: str = ""
    lasting: bool = False
    over: bool = False


class Transport(Protocol):
    """Entering connects and logs in: UserError or InfrastructureError if that fails, and nothing was sent."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def deliver(self, sender: str, recipients: tuple[str, ...], message: EmailMessage) -> Delivery:
        """Hand over one mail for these bare addresses. Never raises for what the other side says."""
        ...
