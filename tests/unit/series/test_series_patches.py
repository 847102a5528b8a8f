"""Mailboxes into mails."""

from hypothesis import given, settings
from hypothesis import strategies as st
from series_mails import a_diff, a_mail, an_mbox, mails_of

from orchestrator.errors import SeriesError
from orchestrator.series.patches import read_mails, split_mbox
from orchestrator.series.selection import select


def test_from_in_a_body_does_not_split() -> None:
    """`From ` starts a mail only with a time and a year on the line and a header under it."""
    body = "From here on\nFrom: nobody\nFrom now 10:00:00 2024 on\nall is well\n\nFrom the start: 10:20 in 2024\n\nx\n"
    (mail,) = mails_of(a_mail("x", body=body))
    assert mail.body.rstrip("\n") == body.rstrip("\n")


def test_quoted_from_lines_are_restored() -> None:
    """mboxrd takes one `>` off, however many there are."""
    (mail,) = mails_of(a_mail("x", body=">From me\n>>From you\n> From us\n"))
    assert mail.body == "From me\n>From you\n> From us\n\n"


def test_lone_mail_without_separator_is_one_mail() -> None:
    """A saved .eml file and a maildir file have no `From ` line."""
    assert len(split_mbox(a_mail("x"))) == 1
    assert split_mbox(b" \n\n") == ()


def test_format_patch_separator() -> None:
    """git format-patch --stdout separates with the commit's id and a fixed date."""
    data = b"From " + b"a" * 40 + b" Mon Sep 17 00:00:00 2001\n" + a_mail("x")
    assert len(split_mbox(data + b"\n" + data)) == 2


def test_crlf_mail_is_one_with_lf() -> None:
    """CRLF in the header is the transport's and goes; a CR of the body alone stays."""
    (mail,) = read_mails([("", an_mbox(a_mail("x")).replace(b"\n", b"\r\n"))])
    assert b"\r" not in mail.raw
    (mail,) = mails_of(a_mail("x", body=a_diff(new="n\r")))
    assert b"+n\r\n" in mail.raw


def test_headers_are_decoded_and_unfolded() -> None:
    """RFC 2047 words, raw UTF-8 and folding come out as one readable line."""
    raw = (
        b'From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\nTo: "A. B" <a@b.c>,\n\t=?iso-8859-1?q?=E9?= <e@b.c>, l@b.c\n'
        b"Cc: undisclosed-recipients:;\nSubject: [PATCH 1/2] =?utf-8?b?w6k=?=\n =?utf-8?b?w6k=?= mm:\n fix\n"
        b"Message-Id: <a@b>\nReferences: <r@b>\n <s@b>\nIn-Reply-To: <s@b>\n\n" + a_diff().encode()
    )
    header = read_mails([("", raw)])[0].header
    assert header.sender == "Jörg <j@example.org>"
    assert header.to == ('"A. B" <a@b.c>', "é <e@b.c>", "l@b.c")
    assert header.cc == ()
    assert header.subject == "[PATCH 1/2] éé mm: fix"
    assert (header.message_id, header.references) == ("a@b", ("r@b", "s@b"))
    raw8 = "From: Jörg <j@b>\nSubject: straße\n\nx\n".encode()
    assert read_mails([("", raw8)])[0].header.subject == "straße"


def test_encoded_bodies_are_searched_for_diffs() -> None:
    """base64 and quoted-printable hide a diff from grep, not from us; a quoted diff is none."""
    encoded = (
        b"Content-Transfer-Encoding: base64\nContent-Type: text/plain\nSubject: x\n\nZGlmZiAtLWdpdCBhL3ggYi94Cg==\n"
    )
    assert read_mails([("", encoded)])[0].has_diff
    quoted = "".join(f"> {line}\n" for line in a_diff().splitlines())
    assert not mails_of(a_mail("x", body=quoted))[0].has_diff


def test_bare_diff_is_named_by_its_file() -> None:
    """A file with a diff and no header takes its name for a subject."""
    (mail,) = read_mails([("fix-it.patch", a_diff().encode())])
    assert mail.has_diff
    assert mail.subject == "fix-it"


_PIECES = st.sampled_from(
    [
        b"From mboxrd@z Thu Jan  1 00:00:00 1970\n",
        b"Subject: [PATCH v2 1/2] a\n",
        b"Subject: [PATCH 2/2] =?utf-8?q?=FF?=\n",
        b"Subject: =?x?b?!?= =?\n",
        b'From: <"@,;\n',
        b'Content-Type: multipart/mixed; boundary="b"\n',
        b'Content-Type: text/plain; charset="\x00"\n',
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: x-uuencode\n",
        b"Message-ID: <a@b>\n",
        b"References: <a@b> <b@c>\n",
        b"Date: 99 Foo 99999 99:99:99 +9999\n",
        b"To: =?utf-8?b?=\n",
        b"--b\n",
        b"\n",
        a_diff().encode(),
    ]
)


@settings(max_examples=150)
@given(st.lists(_PIECES | st.binary(max_size=30), max_size=25).map(b"".join))
def test_any_bytes_are_a_series_or_a_series_error(data: bytes) -> None:
    """Whatever comes as a mailbox, it is read or refused with a SeriesError."""
    try:
        selection = select(read_mails([("", data)]))
    except SeriesError:
        return
    assert selection.patches
    for mail in selection.patches:
        (mail.subject + mail.header.sender + "".join(mail.header.to) + mail.body).encode()
