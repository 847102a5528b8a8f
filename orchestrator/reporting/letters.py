"""What every mail of ours has: a draft, its headers, a body that no foreign text can break, an id it keeps.

Who gets a mail is one of `author`, `list` (the author and everybody the answered mail went to) or an address.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import quote

from orchestrator.errors import UserError
from orchestrator.model.series import PatchMail, Series
from orchestrator.reporting.headers import address, header_text, mail_policy, message_id
from orchestrator.reporting.text import cut_bytes, printable

LONGEST_LINE = 990  # bytes; RFC 5321 ends at 998, and a longer line would turn the whole mail into quoted-printable
AUTHOR, LIST = "author", "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail about `commit` (0: about the whole series).

    `key` is the same whenever the same is to be said of the same commit of the same series. `problem` says what a
    person must mend before it can be sent, "" if nothing.
    """

    commit: int
    filename: str
    message: EmailMessage
    key: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """How all mails of a report are to be written: from whom, when, and to whom (see this module's head)."""

    sender: Address
    date: datetime
    to: str = AUTHOR

    @classmethod
    def of(cls, sender: str, date: datetime, to: str = AUTHOR) -> "Post":
        """`sender` is `Name <a@b>`, `date` has a time zone. Raises UserError if `sender` or `to` is no address."""
        operator = address(sender)
        if operator is None:
            raise UserError(f"{printable(sender)!r} is no sender of mail: expected `Name <user@host>`")
        if to not in (AUTHOR, LIST) and address(to) is None:
            raise UserError(f"{printable(to)!r} cannot be sent to: expected author, list or an address user@host")
        return cls(sender=operator, date=date, to=to)

    @property
    def public(self) -> bool:
        """Whether the mails go to a list, so that they can be linked to."""
        return self.to == LIST


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is particular to one mail. `authors` are `Name <a@b>`; `answered` is the mail it replies to."""

    commit: int
    slug: str
    subject: str
    authors: tuple[str, ...]
    answered: PatchMail | None
    key: str
    run: str
    body: str


def draft(letter: Letter, post: Post) -> Draft:
    """The draft of a letter; its `problem` says whom it cannot be sent to."""
    to, cc = _recipients(letter, post)
    message = EmailMessage(policy=mail_policy())
    message["From"] = post.sender
    if to:
        message["To"] = to
    if cc:
        message["Cc"] = cc
    message["Date"] = post.date
    message["Message-ID"] = own_id(letter.key, post.sender)
    parent = message_id(letter.answered.message_id) if letter.answered else None
    message["Subject"] = header_text(_subject(letter, parent))
    if letter.answered and parent:
        earlier = [found for text in letter.answered.references if (found := message_id(text)) and found != parent]
        message["In-Reply-To"] = parent
        message["References"] = " ".join((*dict.fromkeys(earlier), parent))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation mail comes back
    message["X-Kmatrix-Run"] = header_text(letter.run)
    body = safe_body(letter.body)
    message.set_content(
        body, charset="us-ascii" if body.isascii() else "utf-8", cte="7bit" if body.isascii() else "8bit"
    )
    slug = re.sub(r"[^a-z0-9]+", "-", letter.slug.lower()).strip("-")[:50].rstrip("-")
    written = ", ".join(printable(author) for author in letter.authors)
    return Draft(
        commit=letter.commit,
        filename=f"{letter.commit:04d}-{slug or 'patch'}.eml",
        message=message,
        key=letter.key,
        problem="" if to else f"no mail can be sent to the author {written!r}: set To: by hand",
    )


def own_id(key: str, sender: Address) -> str:
    """The Message-ID of the mail with this key: a second try to send it is seen to be the same mail."""
    domain = sender.domain if sender.domain.isascii() else "localhost"
    return f"<kmatrix.{key}@{domain}>"


def key(series: Series, commit: str, words: Iterable[str]) -> str:
    """What a mail says, as 24 hex digits: of the series, of one commit of it, and in which findings.

    A series that was mailed is known by its cover letter or first patch, any other by its base: a branch that grew
    says the same of the commits it had.
    """
    first = series.cover or (series.commits[0].mail if series.commits else None)
    parts = (first.message_id if first else series.base.sha, commit, *words)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


def answerable(mail: PatchMail | None) -> PatchMail | None:
    """`mail`, if it can be replied to: its Message-ID is one."""
    return mail if mail and message_id(mail.message_id) else None


def to_themselves(author: str, post: Post) -> bool:
    """Whether the sender reports to nobody but themselves."""
    found = address(author)
    return found is not None and _same(found, post.sender)


def lore_link(mail: PatchMail) -> str:
    """Where the archive has a mail, in the robot's form; "" for one that went to nobody, so far as it says."""
    known = message_id(mail.message_id)
    return f"https://lore.kernel.org/r/{quote(known.strip('<>'), safe='')}" if known and (mail.to or mail.cc) else ""


def safe_body(text: str) -> str:
    """`text` with nothing in it that moves a cursor, and no line longer than a mail may have."""
    lines = ("\t".join(printable(part) for part in line.split("\t")) for line in text.split("\n"))
    return "\n".join(cut_bytes(line, LONGEST_LINE) for line in lines).rstrip("\n") + "\n"


def _recipients(letter: Letter, post: Post) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    if post.to not in (AUTHOR, LIST):
        return _addresses((post.to,)), ()
    to = _addresses(letter.authors)
    if post.to == AUTHOR or not letter.answered or not to:
        return to, ()
    to = _addresses((*letter.authors, *letter.answered.to))
    cc = tuple(found for found in _addresses(letter.answered.cc) if not any(_same(found, other) for other in to))
    return to, cc


def _addresses(texts: Iterable[str]) -> tuple[Address, ...]:
    """Each mailbox once, in order; what is no address is left out."""
    found: dict[str, Address] = {}
    for text in texts:
        if (one := address(text)) is not None:
            found.setdefault(one.addr_spec.lower(), one)
    return tuple(found.values())


def _same(one: Address, other: Address) -> bool:
    return one.addr_spec.lower() == other.addr_spec.lower()


def _subject(letter: Letter, parent: str | None) -> str:
    """A reply keeps the subject it answers; a new thread has one of its own."""
    if not letter.answered or not parent:
        return letter.subject
    subject = header_text(letter.answered.subject)
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"
