"""`sendemail.*` read as git-send-email reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.delivery.settings import MailSettings, Program, SmtpServer, read_settings
from orchestrator.errors import UserError

ME = (("user.name", "Ada"), ("user.email", "ada@x"))


def settings(*pairs: tuple[str, str | None], identity: str | None = None) -> MailSettings:
    """The settings of these pairs, user.* given."""
    return read_settings((*ME, *pairs), identity)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ((), SmtpServer(host="", port=25)),
        ((("sendemail.smtpserver", "mx.x"),), SmtpServer(host="mx.x", port=25)),
        (
            (("sendemail.smtpServer", "mx.x"), ("sendemail.smtpEncryption", "ssl")),
            SmtpServer(host="mx.x", port=465, encryption="ssl"),
        ),
        (
            (
                ("sendemail.smtpserver", "mx.x"),
                ("sendemail.smtpencryption", "tls"),
                ("sendemail.smtpserverport", "587"),
                ("sendemail.smtpuser", "ada"),
                ("sendemail.smtppass", "secret"),
                ("sendemail.smtpdomain", "host.x"),
                ("sendemail.smtpsslcertpath", ""),
                ("sendemail.smtpauth", "PLAIN xoauth2"),
            ),
            SmtpServer(
                host="mx.x",
                port=587,
                encryption="tls",
                user="ada",
                password="secret",
                domain="host.x",
                certificates="",
                mechanisms=("PLAIN",),
                login=True,
            ),
        ),
        (
            (("sendemail.smtpserver", "mx.x"), ("sendemail.smtpuser", "a"), ("sendemail.smtpauth", "none")),
            SmtpServer(host="mx.x", port=25, user="a"),
        ),
        ((("sendemail.smtpserver", "/usr/bin/msmtp"),), Program(path="/usr/bin/msmtp")),
        (
            (("sendemail.smtpserver", "mx.x"), ("sendemail.sendmailcmd", "msmtp -a work")),
            Program(command="msmtp -a work"),
        ),
        (
            (
                ("sendemail.smtpserver", "/bin/s"),
                ("sendemail.smtpserveroption", "-a"),
                ("sendemail.smtpserveroption", "b"),
            ),
            Program(path="/bin/s", options=("-a", "b")),
        ),
    ],
)
def test_how_mail_is_sent(pairs: tuple[tuple[str, str], ...], expected: object) -> None:
    """A program before a server, git's default ports, keys in any case."""
    assert settings(*pairs).transport == expected


def test_an_identity_goes_over_the_rest() -> None:
    """The configured one, or the one asked for; the general keys stay where it has none of its own."""
    pairs = (
        ("sendemail.identity", "work"),
        ("sendemail.from", "me@home"),
        ("sendemail.smtpserver", "mx.home"),
        ("sendemail.work.from", "me@work"),
        ("sendemail.Other.smtpserver", "mx.other"),
    )
    assert settings(*pairs).sender == "me@work"
    other = settings(*pairs, identity="Other")
    assert other.sender == "me@home"
    assert isinstance(other.transport, SmtpServer)
    assert other.transport.host == "mx.other"
    with pytest.raises(UserError, match=r"--identity no: .*there is: Other, work"):
        settings(*pairs, identity="no")


def test_who_sends() -> None:
    """sendemail.from, else the user; nobody is an error that says what to set."""
    assert settings().sender == "Ada <ada@x>"
    with pytest.raises(UserError, match=r"user\.email"):
        read_settings(())


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ((("sendemail.smtpserver", "mx.x"), ("sendemail.smtpuser", "ada")), "in clear"),
        ((("sendemail.smtpserverport", "smtp"),), "expected a number"),
        ((("sendemail.smtpauth", "XOAUTH2"),), "msmtp"),
    ],
)
def test_what_cannot_be_used_is_told(pairs: tuple[tuple[str, str], ...], words: str) -> None:
    """With the key, and what to do."""
    with pytest.raises(UserError, match=words):
        settings(*pairs)


def test_a_password_is_in_no_text() -> None:
    """What is printed of settings by accident has no secret in it."""
    assert "secret" not in repr(settings(("sendemail.smtppass", "secret")))


KEYS = ("sendemail.smtpserver", "sendemail.smtpserverport", "sendemail.x.from", "sendemail.identity", "user.email", "a")


@given(st.lists(st.tuples(st.sampled_from(KEYS) | st.text(max_size=9), st.none() | st.text(max_size=9))))
def test_any_configuration_is_read_or_refused(pairs: list[tuple[str, str | None]]) -> None:
    """Never another exception."""
    try:
        read_settings(pairs)
    except UserError:
        return
