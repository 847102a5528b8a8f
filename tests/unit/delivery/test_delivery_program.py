"""A real program in sendmail's place."""

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from orchestrator.delivery.program import ProgramTransport
from orchestrator.delivery.settings import Program
from orchestrator.delivery.transport import Fate


@pytest.fixture
def message() -> EmailMessage:
    """A small mail with a line that ends SMTP, and one that ends an mbox entry."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = "a"
    mail.set_content("From x\n.\nend\n", cte="8bit")
    return mail


def a_program(tmp_path: Path, text: str) -> str:
    """A program with this shell code."""
    path = tmp_path / "send mail"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_the_mail_is_on_stdin_and_the_recipients_are_arguments(tmp_path: Path, message: EmailMessage) -> None:
    """As git starts it: options first, -f only if an envelope sender is configured, then -i and the recipients."""
    path = a_program(tmp_path, f'printf "%s\\n" "$@" >{tmp_path}/args; cat >{tmp_path}/mail')
    program = Program(path=path, options=("-x",))
    with ProgramTransport(program, envelope_sender=True) as transport:
        delivery = transport.deliver("me@x", ("a@x", "$(b)@x"), message)
    assert delivery.fate is Fate.SENT
    assert delivery.accepted == ("a@x", "$(b)@x")
    assert (tmp_path / "args").read_text().splitlines() == ["-x", "-f", "me@x", "-i", "a@x", "$(b)@x"]
    assert (tmp_path / "mail").read_bytes().endswith(b"\n\nFrom x\n.\nend\n")


def test_a_command_is_for_the_shell(tmp_path: Path, message: EmailMessage) -> None:
    """`sendmailCmd` may have words and quotes of its own; recipients are never read by the shell."""
    path = a_program(tmp_path, f'printf "%s\\n" "$@" >{tmp_path}/args')
    with ProgramTransport(Program(command=f"'{path}' --account work"), envelope_sender=False) as transport:
        assert transport.deliver("me@x", ("a;touch b@x",), message).fate is Fate.SENT
    assert (tmp_path / "args").read_text().splitlines() == ["--account", "work", "-i", "a;touch b@x"]


@pytest.mark.parametrize(
    ("text", "fate", "words"),
    [
        ("echo no route >&2; exit 75", Fate.REFUSED, "exit status 75: no route"),
        ("sleep 30", Fate.UNSURE, "no end after"),
    ],
)
def test_what_goes_wrong_is_told(tmp_path: Path, message: EmailMessage, text: str, fate: Fate, words: str) -> None:
    """A refusal is one; what had to be killed may have sent it."""
    with ProgramTransport(Program(path=a_program(tmp_path, text)), envelope_sender=False, timeout_s=1) as transport:
        delivery = transport.deliver("me@x", ("a@x",), message)
    assert delivery.fate is fate
    assert words in delivery.detail


def test_a_program_that_is_not_there(message: EmailMessage) -> None:
    """Nothing was sent."""
    with ProgramTransport(Program(path="/no/such"), envelope_sender=False) as transport:
        assert transport.deliver("me@x", ("a@x",), message).fate is Fate.REFUSED
