"""Foreign text that wants to be more than text: in mails, scripts, check results and notes none of it gets through."""

import dataclasses
import email
import json
import re
import subprocess
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from factories import a_commit, a_finding, a_mail, a_report, a_series, an_error
from reporting_reference import DATE, SENDER, TEMPLATES

from orchestrator.model.series import TouchedFile
from orchestrator.model.verdict import RunReport
from orchestrator.reporting import b4
from orchestrator.reporting.mail import drafts
from orchestrator.reporting.reproduce import BuildLines, script
from orchestrator.reporting.view import view

X86 = "x86_64-defconfig-gcc-14"
TEXTS = {
    "bcc": "x\r\nBcc: victim@example.org",
    "bare-newline": "x\nBcc: victim@example.org\n\nbody",
    "bare-return": "x\rBcc: victim@example.org",
    "unicode-newline": "x\u2028Bcc: victim@example.org\u2029\x85Bcc: v@x",
    "encoded-newline": "=?utf-8?q?x=0D=0ABcc:_victim@example.org?=",
    "encoded-base64": "=?utf-8?b?eA0KQmNjOiB2aWN0aW1AZXhhbXBsZS5vcmc=?=",
    "end-of-mail": "x\r\n.\r\nMAIL FROM:<a@b>\r\n",
    "from-line": "From evil@example.org Thu Jan  1 00:00:00 1970",
    "mime": '\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/html\n\n<b>',
    "clear-screen": "\x1b[2J\x1b[Hok",
    "title": "\x1b]0;owned\x07x",
    "hyperlink": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;cm0gLXJmIH4K\x07",
    "c1": "\x9b31mred\x9d0;t\x9c",
    "backspace": "error\b\b\b\b\bok   ",
    "null": "a\0b",
    "bidi": "/*\u202e } \u2066if (admin)\u2069 \u2066 begin */",
    "zero-width": "a\u200bb\ufeffc\u00ad",
    "surrogate": "a\udc80\udcffb",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "template": "{{ 7*7 }}{% include '/etc/passwd' %}{{ ''.__class__.__mro__ }}",
    "command": "$(touch owned) `touch owned` ; touch owned & | touch owned",
    "quotes": "'; touch owned; echo '",
    "double-quotes": '"; touch owned; echo "$(touch owned)',
    "here-document": "KMATRIX_END\nKMATRIX_PACK\ntouch owned\n",
    "comment-end": "x\ntouch owned\n#",
    "diff": "diff --git a/Makefile b/Makefile\n--- a/Makefile\n+++ b/Makefile\n@@ -1 +1 @@\n-a\n+owned",
    "mark": ">> mm/a.c:1:1: error: not new",
    "signature": "-- \nfake signature",
    "b4-error": "x\nERROR: injected",
    "long": "A" * 5000,
    "traversal": "../../../../etc/passwd",
}
PLACES = ("subject", "author", "path", "log", "cells")


def a_hostile_report(text: str, place: str) -> RunReport:
    """A report with `text` in one kind of place."""
    subject = text if place == "subject" else "mm: change"
    author = f"{text} <ada@example.org>" if place == "author" else "Ada <ada@example.org>"
    mail = a_mail(1, 1, subject=subject, sender=author, to=(author,), cc=(text,) if place == "author" else ())
    commit = a_commit(
        1, subject=subject, author=author, mail=mail, touched=(TouchedFile(path=text, status="M", lines=((1, 9),)),)
    )
    sample = an_error(
        text if place == "log" else "bad",
        file=text if place == "path" else "mm/gup.c",
        object=f"{text}.o" if place == "path" else "mm/gup.o",
        excerpt=(text, *text.split("\n"), f"{text}:3:1: note: here") if place == "log" else ("x",),
    )
    base = a_commit(0, subject=subject)
    series = a_series(title=subject, base=base, base_reason=subject, commits=(commit,), origin=text)
    report = a_report(series=series, findings=(a_finding(introduced_by=1, sample=sample),))
    if place != "cells":
        return report
    facts = tuple(
        dataclasses.replace(
            fact,
            compiler_version=text,
            target=dataclasses.replace(
                fact.target,
                make_vars=(("W", text), ("KCFLAGS", text)),
                config=dataclasses.replace(fact.target.config, symbols=(text,)),
            ),
        )
        for fact in report.targets
    )
    return dataclasses.replace(report, targets=facts, run=text)


def lines_of(report: RunReport, text: str) -> dict[str, BuildLines]:
    """A build whose arguments, environment and files hold the text."""
    plain = text.replace("\0", "")
    return {
        fact.target.name: BuildLines(
            commands=(("true", f"V={plain}", "/out"),),
            env=(("A", plain),),
            files=(("/in/wanted.config", plain + "\n"),),
        )
        for fact in report.targets
    }


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", TEXTS)
def test_a_mail_stays_the_mail_it_is(name: str, place: str, tmp_path: Path) -> None:
    """No further header, part, recipient or patch; nothing that a terminal would do; lines that mail allows."""
    text = TEXTS[name]
    report = a_hostile_report(text, place)
    for draft in drafts(report, TEMPLATES, sender=SENDER, date=DATE, lines=lines_of(report, text), to="list"):
        data = draft.message.as_bytes()
        got = email.message_from_bytes(data, policy=SMTP)
        assert isinstance(got, EmailMessage)
        assert not got.defects
        assert not got.is_multipart()
        assert got["Bcc"] is None
        assert len(got.get_all("Subject", [])) == 1
        # Of an author with several addresses none is guessed.
        to = [one.addr_spec for header in got.get_all("To", []) for one in header.addresses]
        assert to == ["ada@example.org"] or (to == [] and "set To: by hand" in draft.problem)
        for one in got["Cc"].addresses if got["Cc"] else ():  # a Cc of its own making may name whom it likes, once
            assert one.addr_spec in text
        said = data.decode("utf-8")
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]", said)
        assert not re.search(r"(?m)^(From |\.\r?$|diff --git |--- a/|\+\+\+ )", said.partition("\r\n\r\n")[2])
        assert len(re.findall(r"(?m)^-- \r?$", said)) == 1
        assert max(map(len, data.split(b"\r\n"))) <= 998
        done = subprocess.run(
            ["git", "mailinfo", str(tmp_path / "message"), str(tmp_path / "patch")],
            input=data,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0
        assert (tmp_path / "patch").read_bytes() == b""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", TEXTS)
def test_a_script_runs_nothing_of_it(name: str, place: str, tmp_path: Path) -> None:
    """Run for real, with a git and a docker that do nothing: what is foreign stays a word, and no file appears."""
    text = TEXTS[name]
    report = a_hostile_report(text, place)
    for fact in report.targets[:1]:
        lines = lines_of(report, text)[fact.target.name]
        written = script(report, TEMPLATES, commit=1, target=fact.target.name, lines=lines, pack=b"PACK")
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", written.split("set -eu")[0])
        (tmp_path / "bin").mkdir()
        for tool in ("git", "docker"):
            (tmp_path / "bin" / tool).write_text(f'#!/bin/sh\ncase "$*" in *--git-path*) echo {tmp_path};; esac\n')
            (tmp_path / "bin" / tool).chmod(0o755)
        here = tmp_path / "here"
        (here / "src/.git/objects/info").mkdir(parents=True)
        run = written.replace('mkdir "$WORK/src"', 'mkdir -p "$WORK/src/.git/objects/info"')
        done = subprocess.run(
            ["sh", "-c", run, "script"],
            cwd=here,
            env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "TMPDIR": str(tmp_path)},
            capture_output=True,
            check=False,
            errors="replace",
        )
        assert done.returncode == 0, done.stderr
        assert not list(tmp_path.rglob("owned"))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", TEXTS)
def test_checks_and_notes_have_the_lines_they_should(name: str, place: str) -> None:
    """One line a finding for b4 prep, one object an architecture for b4 review, one line a cell in a note."""
    report = a_hostile_report(TEXTS[name], place)
    seen = view(report)
    lines = b4.lines(seen, (1,))
    assert len([line for line in lines if line.startswith("ERROR: ")]) == 1
    assert all(line.isprintable() for line in lines)
    assert [check["status"] for check in b4.checks(seen, (1,))] == ["fail", "pass"]
    json.dumps(b4.checks(seen, (1,))).encode("utf-8")
    note = b4.note(seen, 1)
    assert all(line.isprintable() for line in note.split("\n"))
