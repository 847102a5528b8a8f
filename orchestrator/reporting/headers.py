"""Mail headers from foreign text: one line each, ASCII on the wire, ids never folded or encoded."""

import re
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import parseaddr
from typing import Any

from orchestrator.reporting.text import cut_bytes, printable

_FOLD_AT = 76
_LONGEST_NAME = 200
_LONGEST = 900  # RFC 5322 2.1.1 allows a line 998 bytes
_MESSAGE_ID = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
# What RFC 5322 allows without quotes; anything stranger in a git author line is a typing error.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


class _Text(UnstructuredHeader, BaseHeader):
    """A text header that reads back as it was written.

    The library's own folding turns any word of more than 78 characters into encoded words, and loses blanks between
    an encoded and a plain word (CPython 3.11).
    """

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds["parse_tree"] = cls.value_parser(value)
        kwds["decoded"] = value

    def fold(self, *, policy: Any) -> str:
        value = str(self)
        if value.isascii() and "=?" not in value:
            body = _folded(value, len(self.name) + 2, policy.linesep)
        else:
            header = Header(value, "utf-8", maxlinelen=_FOLD_AT, header_name=self.name)
            body = header.encode(linesep=policy.linesep)
        return f"{self.name}: {body}{policy.linesep}"


def _folded(value: str, used: int, linesep: str) -> str:
    lines = [""]
    for word in value.split(" "):
        room = _FOLD_AT - (used if len(lines) == 1 else 1)
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return f"{linesep} ".join(lines)


class _Ids(UnstructuredHeader, BaseHeader):
    """Message ids, one a line: the library encodes one that is longer than a line, and threading is lost."""

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {f'{policy.linesep} '.join(str(self).split())}{policy.linesep}"


def mail_policy() -> "EmailPolicy[EmailMessage]":
    """`email.policy.SMTP` (CRLF, no UTF-8 in headers) with headers that survive the trip."""
    registry = HeaderRegistry()
    for name in ("references", "in-reply-to"):
        registry.map_to_type(name, _Ids)
    for name in ("subject", "x-kmatrix-run"):
        registry.map_to_type(name, _Text)
    return SMTP.clone(header_factory=registry, utf8=False)


def header_text(text: str) -> str:
    """`text` as one header value: no line breaks, no control characters, runs of blanks as one, not endless."""
    return cut_bytes(" ".join(printable(text).split()), _LONGEST)


def message_id(text: str) -> str | None:
    """`<a@b>` of an id with or without angle brackets; None if it is none."""
    found = text.strip().removeprefix("<").removesuffix(">")
    return f"<{found}>" if _MESSAGE_ID.fullmatch(found) and len(found) < _LONGEST else None


def address(text: str) -> Address | None:
    """The address of `Name <a@b>`; None if mail could not be sent to it."""
    clean = " ".join(printable(text).split())
    name, spec = parseaddr(clean)
    if not spec:  # an unquoted comma or at sign in the name: git allows both in an author
        bare = re.fullmatch(r"(?P<name>.*)<(?P<spec>[^<>]*)>", clean)
        name, spec = (bare["name"].strip().strip('"'), bare["spec"].strip()) if bare else ("", "")
    elif f"<{spec}>" not in clean and "<" in clean:
        name, _, rest = clean.rpartition("<")
        name, spec = name.strip().strip('"'), rest.rstrip("> ")
    if not _ADDRESS.fullmatch(spec) or spec not in clean.split("<")[-1]:  # the library joins words that it cannot place
        return None
    # What looks like an encoded word would be decoded on its way, line breaks and all.
    shown = cut_bytes(name.replace("=?", "="), _LONGEST_NAME)
    return next((found for words in (shown, "") if (found := _that_reads_back(words, spec))), None)


def _that_reads_back(name: str, spec: str) -> Address | None:
    """The address, if it comes out of a header as it went in: with some names the library does not manage."""
    try:
        found = Address(display_name=name, addr_spec=spec)
        message = EmailMessage(policy=SMTP)
        message["To"] = found
        got = message_from_bytes(message.as_bytes(), policy=SMTP)
        same = got.keys() == ["To"] and [one.addr_spec for one in got["To"].addresses] == [spec]
    except (HeaderParseError, ValueError, IndexError, AttributeError, TypeError):
        return None
    return found if same else None


def first_name(display_name: str) -> str:
    """What to call somebody: `Ada` of `Ada Lovelace` and of `Lovelace, Ada`; "" if it does not look like a name."""
    name = display_name.split(",", 1)[1] if display_name.count(",") == 1 else display_name
    first = name.split()[0] if name.split() else ""
    return first if len(first) > 1 and all(character.isalpha() or character in "-'" for character in first) else ""
