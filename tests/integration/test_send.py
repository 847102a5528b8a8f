"""`kmatrix send` as it is typed: a run in the store, git's own configuration, a real SMTP server."""

import os
import pty
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from factories import a_commit, a_finding, a_mail, a_report, a_series, an_error
from mailserver import PASSWORD, USER, Server, a_mail_server

from orchestrator.cli.main import main
from orchestrator.model.verdict import RunReport
from orchestrator.pipeline.resources import places
from orchestrator.results.records import NewRun, ResultKey
from orchestrator.results.store import Store

X86 = "x86_64-defconfig-gcc-14"
ADA, LIST, REVIEWER = "ada@example.org", "linux-mm@example.org", "rev@example.org"
Said = pytest.CaptureFixture[str]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The server that git's configuration names, with STARTTLS and a password from a credential helper."""
    with a_mail_server(tmp_path, tls="tls", auth=True) as found:
        helper = tmp_path / "helper"
        helper.write_text(
            f'#!/bin/sh\ncat >>{tmp_path}/asked; echo "$1" >>{tmp_path}/asked\n'
            f'[ "$1" = get ] && echo password={PASSWORD}\n'
        )
        helper.chmod(0o755)
        configure(
            f"""
            [user]
                name = Operator
                email = op@example.org
            [credential]
                helper = {helper}
            [sendemail]
                smtpServer = localhost
                smtpServerPort = {found.port}
                smtpEncryption = tls
                smtpUser = {USER}
                smtpSSLCertPath = {found.authority}
            """
        )
        yield found


def configure(text: str) -> None:
    """Add to the operator's own git configuration."""
    with (Path(os.environ["HOME"]) / ".gitconfig").open("a") as file:
        file.write(text)


def stored(**series: object) -> RunReport:
    """A finished run of three mailed patches, two of which are guilty, in the store."""
    commits = tuple(
        a_commit(number, mail=a_mail(number, 3, to=(LIST,), cc=(f"Rev <{REVIEWER}>", ADA))) for number in (1, 2, 3)
    )
    report = a_report(
        series=a_series(commits=commits, cover=a_mail(0, 3, to=(LIST,), references=()), **series),
        names=(X86,),
        findings=(a_finding("f2", 2), a_finding("f3", 3, sample=an_error("z\u00e4h"))),
    )
    with Store.open(places().state) as store:
        store.start_run(NewRun(id=report.run, title="", origin="", out="", argv=(), started=""))
        for result in report.results:
            commit = report.series.all[result.commit]
            key = ResultKey(tree=commit.tree, recipe=result.target, lineage="")
            store.link(report.run, commit.sha, key, store.put(key, result, None))
        store.finish_run(report.run, finished="now", verdict="findings", exit_code=1, report=report)
    return report


def subjects(server: Server) -> list[str]:
    """The subjects of what arrived, without the common part."""
    return [str(mail["Subject"]).split("] ")[0].split(" ")[-1] for mail in server.box.mails]


def test_all_mails_go_out_once(server: Server, tmp_path: Path, capsys: Said) -> None:
    """To the author, threaded, as the operator; the same command again has nothing to do."""
    stored()
    assert main(["send", "--yes"]) == 0
    assert subjects(server) == ["2/3", "3/3", "0/3"]
    assert set(server.box.envelopes) == {("op@example.org", (ADA,))}
    first = server.box.mails[0]
    assert first["From"] == "Operator <op@example.org>"
    assert first["In-Reply-To"] == f"<{a_mail(2).message_id}>"
    assert "z\u00e4h" in server.box.mails[1].get_content()
    assert server.box.connections >= 1
    assert (tmp_path / "asked").read_text().split()[-1] == "store"
    capsys.readouterr()
    assert main(["send", "--yes"]) == 0
    assert "nothing to send" in capsys.readouterr().out
    assert len(server.box.mails) == 3


def test_the_thread_gets_what_the_author_has_already(server: Server) -> None:
    """With the same Message-ID and all addresses in the headers, but only to those who do not have it."""
    stored()
    assert main(["send", "--yes", "--commit", "2"]) == 0
    assert main(["send", "--yes", "--commit", "2", "--to", "list"]) == 0
    author, thread = server.box.mails
    assert author["Message-ID"] == thread["Message-ID"]
    assert thread["To"] == f"Ada Lovelace <{ADA}>, {LIST}"
    assert thread["Cc"] == f"Rev <{REVIEWER}>"
    assert server.box.envelopes[1] == ("op@example.org", (LIST, REVIEWER))
    assert "| Closes: https://lore.kernel.org/r/kmatrix." in thread.get_content()
    assert "| Closes:" not in author.get_content()


def test_a_half_sent_batch_goes_on_where_it_stopped(server: Server, capsys: Said) -> None:
    """One that is put off, one whose fate nobody knows: the first is tried again, the other only if told to."""
    stored()
    server.box.answers = ["451 later", "close"]
    assert main(["send", "--yes"]) == 3
    said = capsys.readouterr().out
    assert "NOT sent: 0002-" in said
    assert "PERHAPS sent: 0003-" in said
    assert "1 mail not tried: the same command sends the rest" in said
    assert main(["send", "--yes"]) == 0
    assert subjects(server) == ["2/3", "0/3"]
    assert f"may have been sent to {ADA}; --again sends it once more" in capsys.readouterr().out
    assert main(["send", "--yes", "--again"]) == 0
    assert subjects(server) == ["2/3", "0/3", "3/3"]


def test_a_refused_recipient_is_not_noted_as_sent(server: Server, capsys: Said) -> None:
    """The others have it; the refused one is named, and is what the next try is about."""
    stored()
    server.box.refused = {LIST: "550 members only"}
    assert main(["send", "--yes", "--commit", "2", "--to", "list"]) == 2
    assert f"sent: 0002-mm-change-number-2.eml: {LIST}: 550 members only" in capsys.readouterr().out
    server.box.refused = {}
    assert main(["send", "--yes", "--commit", "2", "--to", "list"]) == 0
    assert [recipients for _, recipients in server.box.envelopes] == [(ADA, REVIEWER), (LIST,)]


@pytest.mark.parametrize("to", ["list", LIST, f"Rev <{REVIEWER}>"])
def test_a_guessed_base_is_for_no_list(to: str, server: Server, capsys: Said) -> None:
    """Nor for the list by its address; the author and the operator may have it, and the mail says so."""
    stored(base_guessed=True, base_reason="HEAD of /tree")
    assert main(["send", "--yes", "--to", to]) == 2
    assert "the base of this series is a guess (HEAD of /tree)" in capsys.readouterr().err
    assert server.box.mails == []
    assert main(["send", "--yes", "--commit", "2", "--to", "op@example.org"]) == 0
    assert "[the base is a guess: HEAD of /tree]" in server.box.mails[0].get_content()


def test_a_branch_has_no_list(server: Server, capsys: Said) -> None:
    """A series that nobody mailed has no thread to answer."""
    stored()
    series = a_series()
    report = a_report(series=series, names=(X86,), findings=(a_finding(),), run="20250101-000000-aaaa")
    with Store.open(places().state) as store:
        store.start_run(NewRun(id=report.run, title="", origin="", out="", argv=(), started=""))
        store.finish_run(report.run, finished="now", verdict="findings", exit_code=1, report=report)
    assert main(["send", report.run, "--yes", "--to", "list"]) == 2
    assert "there is no list to answer" in capsys.readouterr().err


def test_nobody_is_asked_without_a_terminal(server: Server, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script has to say --yes; nothing leaves by accident. --dry-run only shows."""
    stored()
    with open(os.devnull) as nothing:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", nothing)
        assert main(["send"]) == 2
        assert "--yes sends without asking" in capsys.readouterr().err
        assert main(["send", "--dry-run"]) == 0
    assert "Subject: Re: [PATCH v2 2/3] mm: change number 2" in capsys.readouterr().out
    assert server.box.mails == []


@pytest.mark.parametrize(("answer", "sent"), [("y\n", 3), ("n\n", 0), ("\n", 0)])
def test_on_a_terminal_the_drafts_are_shown_and_then_it_asks(
    answer: str, sent: int, server: Server, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything but yes is no."""
    stored()
    master, slave = pty.openpty()
    os.write(master, answer.encode())
    with os.fdopen(slave) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert main(["send"]) == 0
    os.close(master)
    said = capsys.readouterr().out
    assert said.index("All errors (new ones prefixed by >>)") < said.index("Send 3 mails as Operator <op@example.org>?")
    assert len(server.box.mails) == sent


def test_the_rate_is_kept_over_calls(server: Server, capsys: Said) -> None:
    """A script gone wild stops; the rest goes later."""
    stored()
    assert main(["send", "--yes", "--rate", "2"]) == 3
    assert "1 of 3 mails are not sent: 2 an hour is the limit" in capsys.readouterr().err
    assert main(["send", "--yes", "--rate", "2"]) == 3
    assert subjects(server) == ["2/3", "3/3"]
    assert main(["send", "--yes", "--rate", "3"]) == 0
    assert subjects(server) == ["2/3", "3/3", "0/3"]


def test_batches_are_as_configured(server: Server) -> None:
    """smtpBatchSize: a connection for so many mails."""
    stored()
    configure("[sendemail]\n smtpBatchSize = 1\n smtpReloginDelay = 0\n")
    assert main(["send", "--yes"]) == 0
    assert len(server.box.logins) == 3


def test_an_identity_with_a_program(server: Server, tmp_path: Path) -> None:
    """sendemail.<identity>.* over the rest, and sendmailCmd over the server."""
    stored()
    box = tmp_path / "sent mail"
    configure(f'[sendemail "work"]\n from = Me <me@work.org>\n sendmailCmd = "cat >\'{box}\'; :"\n')
    assert main(["send", "--yes", "--commit", "3", "--identity", "work"]) == 0
    assert box.read_bytes().startswith(b"From: Me <me@work.org>\nTo: Ada Lovelace <ada@example.org>\n")
    assert server.box.mails == []


def test_a_server_that_is_gone_is_trouble_of_the_machine(tmp_path: Path, capsys: Said) -> None:
    """Exit status 3, and nothing is noted as sent."""
    report = stored()
    configure("[user]\n email = op@example.org\n[sendemail]\n smtpServer = localhost\n smtpServerPort = 1\n")
    assert main(["send", "--yes"]) == 3
    assert "localhost:1: no SMTP server answers there" in capsys.readouterr().err
    with Store.open(places().state) as store:
        assert store.mails_since(0) == 0
    assert report.run


def test_nothing_is_sent_as_nobody(capsys: Said) -> None:
    """git's configuration must say who sends."""
    stored()
    assert main(["send", "--yes"]) == 2
    assert "set sendemail.from, or user.name and user.email" in capsys.readouterr().err


def test_what_another_process_sends_is_not_sent_twice(tmp_path: Path) -> None:
    """A mail is claimed before it is handed over."""
    with Store.open(tmp_path / "s") as one, Store.open(tmp_path / "s") as other:
        assert one.sending("k", ("a@x", "b@x"), run="r", subject="s") == ("a@x", "b@x")
        assert other.sending("k", ("A@x", "c@x"), run="r", subject="s") == ("c@x",)
        one.sent("k", accepted=("a@x",), refused=("b@x",))
        assert [(mail.recipient, mail.sure) for mail in other.recipients("k")] == [("a@x", True), ("c@x", False)]
        assert other.sending("k", ("a@x", "b@x", "c@x"), run="r", subject="s", again=True) == ("b@x", "c@x")
        assert other.mails_since(0) == 1


def test_mails_as_objects(server: Server) -> None:
    """Every mail that arrived parses without a defect, in lines that mail allows."""
    stored()
    assert main(["send", "--yes", "--to", "list"]) == 0
    for mail, raw in zip(server.box.mails, server.box.raw, strict=True):
        assert isinstance(mail, EmailMessage)
        assert not mail.defects
        assert max(map(len, raw.split(b"\r\n"))) <= 998
