"""Which of many mails are the series: the patches of its newest complete version, in n/m order.

Pure. A mailbox may hold several versions, replies, resent patches, copies that came through several lists, and other
people's patches in the same thread; threads may be split, and mails may come in any order. Where one reading is
clearly meant it is taken and said in a warning; where not, SeriesError lists what there is.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from orchestrator.errors import SeriesError
from orchestrator.series.patches import Mail
from orchestrator.series.postings import Entry, Posting, collect, families
from orchestrator.series.subjects import parse_subject

# git format-patch --base (Documentation/git-format-patch.txt, "BASE TREE INFORMATION"); b4 adds the other two.
_BASE_COMMIT = re.compile(r"^base-commit:[ \t]*([0-9a-f]{7,64})[ \t]*$", re.MULTILINE)
_PREREQUISITE = re.compile(r"^prerequisite-(?:patch-id|message-id|change-id):[ \t]*(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The patches to apply, in order. `base_commit` and `prerequisites` are what the mails say of the base."""

    title: str
    patches: tuple[Mail, ...]
    cover: Mail | None = None
    base_commit: str | None = None
    prerequisites: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def select(mails: Sequence[Mail]) -> Selection:
    """The series that `mails` hold.

    Raises SeriesError if there is no patch, if the newest version lacks some of its patches, or if there are several
    series and none is the thread's own.
    """
    entries, warnings = _candidates(_entries(_without_copies(mails)))
    if not entries:
        raise SeriesError(_nothing(mails))
    if all(entry.subject.number is None for entry in entries):
        patches, more = _unnumbered(entries)
        return _selection(None, patches, (*warnings, *more))
    posting, more = _newest(collect(entries))
    chosen = posting.patches
    if not chosen:
        raise SeriesError(f"no patch but a cover letter: {posting.describe()}")
    for number, entry in chosen.items():
        if not entry.mail.has_diff:
            raise SeriesError(f"patch {number} of {posting.total} holds no diff: {entry.mail.subject}")
    ordered = tuple(chosen[number] for number in sorted(chosen))
    return _selection(posting.cover, ordered, (*warnings, *more))


def _selection(cover: Entry | None, patches: Sequence[Entry], warnings: tuple[str, ...]) -> Selection:
    mails = tuple(entry.mail for entry in patches)
    texts = [mail.body for mail in ((cover.mail,) if cover else ()) + mails]
    bases = [match.group(1) for text in texts for match in _BASE_COMMIT.finditer(text)]
    title = cover.subject.title if cover else patches[0].subject.title
    if not cover and len(mails) > 1:
        title = f"{title} (and {len(mails) - 1} more)"
    return Selection(
        title=title,
        patches=mails,
        cover=cover.mail if cover else None,
        base_commit=bases[0] if bases else None,
        prerequisites=tuple(dict.fromkeys(name for text in texts for name in _PREREQUISITE.findall(text))),
        warnings=warnings,
    )


def _without_copies(mails: Iterable[Mail]) -> list[Mail]:
    """Each message once: a patch that went to several lists is in the mailbox several times."""
    seen: dict[object, Mail] = {}
    for mail in mails:
        seen.setdefault(mail.header.message_id or (mail.subject, mail.name, mail.body), mail)
    return list(seen.values())


def _entries(mails: Sequence[Mail]) -> list[Entry]:
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
        Entry(mail=mail, subject=parse_subject(mail.subject), thread=root(name), date=_when(mail), position=position)
        for position, (mail, name) in enumerate(zip(mails, names, strict=True))
    ]


def _when(mail: Mail) -> float:
    try:
        return parsedate_to_datetime(mail.header.date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0


def _candidates(entries: list[Entry]) -> tuple[list[Entry], tuple[str, ...]]:
    """The covers and patches. A mail without [PATCH] that holds a diff is discussion if others are marked."""
    found = [e for e in entries if not e.subject.reply and (e.mail.has_diff or _wants_diff(e) or e.subject.is_cover)]
    marked = [e for e in found if e.subject.marked]
    if not any(e.mail.has_diff for e in marked):
        return found, ()
    left = [e for e in found if not e.subject.marked]
    return marked, tuple(f"left out, its subject is not that of a patch: {e.mail.subject}" for e in left)


def _wants_diff(entry: Entry) -> bool:
    """A numbered patch, even if its diff was lost; the robot's `[tip:master 3/7] kernel/x.c:1: error` is none."""
    return entry.subject.named and entry.subject.number is not None


def _nothing(mails: Sequence[Mail]) -> str:
    if not mails:
        return "no mail and no patch in it; expected an mbox, a maildir or patches made by git format-patch"
    shown = "".join(f"\n  {mail.subject}" for mail in mails[:5])
    more = f"\n  and {len(mails) - 5} more" if len(mails) > 5 else ""
    count = "1 mail" if len(mails) == 1 else f"{len(mails)} mails"
    return f"no patch in {count} (replies, and mails without a diff, are not patches):{shown}{more}"


def _unnumbered(entries: list[Entry]) -> tuple[list[Entry], tuple[str, ...]]:
    """Patches without n/m: of each thread the newest version by the one who started it, in file order."""
    kept, warnings = [], []
    for thread in dict.fromkeys(entry.thread for entry in entries):
        members = [entry for entry in entries if entry.thread == thread]
        owner = min(members, key=Entry.seniority)
        newest = max(entry.subject.version for entry in members if entry.sender == owner.sender)
        for entry in members:
            if entry.sender == owner.sender and entry.subject.version == newest:
                kept.append(entry)
            else:
                warnings.append(f"left out, v{newest} by {owner.sender} is taken: {entry.mail.subject}")
    for entry in tuple(kept):
        twins = [e for e in kept if e.subject.key == entry.subject.key and e.replaces(entry)]
        if twins:
            kept.remove(entry)
            warnings.append(f"left out, it was sent anew: {entry.mail.subject}")
    kept.sort(key=lambda entry: entry.position)
    if len(kept) > 1:
        warnings.append(f"{len(kept)} patches without n/m numbers: taken in the order they come in")
    return kept, tuple(warnings)


def _newest(postings: list[Posting]) -> tuple[Posting, tuple[str, ...]]:
    """The newest complete version of the one series that `postings` are about."""
    groups = families(postings)
    if len(groups) > 1:
        raise SeriesError(_several([min(group, key=Posting.seniority) for group in groups]))
    owner = min(postings, key=Posting.seniority)
    lineage = _lineage(owner, postings)
    strangers = [p for p in postings if p not in lineage]
    warnings = [f"left out, another series in the same thread: {p.describe()}" for p in strangers]
    version = max(p.version for p in lineage)
    newest = [p for p in lineage if p.version == version]
    older = [p for p in lineage if p.version < version]
    chosen = _complete(newest, older, owner, warnings)
    chosen = _with_resent(chosen, [p for p in newest if p is not chosen], warnings)
    replaced = [p for p in older if p.version != chosen.version]
    if replaced and chosen.version == version:
        names = ", ".join(f"v{p.version}" for p in sorted(replaced, key=lambda p: p.version))
        warnings.append(f"several versions of the series: v{version} is taken, {names} left out")
    if chosen.surplus:
        names = ", ".join(f"{number}/{chosen.total}" for number in sorted(chosen.surplus))
        warnings.append(f"left out, beyond the last patch of the series: {names}")
    return chosen, tuple(warnings)


def _lineage(owner: Posting, postings: list[Posting]) -> list[Posting]:
    """The versions of `owner`: postings that share a title with one of them, or its sender and its tags."""
    lineage = [owner]
    grown = True
    while grown:
        more = [p for p in postings if p not in lineage and any(p.is_version_of(known) for known in lineage)]
        lineage += more
        grown = bool(more)
    return lineage


def _complete(newest: list[Posting], older: list[Posting], owner: Posting, warnings: list[str]) -> Posting:
    """The complete posting among `newest`, or a complete older one whose patches `newest` only replaces."""
    complete = [p for p in newest if not p.missing]
    if not complete:
        for before in sorted((p for p in older if not p.missing), key=lambda p: (-p.version, -p.date)):
            if all(p.fits_into(before) for p in newest):
                return _with_resent(before, newest, warnings)
        raise SeriesError(_incomplete(max(newest, key=lambda p: len(p.patches)), older))
    latest = max(complete, key=lambda p: (p.date, p.position))
    if len(complete) > 1 and all(p is latest or p.shares_title(latest) for p in complete):
        warnings.append(f"v{latest.version} was sent {len(complete)} times: the latest is taken")
        return latest
    if len(complete) > 1 and owner not in complete:
        raise SeriesError(_several(complete))
    chosen = owner if owner in complete else latest
    warnings += [f"left out, another series in the same thread: {p.describe()}" for p in complete if p is not chosen]
    return chosen


def _with_resent(chosen: Posting, others: list[Posting], warnings: list[str]) -> Posting:
    """`chosen` with single patches replaced by those that were sent anew, later, in answer to them."""
    for other in sorted(others, key=lambda p: (p.date, p.position)):
        if other.missing and other.fits_into(chosen):
            if other.version < chosen.version or (other.version == chosen.version and other.date < chosen.date):
                continue
            numbers = ", ".join(f"{number}/{chosen.total}" for number in sorted(other.patches))
            warnings.append(f"sent anew as v{other.version}, and taken in place of the first sending: {numbers}")
            chosen = chosen.replaced_by(other)
        elif other.missing:
            warnings.append(f"left out, not part of the version that is taken: {other.describe()}")
    return chosen


def _incomplete(posting: Posting, older: list[Posting]) -> str:
    missing = ", ".join(f"{number}/{posting.total}" for number in posting.missing[:20])
    more = f" and {len(posting.missing) - 20} more" if len(posting.missing) > 20 else ""
    text = f"{posting.describe()}: missing {missing}{more}"
    whole = [p for p in older if not p.missing]
    if whole:
        text += (
            f"\nv{max(p.version for p in whole)} is complete, but an old version is not tested in place of a new one; "
            "give a mailbox that holds only it if that is meant"
        )
    return text + "\nget the whole series, for instance `b4 mbox <message-id>`"


def _several(postings: Sequence[Posting]) -> str:
    lines = "".join(f"\n  {p.describe()}" for p in sorted(postings, key=lambda p: p.position)[:10])
    return f"several series in one mailbox; give one at a time:{lines}"
