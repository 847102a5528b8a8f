"""`sendemail.*` of the operator's git configuration, read as git-send-email reads it (git-send-email(1)). Pure.

Not taken: to, cc, bcc, confirm and whatever else is about patches. `kmatrix send` has its own recipients, and always
asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.errors import UserError

_ENCRYPTIONS = ("ssl", "tls")
_PORTS = {"ssl": 465}
_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_MECHANISMS = ("CRAM-MD5", "PLAIN", "LOGIN")
DEFAULT_SENDMAIL = ("/usr/sbin/sendmail", "/usr/lib/sendmail")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where and how to speak SMTP. `host` is "" if none is configured.

    `encryption`: "ssl" (from the first byte), "tls" (STARTTLS) or "". `certificates` is a file or directory of
    trusted ones, None for the system's, "" to trust any (as git has it). `mechanisms`: those that may be used to log
    in, none for any that both sides know. `login` is False for `smtpAuth = none` and where there is no user.
    """

    host: str
    port: int
    encryption: str = ""
    user: str = ""
    password: str | None = field(default=None, repr=False)
    domain: str | None = None
    certificates: str | None = None
    mechanisms: tuple[str, ...] = ()
    login: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that takes mail as sendmail does: `command` for a shell, or `path` alone."""

    command: str = ""
    path: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """All of it. `sender` is `Name <a@b>`; `envelope_sender` is None unless configured.

    After `batch_size` mails the connection is closed and `relogin_delay_s` seconds are waited (0: never).
    """

    sender: str
    transport: SmtpServer | Program
    envelope_sender: str | None = None
    batch_size: int = 0
    relogin_delay_s: float = 0.0


def read_settings(pairs: Iterable[tuple[str, str | None]], identity: str | None = None) -> MailSettings:
    """The settings in (key, value) pairs of `git config --list`, keys as git prints them, later ones over earlier.

    A value is None for a key without one. `identity` chooses `sendemail.<identity>.*`, None the configured one.
    Raises UserError, naming the key, for what cannot be used, and if there is nobody to send as.
    """
    values, options = _values(pairs, identity)
    encryption = values.get("smtpencryption", "").lower()
    return MailSettings(
        sender=_sender(values),
        transport=_transport(values, options, encryption if encryption in _ENCRYPTIONS else ""),
        envelope_sender=_envelope(values),
        batch_size=_number(values, "smtpbatchsize", 0),
        relogin_delay_s=float(_number(values, "smtprelogindelay", 0)),
    )


def _values(pairs: Iterable[tuple[str, str | None]], identity: str | None) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The keys of sendemail.* in lower case, those of the identity over the others; user.* under their whole names."""
    found = [(key, value or "") for key, value in pairs]
    general: dict[str, str] = {}
    special: dict[str, dict[str, str]] = {}
    options: dict[str, list[str]] = {}
    for key, value in found:
        section, _, rest = key.partition(".")
        subsection, dot, name = rest.rpartition(".")
        if section.lower() == "user" and not dot:
            general[f"user.{rest.lower()}"] = value
        elif section.lower() == "sendemail":
            (special.setdefault(subsection, {}) if dot else general)[name.lower()] = value
            if name.lower() == "smtpserveroption":
                options.setdefault(subsection if dot else "", []).append(value)
    chosen = identity or general.get("identity", "")
    if identity and identity not in special:
        known = ", ".join(sorted(special)) or "none"
        raise UserError(f"--identity {identity}: git configuration has no sendemail.{identity}.*; there is: {known}")
    return general | special.get(chosen, {}), tuple(options.get(chosen) or options.get("") or ())


def _sender(values: Mapping[str, str]) -> str:
    if values.get("from"):
        return values["from"]
    name, mail = values.get("user.name", ""), values.get("user.email", "")
    if not mail:
        raise UserError(
            "git configuration does not say who sends: set sendemail.from, or user.name and user.email "
            "(`git config --global user.email you@example.org`)"
        )
    return f"{name} <{mail}>" if name else mail


def _transport(values: Mapping[str, str], options: tuple[str, ...], encryption: str) -> SmtpServer | Program:
    if values.get("sendmailcmd"):
        return Program(command=values["sendmailcmd"], options=options)
    server = values.get("smtpserver", "")
    if server.startswith(("/", "~/")):
        return Program(path=str(Path(server).expanduser()), options=options)
    user, auth = values.get("smtpuser", ""), values.get("smtpauth", "")
    found = SmtpServer(
        host=server,
        port=_number(values, "smtpserverport", _PORTS.get(encryption, 25)),
        encryption=encryption,
        user=user,
        password=values.get("smtppass"),
        domain=values.get("smtpdomain") or None,
        certificates=values.get("smtpsslcertpath"),
        mechanisms=_mechanisms(auth),
        login=bool(user) and auth.lower() != "none",
    )
    if found.login and not encryption and server not in _LOCAL:
        raise UserError(
            f"sendemail.smtpUser is set, but the way to {server} is not encrypted, and a password would go over it in "
            "clear: set sendemail.smtpEncryption to tls or ssl"
        )
    return found


def _mechanisms(auth: str) -> tuple[str, ...]:
    if auth.lower() in ("", "none"):
        return ()
    wanted = tuple(word.upper() for word in auth.split())
    usable = tuple(word for word in wanted if word in _MECHANISMS)
    if not usable:
        raise UserError(
            f"sendemail.smtpAuth = {auth}: kmatrix can log in by {', '.join(_MECHANISMS)} only; "
            "for others set sendemail.sendmailCmd to a program that can (msmtp)"
        )
    return usable


def _envelope(values: Mapping[str, str]) -> str | None:
    return values.get("envelopesender") or None


def _number(values: Mapping[str, str], key: str, default: int) -> int:
    text = values.get(key, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) > 65535:
        raise UserError(f"sendemail.{key} = {text!r}: expected a number, 0 to 65535")
    return int(text)
