"""A real SMTP server on the loopback interface, with STARTTLS, AUTH and whatever refusals a test wants."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "ada@example.org", "pass word"


@dataclass
class Mailbox:
    """What came in, and how the server behaves. `answers` are taken one a mail; "" waits until `go_on`."""

    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    connections: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, host: str, lines: list[str]) -> list[str]:  # noqa: N802
        self.connections += 1
        session.host_name = host
        return lines

    async def handle_RCPT(self, server: Any, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library calls it so
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "close":
            server.transport.abort()
            return "250 gone"
        if answer == "":
            await server.loop.run_in_executor(None, self.go_on.wait, 10)
        if answer in ("", "250 OK"):
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, policy=SMTP_POLICY)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
            self.raw.append(envelope.content)
            self.envelopes.append((str(envelope.mail_from), tuple(envelope.rcpt_tos)))
        return answer or "250 OK"


@dataclass(frozen=True)
class Server:
    """Where it listens, and the file of the authority that it is to be trusted by."""

    port: int
    box: Mailbox
    authority: Path


class _Controller(Controller):
    """Takes whatever port is free."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def a_mail_server(tmp_path: Path, *, tls: str = "", auth: bool = False, password: str = PASSWORD) -> Iterator[Server]:
    """`tls`: "ssl" from the first byte, "tls" by STARTTLS, "" none."""
    box = Mailbox()
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))

    def log_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        box.logins.append(f"{mechanism} {data.login.decode()}")
        right = data.login.decode() == USER and data.password.decode() == password
        return AuthResult(success=right, handled=False)

    settings: dict[str, Any] = {"decode_data": False, "enable_SMTPUTF8": False}
    if auth:
        settings |= {"authenticator": log_in, "auth_required": True, "auth_require_tls": tls == "tls"}
    controller = _Controller(
        box,
        hostname="127.0.0.1",
        port=0,
        ssl_context=context if tls == "ssl" else None,
        **settings,
        **({"tls_context": context} if tls == "tls" else {}),
    )
    controller.start()
    try:
        yield Server(port=controller.port, box=box, authority=tmp_path / "authority.pem")
    finally:
        box.go_on.set()
        controller.stop()
