"""Mails with their subjects taken apart and their threads found; which of them can be patches. Pure."""

from collections.abc import Iterable, Sequence
from email.utils import parsedate_to_datetime

from orchestrator.series.patches import Mail
from orchestrator.series.postings import Entry
from orchestrator.series.subjects import parse_subject


def without_copies(mails: Iterable[Mail]) -> list[Mail]:
    """Each message once: a patch that went to several lists is in the mailbox several times."""
    seen: dict[object, Mail] = {}
    for mail in mails:
        seen.setdefault(mail.header.message_id or (mail.subject, mail.name, mail.body), mail)
    return list(seen.values())


def entries_of(mails: Sequence[Mail]) -> list[Entry]:
    """Every mail with its subject taken apart, the thread it belongs to and its date."""
    threads: dict[str, str] = {}

    def root(identity: str) -> str:
        while threads.setdefault(identity, identity) != identity:
            identity = threads[identity]
        return identity

    names = [mail.header.message_id or f"\0{position}" for position, mail in enumerate(mails)]
    for mail, name in zip(mails, names, strict=True):
        for reference in mail.header.references:
            threads[root(reference)] = root(name)
    return [
        Entry(mail=mail, subject=parse_subject(mail.subject), thread=root(name), date=sent_at(mail), position=position)
        for position, (mail, name) in enumerate(zip(mails, names, strict=True))
    ]


def sent_at(mail: Mail) -> float:
    """Seconds since 1970 of the Date header, 0 if it is none."""
    try:
        return parsedate_to_datetime(mail.header.date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0


def candidates(entries: list[Entry]) -> tuple[list[Entry], tuple[str, ...]]:
    """The covers and patches. A mail without [PATCH] that holds a diff is discussion if others are marked."""
    found = [e for e in entries if not e.subject.reply and (e.mail.has_diff or _wants_diff(e) or e.subject.is_cover)]
    marked = [e for e in found if e.subject.marked]
    answers = [e for e in entries if e.subject.reply and e.mail.has_diff]
    warnings = [f"left out, a diff in a reply is a suggestion: {e.mail.subject}" for e in answers]
    if not any(e.mail.has_diff for e in marked):
        return found, tuple(warnings)
    left = [e for e in found if not e.subject.marked]
    warnings += [f"left out, its subject is not that of a patch: {e.mail.subject}" for e in left]
    return marked, tuple(warnings)


def _wants_diff(entry: Entry) -> bool:
    """A numbered patch, even if its diff was lost; the robot's `[tip:master 3/7] kernel/x.c:1: error` is none."""
    return entry.subject.named and entry.subject.number is not None
