"""SMTP (RFC 5321) with STARTTLS or TLS and a log-in. The only smtplib and ssl import."""

import base64
import contextlib
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator.delivery.settings import SmtpServer
from orchestrator.delivery.transport import Delivery, Fate
from orchestrator.errors import InfrastructureError, UserError

TIMEOUT_S = 120.0
_PASSWORD_WRONG = (530, 534, 535, 538)


class SmtpTransport:
    """One connection. `password` is asked for only if a log-in is wanted; `judged` hears whether it was right."""

    def __init__(
        self,
        server: SmtpServer,
        password: Callable[[], str],
        judged: Callable[[bool], None] = lambda _: None,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._server = server
        self._password = password
        self._judged = judged
        self._timeout_s = timeout_s
        self._smtp: smtplib.SMTP | None = None

    @property
    def _where(self) -> str:
        return f"{self._server.host}:{self._server.port}"

    def __enter__(self) -> Self:
        context = _context(self._server)
        try:
            self._smtp = self._connect(context)
            self._smtp.ehlo()
            if self._server.encryption == "tls":
                self._smtp.starttls(context=context)
                self._smtp.ehlo()
            if self._server.login:
                self._log_in(self._smtp)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise self._cannot(error) from error
        except BaseException:
            self._drop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self._drop()

    def deliver(self, sender: str, recipients: tuple[str, ...], message: EmailMessage) -> Delivery:
        """See `Transport.deliver`. Recipients that are refused do not keep the others from getting it."""
        assert self._smtp is not None, "use the transport inside its with"
        smtp, handed_over = self._smtp, False
        try:
            eight = smtp.has_extn("8bitmime")
            data = _on_the_wire(message, eight_bit=eight)
            code, words = smtp.mail(sender, ["BODY=8BITMIME"] if eight and not data.isascii() else [])
            if code != 250:
                return self._refused(code, words, f"sender {sender}")
            accepted, refused = self._offer(smtp, recipients)
            if not accepted:
                smtp.rset()
                return Delivery(fate=Fate.REFUSED, detail=_listed(refused), lasting=_all_lasting(refused))
            handed_over = True
            code, words = smtp.data(data)
            if code != 250:
                return self._refused(code, words, "the mail")
            return Delivery(fate=Fate.SENT, accepted=accepted, detail=_listed(refused), lasting=_all_lasting(refused))
        except smtplib.SMTPDataError as error:  # refused before the mail itself was sent
            return self._refused(error.smtp_code, error.smtp_error, "the mail")
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            fate = Fate.UNSURE if handed_over else Fate.REFUSED
            return Delivery(fate=fate, detail=f"{self._where}: {_words(error)}", over=True)

    def _connect(self, context: ssl.SSLContext) -> smtplib.SMTP:
        server, timeout = self._server, self._timeout_s
        if server.encryption == "ssl":
            return smtplib.SMTP_SSL(server.host, server.port, server.domain, timeout=timeout, context=context)
        return smtplib.SMTP(server.host, server.port, server.domain, timeout=timeout)

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        """Log in by the mechanisms that the configuration allows, of those that the server offers."""
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        if self._server.mechanisms and smtp.does_esmtp:
            offered = [name for name in offered if name in self._server.mechanisms]
            smtp.esmtp_features["auth"] = " ".join(offered)
        if not offered:
            raise UserError(f"{self._where}: no log-in that kmatrix knows is offered; see sendemail.smtpAuth")
        user, password = self._server.user, self._password()
        try:
            if (user + password).isascii():
                smtp.login(user, password)
            else:
                self._log_in_plainly(smtp, user, password)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code in _PASSWORD_WRONG:
                self._judged(False)
            raise
        self._judged(True)

    def _log_in_plainly(self, smtp: smtplib.SMTP, user: str, password: str) -> None:
        """PLAIN with UTF-8 (RFC 4616), which smtplib cannot encode."""
        if "PLAIN" not in smtp.esmtp_features["auth"].upper().split():
            raise UserError(f"{self._where}: a password beyond ASCII needs AUTH PLAIN, which is not offered")
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        code, words = smtp.docmd("AUTH", f"PLAIN {secret}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, words)

    def _offer(
        self, smtp: smtplib.SMTP, recipients: tuple[str, ...]
    ) -> tuple[tuple[str, ...], dict[str, tuple[int, bytes]]]:
        refused: dict[str, tuple[int, bytes]] = {}
        for recipient in recipients:
            code, words = smtp.rcpt(recipient)
            if code not in (250, 251):
                refused[recipient] = (code, words)
        return tuple(one for one in recipients if one not in refused), refused

    def _refused(self, code: int, words: bytes | str, what: str) -> Delivery:
        assert self._smtp is not None
        over = code == 421  # the server is closing down
        if not over:
            try:
                self._smtp.rset()
            except (smtplib.SMTPException, OSError):
                over = True
        return Delivery(
            fate=Fate.REFUSED,
            detail=f"{self._where} refuses {what}: {_said(code, words)}",
            lasting=500 <= code < 600,
            over=over,
        )

    def _cannot(self, error: Exception) -> Exception:
        """What to tell the operator of a connection that did not come about."""
        server = self._server
        if isinstance(error, smtplib.SMTPAuthenticationError):
            said = _said(error.smtp_code, error.smtp_error)
            return UserError(
                f"{self._where} refuses the log-in of {server.user}: {said}; "
                "check sendemail.smtpUser and smtpPass, or what `git credential fill` gives"
            )
        if isinstance(error, ssl.SSLCertVerificationError):
            return UserError(
                f"{self._where}: its certificate cannot be trusted: {error.verify_message}; "
                "sendemail.smtpSSLCertPath names a file of certificates to trust"
            )
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return UserError(f"{self._where}: {error}; check sendemail.smtpEncryption and smtpServerPort")
        return InfrastructureError(
            f"{self._where}: no SMTP server answers there: {_words(error)}; "
            "check sendemail.smtpServer, smtpServerPort and smtpEncryption; nothing was sent"
        )

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _context(server: SmtpServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.certificates == "":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif server.certificates is not None:
        place = Path(server.certificates).expanduser()
        try:
            context = ssl.create_default_context(
                cafile=str(place) if place.is_file() else None, capath=str(place) if place.is_dir() else None
            )
        except (OSError, ssl.SSLError) as error:
            raise UserError(f"sendemail.smtpSSLCertPath = {place}: {error}") from error
        if not place.exists():
            raise UserError(f"sendemail.smtpSSLCertPath = {place}: there is no such file or directory")
    return context


def _on_the_wire(message: EmailMessage, *, eight_bit: bool) -> bytes:
    """The mail's bytes with CRLF; for a server of seven bits the text is encoded."""
    data = message.as_bytes(policy=message.policy)
    if eight_bit or data.isascii():
        return data
    plain = EmailMessage(policy=message.policy)
    for name, value in message.items():
        if name.lower() not in ("content-type", "content-transfer-encoding", "mime-version"):
            plain[name] = value
    plain.set_content(message.get_content(), charset="utf-8", cte="quoted-printable")
    return plain.as_bytes(policy=message.policy)


def _listed(refused: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{recipient}: {_said(code, words)}" for recipient, (code, words) in refused.items())


def _all_lasting(refused: dict[str, tuple[int, bytes]]) -> bool:
    return bool(refused) and all(500 <= code < 600 for code, _ in refused.values())


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)
    return str(error) or type(error).__name__
