"""Against a real SMTP server on the loopback interface."""

import socket
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from mailserver import USER, a_mail_server

from orchestrator.delivery.settings import SmtpServer
from orchestrator.delivery.smtp import SmtpTransport
from orchestrator.delivery.transport import Fate
from orchestrator.errors import InfrastructureError, UserError


def a_message(text: str = "line\n.dot\nz\u00e4h\n") -> EmailMessage:
    """A mail with a line that begins with a dot, and letters beyond ASCII."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "a"
    message.set_content(text, cte="8bit")
    return message


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("tls", ["", "tls", "ssl"])
@pytest.mark.parametrize("password", ["pass word", "pass word\u20ac"])
@pytest.mark.parametrize("mechanisms", [(), ("PLAIN",), ("LOGIN",)])
def test_a_mail_arrives_as_it_was(tmp_path: Path, tls: str, mechanisms: tuple[str, ...], password: str) -> None:
    """In clear on this machine, by STARTTLS, by TLS; dots and eight-bit letters unharmed."""
    asked = []
    with a_mail_server(tmp_path, tls=tls, auth=True, password=password) as server:
        target = SmtpServer(
            host="localhost",
            port=server.port,
            encryption=tls,
            user=USER,
            certificates=str(server.authority),
            mechanisms=mechanisms,
            domain="client.example.org",
            login=True,
        )
        transport = SmtpTransport(target, lambda: password, asked.append, timeout_s=5)
        if mechanisms == ("LOGIN",) and not password.isascii():
            with pytest.raises(UserError, match="needs AUTH PLAIN"):
                transport.__enter__()
            return
        with transport:
            delivery = transport.deliver("me@x", ("a@x", "b@x"), a_message())
        assert delivery.fate is Fate.SENT
        assert delivery.accepted == ("a@x", "b@x")
        assert asked == [True]
        assert server.box.envelopes == [("me@x", ("a@x", "b@x"))]
        assert server.box.mails[0].get_content().replace("\r\n", "\n") == "line\n.dot\nz\u00e4h\n"
        assert {login.split()[1] for login in server.box.logins} == {USER}


def test_a_wrong_password_is_the_operators_to_mend(tmp_path: Path) -> None:
    """Nothing is sent, the helper is told, and the password is in no message."""
    asked = []
    with a_mail_server(tmp_path, tls="tls", auth=True) as server:
        target = SmtpServer(
            host="localhost",
            port=server.port,
            encryption="tls",
            user=USER,
            certificates=str(server.authority),
            login=True,
        )
        with pytest.raises(UserError, match="refuses the log-in") as caught:
            SmtpTransport(target, lambda: "wrongpass", asked.append, timeout_s=5).__enter__()
    assert asked == [False]
    assert "wrongpass" not in str(caught.value)


def test_a_stranger_is_not_trusted(tmp_path: Path) -> None:
    """A certificate of an unknown authority: no password goes there."""
    with a_mail_server(tmp_path, tls="tls", auth=True) as server:
        target = SmtpServer(host="localhost", port=server.port, encryption="tls", user=USER, login=True)
        with pytest.raises(UserError, match="smtpSSLCertPath"):
            SmtpTransport(target, lambda: pytest.fail("asked for the password"), timeout_s=5).__enter__()
        anybody = SmtpServer(host="localhost", port=server.port, encryption="tls", certificates="")
        with SmtpTransport(anybody, lambda: "", timeout_s=5):
            pass


def test_encryption_that_is_not_offered_is_not_done_without(tmp_path: Path) -> None:
    """Nobody strips it in between."""
    with a_mail_server(tmp_path) as server, pytest.raises(UserError, match="smtpEncryption"):
        SmtpTransport(
            SmtpServer(host="localhost", port=server.port, encryption="tls"), lambda: "", timeout_s=5
        ).__enter__()


def test_one_recipient_that_is_refused_does_not_keep_the_others(tmp_path: Path) -> None:
    """Those that are taken get it; the others are named with the server's words."""
    with a_mail_server(tmp_path) as server:
        server.box.refused = {"b@x": "550 no such user"}
        with SmtpTransport(SmtpServer(host="localhost", port=server.port), lambda: "", timeout_s=5) as transport:
            some = transport.deliver("me@x", ("a@x", "b@x"), a_message())
            none = transport.deliver("me@x", ("b@x",), a_message())
            after = transport.deliver("me@x", ("c@x",), a_message())
    assert (some.fate, some.accepted, some.detail, some.lasting) == (Fate.SENT, ("a@x",), "b@x: 550 no such user", True)
    assert (none.fate, none.accepted) == (Fate.REFUSED, ())
    assert after.fate is Fate.SENT


@pytest.mark.parametrize(
    ("answer", "lasting", "over"),
    [("554 spam", True, False), ("451 greylisted, try later", False, False), ("421 closing down", False, True)],
)
def test_a_mail_that_is_refused(tmp_path: Path, answer: str, lasting: bool, over: bool) -> None:
    """For good, for now, and for all that would follow."""
    with a_mail_server(tmp_path) as server:
        server.box.answers = [answer]
        with SmtpTransport(SmtpServer(host="localhost", port=server.port), lambda: "", timeout_s=5) as transport:
            delivery = transport.deliver("me@x", ("a@x",), a_message())
    assert (delivery.fate, delivery.lasting, delivery.over) == (Fate.REFUSED, lasting, over)
    assert answer in delivery.detail


@pytest.mark.parametrize("answer", ["close", ""])
def test_who_has_the_mail_and_says_nothing_leaves_us_unsure(tmp_path: Path, answer: str) -> None:
    """The connection breaks, or time runs out, after the mail went over."""
    with a_mail_server(tmp_path) as server:
        server.box.answers = [answer]
        with SmtpTransport(SmtpServer(host="localhost", port=server.port), lambda: "", timeout_s=1) as transport:
            delivery = transport.deliver("me@x", ("a@x",), a_message())
    assert delivery.fate is Fate.UNSURE
    assert delivery.over


def test_nobody_there() -> None:
    """A port that nothing listens on, one that never speaks, a name that is none: nothing was sent."""
    with socket.socket() as silent, socket.socket() as closed:
        silent.bind(("localhost", 0))
        silent.listen()
        closed.bind(("localhost", 0))
        for port in (silent.getsockname()[1], closed.getsockname()[1]):
            with pytest.raises(InfrastructureError, match="nothing was sent"):
                SmtpTransport(SmtpServer(host="localhost", port=port), lambda: "", timeout_s=1).__enter__()
