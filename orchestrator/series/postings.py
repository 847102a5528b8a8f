"""Patch mails grouped into postings: one version of one series as it was sent. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from orchestrator.series.patches import Mail
from orchestrator.series.subjects import Subject


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A mail with its subject taken apart, its thread's name, its date (seconds; 0: unknown) and its place."""

    mail: Mail
    subject: Subject
    thread: str
    date: float
    position: int

    @property
    def sender(self) -> str:
        """The address that sent it, lower case."""
        return self.mail.header.sender.rpartition("<")[2].rstrip(">").casefold()

    def seniority(self) -> tuple[int, float, int]:
        """Sorts the start of a thread first: few references, then early, then first in the file."""
        return len(self.mail.header.references), self.date, self.position

    def replaces(self, other: "Entry") -> bool:
        """Whether this one, of the same title, was sent in place of `other`."""
        if self.subject.version != other.subject.version:
            return self.subject.version > other.subject.version
        return self.subject.resent and not other.subject.resent


@dataclass(frozen=True, kw_only=True)
class Posting:
    """Mails of one version: number -> entry, 0 the cover letter."""

    version: int
    total: int
    entries: dict[int, Entry]

    @cached_property
    def patches(self) -> dict[int, Entry]:
        """The patches 1..total that are there."""
        return {number: entry for number, entry in self.entries.items() if 1 <= number <= self.total}

    @property
    def surplus(self) -> tuple[int, ...]:
        """Numbers beyond the total: `[PATCH 8/7]`."""
        return tuple(number for number in self.entries if number > self.total)

    @property
    def cover(self) -> Entry | None:
        """The cover letter."""
        return self.entries.get(0)

    @cached_property
    def missing(self) -> tuple[int, ...]:
        """Numbers of 1..total that are not there."""
        return tuple(number for number in range(1, self.total + 1) if number not in self.entries)

    @cached_property
    def date(self) -> float:
        """When it was begun."""
        return min(entry.date for entry in self.entries.values())

    @cached_property
    def position(self) -> int:
        """Place of its first mail in the mailbox."""
        return min(entry.position for entry in self.entries.values())

    @cached_property
    def threads(self) -> frozenset[str]:
        """The threads it is spread over."""
        return frozenset(entry.thread for entry in self.entries.values())

    @cached_property
    def senders(self) -> frozenset[str]:
        """Who sent it; several in a mailbox of git format-patch, where From is the author."""
        return frozenset(entry.sender for entry in self.entries.values())

    @cached_property
    def titles(self) -> frozenset[str]:
        """Titles of patches and cover, as they are compared."""
        return frozenset(entry.subject.key for entry in self.entries.values())

    @cached_property
    def tags(self) -> frozenset[str]:
        """Tags that all its subjects have."""
        return frozenset.intersection(*(entry.subject.tags for entry in self.entries.values()))

    def seniority(self) -> tuple[int, float, int]:
        """Sorts the posting that started the thread first."""
        return min(entry.seniority() for entry in self.entries.values())

    def shares_title(self, other: "Posting") -> bool:
        """Whether a patch or the cover has the same title."""
        return not self.titles.isdisjoint(other.titles)

    def is_version_of(self, other: "Posting") -> bool:
        """Whether both are versions of one series."""
        return self.shares_title(other) or (self.senders == other.senders and self.tags == other.tags)

    def fits_into(self, other: "Posting") -> bool:
        """Whether these are single patches of `other` sent anew, not a version of their own with mails missing.

        Each answers the patch it replaces, directly or further down; in the same version the same title will do.
        """
        if self.version != other.version and self.cover:
            return False
        return all(
            number in other.patches
            and (
                other.patches[number].mail.header.message_id in entry.mail.header.references
                or (self.version == other.version and entry.subject.key == other.patches[number].subject.key)
            )
            for number, entry in self.patches.items()
        )

    def replaced_by(self, other: "Posting") -> "Posting":
        """This one with the patches of `other` in place of its own."""
        return Posting(version=self.version, total=self.total, entries={**self.entries, **other.patches})

    def describe(self) -> str:
        """`v2 "title" by sender (3 of 7 patches)`."""
        first = self.entries[min(self.entries)]
        count = f"{len(self.patches)} of {self.total} patches" if self.missing else f"{self.total} patches"
        return f'v{self.version} "{first.subject.title}" by {first.mail.header.sender or "unknown"} ({count})'


def collect(entries: Sequence[Entry]) -> list[Posting]:
    """The postings that numbered and unnumbered patches make.

    Mails of one thread and sender belong together first, then those of one thread (a series of several authors), then
    those of one sender (a split thread, or no threading at all), then whatever completes a posting.
    """
    parts: list[Posting] = []
    for entry in entries:
        version, total, number = _place(entry, entries)
        for index, part in enumerate(parts):
            same = (part.version, part.total) == (version, total) and number not in part.entries
            if same and part.threads == {entry.thread} and part.senders == {entry.sender}:
                parts[index] = Posting(version=version, total=total, entries={**part.entries, number: entry})
                break
        else:
            parts.append(Posting(version=version, total=total, entries={number: entry}))
    for joint in ("threads", "senders", ""):
        parts = _merged(parts, joint)
    return parts


def families(postings: Sequence[Posting]) -> list[list[Posting]]:
    """Postings that have to do with each other: a common thread, or a common title."""
    groups: list[list[Posting]] = []
    for posting in postings:
        related = [g for g in groups if any(p.shares_title(posting) or p.threads & posting.threads for p in g)]
        joined = [p for group in related for p in group]
        groups = [group for group in groups if group not in related]
        groups.append([*joined, posting])
    return groups


def _place(entry: Entry, entries: Sequence[Entry]) -> tuple[int, int, int]:
    """Version, total and number. A patch sent anew on its own takes the number that its title has in the series."""
    subject = entry.subject
    if subject.number is not None and subject.total is not None:
        return subject.version, subject.total, subject.number
    for other in entries:
        if other.subject.number and other.subject.total and other.subject.key == subject.key:
            return subject.version, other.subject.total, other.subject.number
    return subject.version, 1, 1


def _merged(parts: list[Posting], joint: str) -> list[Posting]:
    merged: list[Posting] = []
    for part in parts:
        for index, known in enumerate(merged):
            if _belong_together(known, part, joint):
                entries = {**known.entries, **part.entries}
                merged[index] = Posting(version=part.version, total=part.total, entries=entries)
                break
        else:
            merged.append(part)
    return merged


def _belong_together(one: Posting, other: Posting, joint: str) -> bool:
    if (one.version, one.total) != (other.version, other.total) or not one.entries.keys().isdisjoint(other.entries):
        return False
    if not one.missing and other.patches:
        return False
    return not joint or not getattr(one, joint).isdisjoint(getattr(other, joint))
