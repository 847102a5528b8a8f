"""What a mail says, whatever it is wrapped in: its own text, and the patches attached to it. Pure.

`git mailinfo` reads one text body. Mail in the wild has alternatives in HTML, signatures around it, list footers and
digests, patches as attachments with mail headers of their own, and text that was reflowed for telephones.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from orchestrator.series.diffs import parse_hunks

_PATCH_NAME = re.compile(r"\.(?:patch|diff|eml|mbox|txt)$", re.IGNORECASE)
_PATCH_TYPES = frozenset({"text/x-patch", "text/x-diff", "application/x-patch", "application/x-diff"})
# A file of git format-patch, or a mail of its own: header lines, one of them From or Subject.
_OWN_HEADER = re.compile(rb"^(?:From [0-9a-f]{40,64} .*\r?\n|(?:[!-9;-~]+:.*\r?\n)*(?:From|Subject): )")
_DIFF = re.compile(rb"^(?:diff --git |Index: |--- \S.*\n\+\+\+ )", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The text of a mail, decoded, as bytes; mails and patch files with headers of their own that it carries."""

    text: bytes
    inner: tuple[bytes, ...] = ()
    plain: bool = True
    """One text part, encoded in no way but what git mailinfo undoes."""


def read_body(message: Message) -> Body:
    """The text parts of a mail in order; of alternatives the plain one, of a signed mail what was signed."""
    parts = list(_parts(message))
    texts = [part for part in parts if not _is_mail(part)]
    inner = [content for part in parts if _is_mail(part) for content in _inner(part)]
    contents = [_content(part) for part in texts]
    carried = [content for part, content in zip(texts, contents, strict=True) if _carried(message, part, content)]
    if not any(_DIFF.search(content) for content in contents if content not in carried):
        inner += carried
        contents = [content for content in contents if content not in carried]
    flowed = any(_is_flowed(part) for part in texts)
    return Body(
        text=b"\n".join(contents),
        inner=tuple(inner),
        plain=not message.is_multipart() and not flowed,
    )


def unflowed(text: bytes, *, delsp: bool) -> bytes:
    """RFC 3676 undone: lines that end in a blank are joined with the next, a blank put before a line is taken off.

    Mailers that say `format=flowed` and do not mean it are common: where the result is no whole diff any more while
    `text` was one, `text` is what was sent.
    """
    joined: list[bytes] = []
    soft = False
    for raw in text.split(b"\n"):
        line = raw[1:] if raw.startswith(b" ") else raw
        if soft:
            joined[-1] = (joined[-1][:-1] if delsp else joined[-1]) + line
        else:
            joined.append(line)
        soft = line.endswith(b" ") and line != b"-- "
    result = b"\n".join(joined)
    return result if _is_whole(result) else text


def _is_whole(diff: bytes) -> bool:
    hunks = list(parse_hunks(diff.decode("utf-8", "replace")))
    return bool(hunks) and all(hunk.whole for hunk in hunks)


def _parts(message: Message) -> Iterator[Message]:
    """The leaves that a person would read or save as a patch."""
    kind = message.get_content_type()
    payload = message.get_payload() if message.is_multipart() else None
    if _is_mail(message) or not isinstance(payload, list):
        wanted = _is_mail(message) or _is_patch_file(message) or (kind.startswith("text/") and kind != "text/html")
        yield from [message] if wanted else []
        return
    children = [child for child in payload if isinstance(child, Message)]
    if kind == "multipart/signed":
        children = children[:1]
    elif kind == "multipart/alternative":
        children = [child for child in children if child.get_content_type() == "text/plain"][:1] or children
    for child in children:
        yield from _parts(child)


def _is_mail(part: Message) -> bool:
    return part.get_content_type() == "message/rfc822"


def _inner(part: Message) -> list[bytes]:
    payload = part.get_payload()
    return [mail.as_bytes() for mail in payload if isinstance(mail, Message)] if isinstance(payload, list) else []


def _is_patch_file(part: Message) -> bool:
    return part.get_content_type() in _PATCH_TYPES or _PATCH_NAME.search(part.get_filename() or "") is not None


def _carried(message: Message, part: Message, content: bytes) -> bool:
    """Whether a part is a patch with a header of its own, attached to a mail that is about it."""
    return message.is_multipart() and _is_patch_file(part) and _OWN_HEADER.match(content) is not None


def _is_flowed(part: Message) -> bool:
    return str(part.get_param("format") or "").lower() == "flowed"


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (LookupError, ValueError):  # a character set that no codec can even be asked for
        return b""
    if not isinstance(content, bytes):
        return b""
    if _is_flowed(part):
        delsp = str(part.get_param("delsp") or "").lower() == "yes"
        content = unflowed(content.replace(b"\r\n", b"\n"), delsp=delsp)
    return content
