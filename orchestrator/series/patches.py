"""Bytes of mailboxes and patch files in, mails out. Pure; what the mails make together is `selection`'s business.

Mail found in the wild breaks every rule, so headers are read with a decoder that cannot fail: what is not understood
stays as it was written.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from orchestrator.model.series import PatchMail
from orchestrator.series.bodies import Body, read_body

# A separator as git mailsplit knows it: a time and, later, a year. RFC 4155; lore writes `From mboxrd@z Thu Jan  1
# 00:00:00 1970`, format-patch `From <oid> Mon Sep 17 00:00:00 2001`.
_SEPARATOR = re.compile(rb"^From \S.*?\d:\d\d(?::\d\d)?\s(?:.*\s)?\d{4}\b.*$")
_HEADER_LINE = re.compile(rb"^[!-9;-~]+[ \t]*:")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_DIFF = re.compile(r"^(?:diff --git |diff -\S* .*\n--- |Index: |--- (?!$).*\n\+\+\+ )", re.MULTILINE)
_IDS = re.compile(r"<([^<>\s]+)>")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_DEEPEST = 3  # digests of digests
_SPECIALS = re.compile(r'[()<>@,:;".\[\]\\]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail, or one patch file.

    `raw` has LF line ends and no `From ` separator: what `git mailinfo` reads. `body` is all text parts, decoded.
    `header.message_id` is "" if there was none, and so is `header.subject`. `name` is the file it came from, "" inside
    an mbox. `parent` is the message it replies to.
    """

    raw: bytes
    header: PatchMail
    body: str
    parent: str | None = None
    name: str = ""

    @property
    def subject(self) -> str:
        """The subject; for a file without mail header its name."""
        return self.header.subject or self.name.removesuffix(".patch").removesuffix(".diff") or "(no subject)"

    @property
    def has_diff(self) -> bool:
        """Whether some text part holds a diff (quoted ones do not count)."""
        return _DIFF.search(self.body) is not None


def split_mbox(data: bytes) -> tuple[bytes, ...]:
    """The mails of an mbox, quoting of `From ` lines (mboxrd, mboxo) undone; a lone mail without separator is one.

    A `From ` line of a body is no separator: that has a time and a year, and a header line under it.
    """
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    starts = [number for number in range(len(lines)) if _is_separator(lines, number)]
    if not starts:
        return (b"".join(lines),) if data.strip() else ()
    ends = (*starts[1:], len(lines))
    mails = (b"".join(lines[start + 1 : end]) for start, end in zip(starts, ends, strict=True))
    return tuple(_QUOTED_FROM.sub(rb"\1", mail) for mail in mails)


def read_mails(files: Iterable[tuple[str, bytes]]) -> tuple[Mail, ...]:
    """The mails of several files, given as (name, content), in order; each may be a mail, a bare diff or an mbox."""
    return tuple(mail for name, content in files for raw in split_mbox(content) for mail in _mails(name, raw))


def _is_separator(lines: list[bytes], number: int) -> bool:
    if not lines[number].startswith(b"From ") or not _SEPARATOR.match(lines[number].rstrip(b"\r\n")):
        return False
    following = lines[number + 1] if number + 1 < len(lines) else b""
    return _HEADER_LINE.match(following) is not None or following.startswith(b">From ")


def _mails(name: str, raw: bytes, depth: int = 0) -> Iterator[Mail]:
    """A mail, or in its place those it carries: a digest, or patches attached with headers of their own.

    A patch file that has no message-id is answered where the mail that carries it is answered.
    """
    # CRLF in the header is the transport's; a CR that only the body has belongs to the patched file.
    if raw.partition(b"\n")[0].endswith(b"\r"):
        raw = raw.replace(b"\r\n", b"\n")
    message = message_from_bytes(raw)
    body = read_body(message)
    outer = _mail(name, raw, message, body)
    carried = [mail for part in body.inner for one in split_mbox(part) for mail in _mails("", one, depth + 1)]
    if depth > _DEEPEST or outer.has_diff or not any(mail.has_diff for mail in carried):
        yield outer
        return
    for mail in carried:
        header = mail.header
        if not header.message_id and len(carried) == 1:
            header = replace(header, message_id=outer.header.message_id, references=outer.header.references)
        yield replace(mail, header=header)


def _mail(name: str, raw: bytes, message: Message, body: Body) -> Mail:
    headers: dict[str, list[str]] = {}
    for key, value in message.raw_items():
        headers.setdefault(key.lower(), []).append(_unfolded(str(value)))
    reply_to = _ids(headers.get("in-reply-to", []))
    references = _ids(headers.get("references", []))
    identities = _ids(headers.get("message-id", [])) or tuple(
        word for value in headers.get("message-id", []) for word in value.split()
    )
    sender = _addresses(headers.get("from", []))
    header = PatchMail(
        message_id=identities[0] if identities else "",
        subject=_decoded(" ".join(headers.get("subject", []))),
        sender=sender[0] if sender else "",
        date=" ".join(headers.get("date", [])),
        to=_addresses(headers.get("to", [])),
        cc=_addresses(headers.get("cc", [])),
        references=(*references, *(identity for identity in reply_to if identity not in references)),
    )
    parent = reply_to[0] if reply_to else references[-1] if references else None
    text = body.text.decode("utf-8", "replace").replace("\r\n", "\n")
    return Mail(raw=raw if body.plain else _flat(message, body), header=header, body=text, parent=parent, name=name)


def _flat(message: Message, body: Body) -> bytes:
    """A mail of one part for git mailinfo: author, date and subject as they were written, then all the text."""
    kept = [f"{key}: {value}\n" for key, value in message.raw_items() if key.lower() in {"from", "date", "subject"}]
    charset = next((found for part in message.walk() if (found := part.get_content_charset())), "utf-8")
    kind = f"MIME-Version: 1.0\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
    return "".join([*kept, kind]).encode("utf-8", "surrogateescape") + body.text


def _unfolded(value: str) -> str:
    """The value on one line, its raw bytes read as UTF-8 (the parser keeps them as surrogates)."""
    text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _one_line(text)


def _one_line(text: str) -> str:
    """Without line breaks, which would begin another header where the text is used as one, and control characters."""
    return _CONTROL.sub("", re.sub(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+\s*", " ", text)).strip()


def _decoded(value: str) -> str:
    """RFC 2047 words decoded; the value itself if they are malformed or in an unknown character set."""
    if "=?" not in value:
        return value
    try:
        parts = decode_header(value)
        text = "".join(
            part if isinstance(part, str) else part.decode(charset or "raw-unicode-escape", "replace")
            for part, charset in parts
        )
    except (LookupError, ValueError, HeaderParseError):
        return value
    return _one_line(text)


def _addresses(values: list[str]) -> tuple[str, ...]:
    """Single addresses, `Name <a@b>` or `a@b`, the name decoded and quoted where RFC 5322 wants that."""
    found = []
    for name, address in getaddresses(values):
        if "@" not in address:
            continue
        shown = _decoded(name)
        if _SPECIALS.search(shown):
            escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
            shown = f'"{escaped}"'
        found.append(f"{shown} <{address}>" if shown else address)
    return tuple(found)


def _ids(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(identity for value in values for identity in _IDS.findall(value)))
